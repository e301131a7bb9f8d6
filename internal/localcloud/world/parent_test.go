package world_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// bulb is a kind whose objects belong to a lamp, or to none.
type bulb struct {
	world.Object
	Lamp string
}

func bulbs() world.AnyKind {
	return world.Kind[bulb, *bulb]{Name: "bulb", Prefix: "bulb", Parent: func(b *bulb) string { return b.Lamp },
		NotFound: func(ids ...string) error { return fmt.Errorf("no bulbs %v", ids) }}
}

// Whatever happens to objects, those that belong to another are found by it.
func TestOf_FindsObjectsByParent(t *testing.T) {
	dir, rounds := t.TempDir(), 0
	lamps := rapid.SampledFrom([]string{"", "a", "b", "c"})
	rapid.Check(t, func(t *rapid.T) {
		rounds++
		path := filepath.Join(dir, fmt.Sprint(rounds))
		w, err := world.Open(path, world.Options{}, bulbs())
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = w.Close() }()
		undone := errors.New("undone")
		var ids []string
		one := func(t *rapid.T) string {
			if len(ids) == 0 {
				t.Skip("no bulb yet")
			}
			return rapid.SampledFrom(ids).Draw(t, "bulb")
		}
		change := func(t *rapid.T, f func(tx *world.Tx)) {
			fail := rapid.Bool().Draw(t, "fail")
			err := w.Update("here", func(tx *world.Tx) error {
				f(tx)
				if fail {
					return undone
				}
				return nil
			})
			if err != nil && !errors.Is(err, undone) {
				t.Fatal(err)
			}
		}
		t.Repeat(map[string]func(*rapid.T){
			"add": func(t *rapid.T) {
				lamp := lamps.Draw(t, "lamp")
				change(t, func(tx *world.Tx) {
					b := &bulb{Object: tx.NewObject("bulb", nil), Lamp: lamp}
					world.Add(tx, b)
					ids = append(ids, b.ID)
				})
			},
			"move": func(t *rapid.T) {
				id, lamp := one(t), lamps.Draw(t, "lamp")
				change(t, func(tx *world.Tx) { world.Edit(tx, id, func(b *bulb) { b.Lamp = lamp }) })
			},
			"delete": func(t *rapid.T) {
				id := one(t)
				change(t, func(tx *world.Tx) { world.Delete[bulb](tx, id) })
			},
			"reopen": func(t *rapid.T) {
				if err := w.Close(); err != nil {
					t.Fatal(err)
				}
				if w, err = world.Open(path, world.Options{}, bulbs()); err != nil {
					t.Fatal(err)
				}
			},
			"": func(t *rapid.T) {
				err := w.View("here", func(tx *world.Tx) error {
					for _, lamp := range []string{"a", "b", "c"} {
						want := world.Where(tx, func(b *bulb) bool { return b.Lamp == lamp })
						if diff := testenv.Diff(want, world.Of[bulb](tx, lamp)); diff != "" {
							t.Errorf("bulbs of lamp %s: %s", lamp, diff)
						}
					}
					if found := world.Of[bulb](tx, ""); found != nil {
						t.Errorf("bulbs of no lamp are nobody's: %v", found)
					}
					return nil
				})
				if err != nil {
					t.Fatal(err)
				}
			},
		})
	})
}
