package observe

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/resource"
)

const second = time.Second

// polls waits for something that takes a time, and counts the polls, and how late the
// last of them comes.
func polls(pause func(waited time.Duration) time.Duration, takes time.Duration) (n int, late time.Duration) {
	waited := time.Duration(0)
	for waited < takes {
		waited += pause(waited)
		n++
	}
	return n, waited - takes
}

// TestPace_UnderWay_CountsPolls counts the polls for what takes as long as it is expected
// to, less, and more, and how late the last one comes at the worst.
func TestPace_UnderWay_CountsPolls(t *testing.T) {
	minutes := resource.Expectation{Least: 125 * second, Usual: 155 * second, Most: 190 * second}
	goes := resource.Expectation{Least: 37 * second, Usual: 55 * second, Most: 80 * second}
	moment := resource.Expectation{Least: 500 * time.Millisecond, Usual: second, Most: 5 * second}
	aws, tenth := Pacer{Second: second}, Pacer{Second: second / 10}
	for name, test := range map[string]struct {
		pace  Pace
		takes time.Duration
		polls int           // at most
		late  time.Duration // at most
	}{
		"as soon as ever":         {aws.Made(minutes, 0), 126 * second, 7, 5 * second},
		"usual":                   {aws.Made(minutes, 0), 155 * second, 32, 900 * time.Millisecond},
		"later":                   {aws.Made(minutes, 0), 165 * second, 44, 1100 * time.Millisecond},
		"overdue":                 {aws.Made(minutes, 0), 300 * second, 90, 9 * second},
		"much overdue":            {aws.Made(minutes, 0), 1200 * second, 156, 17 * second},
		"much sooner":             {aws.Made(minutes, 0), 60 * second, 2, 46 * second},
		"at a tenth of the time":  {tenth.Made(minutes, 0), 16500 * time.Millisecond, 37, 120 * time.Millisecond},
		"nobody waits":            {aws.Made(minutes, 60*second), 165 * second, 10, 17 * second},
		"nobody waits for long":   {aws.Made(minutes, time.Hour), 165 * second, 7, 19 * second},
		"goes":                    {aws.Gone(goes, 0), 50 * second, 10, 3200 * time.Millisecond},
		"goes late":               {aws.Gone(goes, 0), 90 * second, 24, 8 * second},
		"is ready in a moment":    {aws.Made(moment, 0), second, 5, 300 * time.Millisecond},
		"is ready in two moments": {aws.Made(moment, 0), 2 * second, 10, 300 * time.Millisecond},
	} {
		if n, late := polls(test.pace.UnderWay, test.takes); n > test.polls || late > test.late {
			t.Errorf("%s: %d polls, the last one %s late, want at most %d and %s", name, n, late, test.polls, test.late)
		}
	}
}

// TestPace_Pause_CountsPolls counts the polls of waits for which nothing is expected, or for
// what isn't under way, on AWS and on a cloud of which AWS's times say nothing.
func TestPace_Pause_CountsPolls(t *testing.T) {
	minutes := resource.Expectation{Least: 125 * second, Usual: 155 * second, Most: 190 * second}
	whenever := resource.Expectation{Least: 200 * time.Millisecond, Most: 2 * time.Minute}
	for name, test := range map[string]struct {
		pause func(time.Duration) time.Duration
		takes time.Duration
		polls int           // at most
		late  time.Duration // at most
	}{
		"AWS, not under way":         {Pacer{second}.Made(minutes, 0).Pause, 165 * second, 43, 5 * second},
		"AWS, at once":               {Pacer{second}.Made(resource.Expectation{}, 0).Pause, 100 * time.Millisecond, 1, 120 * time.Millisecond},
		"AWS, any time, a moment":    {Pacer{second}.Made(whenever, 0).UnderWay, 300 * time.Millisecond, 2, 140 * time.Millisecond},
		"AWS, any time, a while":     {Pacer{second}.Made(whenever, 0).UnderWay, 30 * second, 22, 4400 * time.Millisecond},
		"AWS, goes":                  {Pacer{second}.Gone(minutes, 0).Pause, 50 * second, 14, 6 * second},
		"AWS, refused":               {Pacer{second}.Unexpected().Pause, 50 * second, 14, 6 * second},
		"fast cloud, takes its time": {Pacer{}.Made(minutes, 0).UnderWay, 400 * time.Millisecond, 2, 300 * time.Millisecond},
		"fast cloud, any time":       {Pacer{}.Made(whenever, 0).UnderWay, 100 * time.Millisecond, 1, 20 * time.Millisecond},
		"fast cloud, goes":           {Pacer{}.Gone(minutes, 0).UnderWay, 250 * time.Millisecond, 2, 220 * time.Millisecond},
	} {
		if n, late := polls(test.pause, test.takes); n > test.polls || late > test.late {
			t.Errorf("%s: %d polls, the last one %s late, want at most %d and %s", name, n, late, test.polls, test.late)
		}
	}
}

// TestPace_Since_LongAgo takes the recorded moment only where what began then can be under way.
func TestPace_Since_LongAgo(t *testing.T) {
	began := time.Now()
	pace := Pacer{Second: second}.Made(resource.Expectation{Least: 10 * second, Usual: 20 * second, Most: 40 * second}, 0)
	for name, test := range map[string]struct{ recorded, want time.Time }{
		"under way":      {began.Add(-30 * second), began.Add(-30 * second)},
		"long ago":       {began.Add(-time.Hour), began},
		"not known":      {time.Time{}, began},
		"in the future":  {began.Add(time.Hour), began},
		"at this moment": {began, began},
	} {
		if since := pace.Since(test.recorded, began); !since.Equal(test.want) {
			t.Errorf("%s: counted from %s before the wait", name, began.Sub(since))
		}
	}
	if since := (Pacer{}).Made(resource.Expectation{Most: second}, 0).Since(began.Add(-second/2), began); !since.Equal(began) {
		t.Errorf("a cloud of which AWS's times say nothing: counted from %s before the wait", began.Sub(since))
	}
}
