package predict

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// worst is the least availability of a drill on n targets, of which one fails until it is noticed after up to detect seconds,
// in a fault of so many seconds and a recovery of at least so many.
func worst(n, detect, lasts, recovers float64) float64 {
	return 100 * (1 - detect/n/(lasts+recovers))
}

func TestAvailability_IsLossOverWindow(t *testing.T) {
	s := of(Silent)
	s.Look = time.Second
	s.Duration = s.Enough(15 * time.Minute)
	if s.Duration != 28*time.Second {
		t.Fatalf("the fault lasts %s", s.Duration)
	}
	least, most := s.Availability()
	if want := worst(2, 13, 28, 3); math.Abs(least-want) > 1e-9 {
		t.Errorf("at least %g %%, want %g %%", least, want)
	}
	if want := worst(2, 7, 28, 13); math.Abs(most-want) > 1e-9 {
		t.Errorf("at most %g %%, want %g %%", most, want)
	}
	if least, most := of(Drains).Availability(); least != 100 || most != 100 {
		t.Errorf("draining costs %g to %g %%", 100-most, 100-least)
	}
}

// The document's figures are those of the arithmetic.
func TestAvailability_AsDocumented(t *testing.T) {
	text, err := os.ReadFile("../../../docs/failover-drill.md")
	if err != nil {
		t.Fatal(err)
	}
	_, chapter, _ := strings.Cut(string(text), "### Objectives\n")
	chapter, _, _ = strings.Cut(chapter, "\n## ")
	lasts := func(s Situation) time.Duration { return s.Enough(15 * time.Minute) }
	for effect, broken := range map[Effect]int{Refuses: 1, Silent: 2, Stops: 1} {
		s := of(effect)
		s.Look = time.Second
		s.Duration = lasts(s)
		small, _ := s.Availability()
		ways := Ways(s, 99, effect == Silent, lasts)
		s.Targets, s.Nodes, s.Broken = 10, 5, broken
		large, _ := s.Availability()
		for _, share := range []float64{small, large} {
			if want := fmt.Sprintf("%.1f %%", math.Floor(share*10)/10); !strings.Contains(chapter, want) {
				t.Errorf("%s: the document doesn't have %s", effect, want)
			}
		}
		for _, way := range ways {
			want := way.Situation.Duration.String()
			if way.By == ByTargets {
				want = fmt.Sprintf("%d instances", way.Situation.Targets)
			} else if effect != Silent {
				continue
			}
			if !strings.Contains(chapter, want) {
				t.Errorf("%s: the document doesn't have %s", effect, want)
			}
		}
	}
}

func TestWays_NameSmallestChanges(t *testing.T) {
	s := of(Refuses)
	s.Look = time.Second
	lasts := func(s Situation) time.Duration { return s.Enough(15 * time.Minute) }
	s.Duration = lasts(s) // 26 s
	byWay := func(ways []Way) map[string]Way {
		all := map[string]Way{}
		for _, way := range ways {
			all[way.By] = way
		}
		return all
	}
	ways := byWay(Ways(s, 99, false, lasts))
	if len(ways) != 2 || ways[ByTargets].Situation.Targets != 37 || ways[ByDuration].Situation.Duration != 545*time.Second {
		t.Errorf("%+v", ways)
	}
	// Half of the instances in each of six zones, and still more than 1 % is lost.
	zone := of(Silent)
	zone.Look, zone.Targets, zone.Broken = time.Second, 10, 5
	zone.Duration = lasts(zone)
	if ways := byWay(Ways(zone, 99, true, lasts)); len(ways) != 1 || ways[ByDuration].By == "" {
		t.Errorf("%+v", ways)
	}
	if ways := byWay(Ways(zone, 90, true, lasts)); ways[ByZones].Situation.Nodes != 5 {
		t.Errorf("%+v", ways)
	}
	// Slow checks come first, and go with what else is changed where that alone isn't enough.
	slow := s
	slow.Interval, slow.Timeout = 60*time.Second, 30*time.Second
	slow.Duration = lasts(slow)
	if ways := byWay(Ways(slow, 80, false, lasts)); ways[ByHealthCheck].Situation.Interval != 5*time.Second {
		t.Errorf("%+v", ways)
	}
	if ways := Ways(s, 100, false, lasts); len(ways) != 0 {
		t.Errorf("100 %% are met by %+v", ways)
	}
}

// Whatever is advised meets the objective, and a little less of it doesn't.
func TestWays_MeetObjectiveAndNoMore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := of(rapid.SampledFrom([]Effect{Refuses, Silent, Stops}).Draw(t, "effect"))
		zone := s.Effect == Silent
		s.Look = time.Second
		s.Interval = time.Duration(rapid.IntRange(5, 60).Draw(t, "interval")) * time.Second
		s.Unhealthy = rapid.IntRange(2, 5).Draw(t, "unhealthy")
		s.Targets = rapid.IntRange(2, 8).Draw(t, "targets")
		s.Rate = rapid.IntRange(10, 400).Draw(t, "rate")
		lasts := func(s Situation) time.Duration { return s.Enough(15 * time.Minute) }
		s.Duration = lasts(s)
		objective := rapid.Float64Range(50, 99.9).Draw(t, "objective")
		for _, way := range Ways(s, objective, zone, lasts) {
			if least, _ := way.Situation.Availability(); least < objective || least != way.Least {
				t.Fatalf("%s gives %g %%, of %g %%", way.By, least, objective)
			}
			before := way.Situation
			switch way.By {
			case ByTargets:
				before.Targets--
			case ByZones:
				before.Targets--
				before.Nodes--
			case ByDuration:
				before.Duration -= 2 * time.Second
			default:
				continue
			}
			if way.By != ByDuration && before.Targets <= s.Targets {
				continue // already as many
			}
			if least, _ := before.Availability(); least >= objective+0.05 {
				t.Fatalf("%s: less of it gives %g %%, of %g %%", way.By, least, objective)
			}
		}
	})
}
