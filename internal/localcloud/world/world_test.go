package world_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// lamp is a kind of object for these tests: it comes on a while after it was made, and
// goes out of the world a while after that.
type lamp struct {
	world.Object
	State string
	Spots []string
}

func onAfter() world.Step  { return world.Step{Fast: 2 * time.Second, AWS: 60 * time.Second} }
func outAfter() world.Step { return world.Step{Fast: time.Second, AWS: 10 * time.Second} }

func lamps() world.AnyKind {
	return world.Kind[lamp, *lamp]{Name: "lamp", Prefix: "lamp",
		NotFound: func(ids ...string) error { return fmt.Errorf("no lamps %v", ids) },
		Settle: func(tx *world.Tx, l *lamp, to string) {
			if to == "gone" {
				world.Delete[lamp](tx, l.ID)
				return
			}
			world.Edit(tx, l.ID, func(l *lamp) {
				l.State = to
				l.Spots = append(l.Spots, tx.Now().Format(time.TimeOnly))
				l.Become(tx, "gone", outAfter())
			})
		}}
}

type bench struct {
	*world.World
	t    *testing.T
	now  time.Time
	path string
	how  world.Options
}

func open(t *testing.T, path string, latency string) *bench {
	t.Helper()
	l, err := world.ParseLatency(latency)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), path: path}
	b.how = world.Options{Latency: l, Now: func() time.Time { return b.now }}
	b.reopen()
	return b
}

func (b *bench) reopen() {
	b.t.Helper()
	if b.World != nil {
		if err := b.Close(); err != nil {
			b.t.Fatal(err)
		}
	}
	w, err := world.Open(b.path, b.how, lamps())
	if err != nil {
		b.t.Fatal(err)
	}
	b.World = w
}

func (b *bench) add() string {
	b.t.Helper()
	var id string
	err := b.Update("here", func(tx *world.Tx) error {
		l := &lamp{Object: tx.NewObject("lamp", nil), State: "off"}
		l.Become(tx, "on", onAfter())
		world.Add(tx, l)
		id = l.ID
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return id
}

func (b *bench) states() (states []string) {
	b.t.Helper()
	err := b.View("here", func(tx *world.Tx) error {
		for _, l := range world.All[lamp](tx) {
			states = append(states, fmt.Sprint(l.State, l.Spots))
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return states
}

func TestTransitions_HappenWhenDue(t *testing.T) {
	b := open(t, "", "aws/10")
	b.add()
	if due, ok := b.NextDue(); !ok || due.Sub(b.now) != 6*time.Second {
		t.Fatalf("next due %v %v", due, ok)
	}
	b.now = b.now.Add(6*time.Second - 1)
	if diff := testenv.Diff([]string{"off[]"}, b.states()); diff != "" {
		t.Fatal(diff)
	}
	b.now = b.now.Add(500 * time.Millisecond)
	if diff := testenv.Diff([]string{"on[00:00:06]"}, b.states()); diff != "" {
		t.Fatal(diff)
	}
	b.now = b.now.Add(time.Hour)
	if states := b.states(); len(states) != 0 {
		t.Fatalf("still there: %v", states)
	}
	if _, ok := b.NextDue(); ok {
		t.Fatal("something is due in an empty world")
	}
}

// Who waits for what is due must not wake for what isn't any more: groups of instances put their work off with each look.
func TestNextDue_SkipsTransitionsThatOthersReplaced(t *testing.T) {
	b := open(t, "", "aws/10")
	id := b.add()
	change := func(f func(*world.Tx, *lamp)) {
		if err := b.Update("here", func(tx *world.Tx) error {
			world.Edit(tx, id, func(l *lamp) { f(tx, l) })
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	b.now = b.now.Add(time.Second)
	change(func(tx *world.Tx, l *lamp) { l.Become(tx, "on", onAfter()) })
	if due, ok := b.NextDue(); !ok || due.Sub(b.now) != 6*time.Second {
		t.Errorf("next due in %v %v, want in 6s as it was put off to", due.Sub(b.now), ok)
	}
	change(func(_ *world.Tx, l *lamp) { l.Stay() })
	if due, ok := b.NextDue(); ok {
		t.Errorf("next due %v, though the only transition was cancelled", due)
	}
}

func TestUpdate_FailureChangesNothing(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "world"), "fast")
	id := b.add()
	before, err := b.Dump()
	if err != nil {
		t.Fatal(err)
	}
	changed, stop := b.Changed(), errors.New("stop")
	err = b.Update("here", func(tx *world.Tx) error {
		world.Edit(tx, id, func(l *lamp) { l.State = "broken" })
		world.Add(tx, &lamp{Object: tx.NewObject("lamp", nil)})
		world.Delete[lamp](tx, id)
		return stop
	})
	if !errors.Is(err, stop) {
		t.Fatalf("got %v", err)
	}
	after, err := b.Dump()
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(before, after); diff != "" {
		t.Fatal(diff)
	}
	select {
	case <-changed:
		t.Fatal("a failed update counts as a change")
	default:
	}
}

func TestOpen_KeepsObjectsAndTransitions(t *testing.T) {
	b := open(t, filepath.Join(t.TempDir(), "a", "world"), "fast")
	for range 3 {
		b.add()
		b.now = b.now.Add(1500 * time.Millisecond)
		before := b.states()
		b.reopen()
		if diff := testenv.Diff(before, b.states()); diff != "" {
			t.Fatal(diff)
		}
	}
	b.now = b.now.Add(time.Minute)
	b.reopen()
	if states := b.states(); len(states) != 0 {
		t.Fatalf("transitions were lost: %v", states)
	}
}

// named hides the object's own serial number, by which objects are in order.
type named struct {
	world.Object
	Serial string
}

func TestOpen_RefusesAKindThatHidesWhatAllObjectsHave(t *testing.T) {
	_, err := world.Open("", world.Options{}, world.Kind[named, *named]{Name: "named"})
	if err == nil || !strings.Contains(err.Error(), "kind named has a field Serial of its own") {
		t.Errorf("got %v", err)
	}
}

func TestChanged_FiresPerChange(t *testing.T) {
	b := open(t, "", "fast")
	changed := b.Changed()
	b.add()
	<-changed
	changed = b.Changed()
	b.now = b.now.Add(time.Hour)
	if err := b.Settle(); err != nil {
		t.Fatal(err)
	}
	<-changed
}

func TestLookUpToken(t *testing.T) {
	b := open(t, "", "fast")
	look := func(token string, size int) (id string, state world.TokenState) {
		_ = b.View("here", func(tx *world.Tx) error {
			id, state = world.LookUpToken(tx, "CreateLamp", token, size)
			return nil
		})
		return id, state
	}
	if err := b.Update("here", func(tx *world.Tx) error {
		world.KeepToken(tx, "CreateLamp", "a", 1, "lamp-1")
		world.KeepToken(tx, "CreateLamp", "", 1, "lamp-2")
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		token string
		size  int
		id    string
		state world.TokenState
	}{{"a", 1, "lamp-1", world.TokenSame}, {"a", 2, "lamp-1", world.TokenMismatch}, {"b", 1, "", world.TokenNew}, {"", 1, "", world.TokenNew}} {
		if id, state := look(test.token, test.size); id != test.id || state != test.state {
			t.Errorf("token %q size %d: got %q %v", test.token, test.size, id, state)
		}
	}
}

func TestParseLatency_Refuses(t *testing.T) {
	for _, text := range []string{"slow", "aws/0", "aws/1001", "aws/x", "aws/"} {
		if _, err := world.ParseLatency(text); err == nil {
			t.Errorf("%q was accepted", text)
		}
	}
}
