package world_test

import (
	"slices"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// sees says how calls that read see the only lamp: its state, or "" where they don't. By
// its ID and in a list it is the same.
func (b *bench) sees(id string) (state string) {
	b.t.Helper()
	err := b.Front("read").View("here", func(tx *world.Tx) error {
		l, ok := world.LookUp[lamp](tx, id)
		if ok {
			state = l.State
		}
		if list := world.Described[lamp](tx); ok != (len(list) == 1) || ok && list[0].State != state {
			b.t.Errorf("by ID %v, in a list %v", l, list)
		}
		return nil
	})
	if err != nil {
		b.t.Fatal(err)
	}
	return state
}

// knows reports whether a call that changes something finds the lamp that it names.
func (b *bench) knows(id string) bool {
	return b.Front("change").Update("here", func(tx *world.Tx) error {
		_, err := world.Find[lamp](tx, id)
		return err
	}) == nil
}

func TestFront_SeesChangesLate(t *testing.T) {
	b := open(t, "", "fast")
	b.SetSwitches(world.Switches{Staleness: world.Staleness{Describe: time.Second, Reference: 1500 * time.Millisecond, Change: 500 * time.Millisecond}})
	id := b.add()
	type moment struct {
		after time.Duration
		state string
		known bool
	}
	// It comes on after 2 s and is gone after 3.
	for _, want := range []moment{
		{0, "", false},
		{999 * time.Millisecond, "", false},
		{time.Second, "off", false},
		{1500 * time.Millisecond, "off", true},
		{2 * time.Second, "off", true},
		{2499 * time.Millisecond, "off", true},
		{2500 * time.Millisecond, "on", true},
		{3 * time.Second, "on", false},
		{3500 * time.Millisecond, "", false},
	} {
		b.now = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(want.after)
		if got := (moment{want.after, b.sees(id), b.knows(id)}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// What isn't an API call sees the world as it is, and so does a call what it made itself.
func TestWorld_SeesChangesAtOnce(t *testing.T) {
	b := open(t, "", "fast")
	b.SetSwitches(world.Switches{Staleness: world.Staleness{Describe: time.Hour, Reference: time.Hour, Change: time.Hour}})
	b.add()
	if got := b.states(); !slices.Equal(got, []string{"off[]"}) {
		t.Errorf("got %v", got)
	}
	err := b.Front("change").Update("here", func(tx *world.Tx) error {
		l := &lamp{Object: tx.NewObject("lamp", nil)}
		world.Add(tx, l)
		_, err := world.Find[lamp](tx, l.ID)
		return err
	})
	if err != nil {
		t.Errorf("a call doesn't know what it made: %v", err)
	}
}

// With delays that vary a lamp is seen by some calls and not by others before all see it,
// and the same seed tells the same story.
func TestStaleness_VariesBySeed(t *testing.T) {
	story := func(seed int64) (all []string) {
		b := open(t, "", "aws")
		b.SetSwitches(world.Switches{Staleness: world.Staleness{Describe: 5 * time.Second, Vary: true, Seed: seed}})
		id := b.add()
		for range 26 {
			all = append(all, b.sees(id))
			b.now = b.now.Add(200 * time.Millisecond)
		}
		return all
	}
	one := story(1)
	if !slices.Equal(one, story(1)) {
		t.Error("one seed tells two stories")
	}
	if slices.Equal(one, story(2)) {
		t.Error("two seeds tell one story")
	}
	if one[len(one)-1] != "off" || slices.Contains(one[slices.Index(one, "off"):], "") == false {
		t.Errorf("no flapping, or it never ends: %q", one)
	}
}
