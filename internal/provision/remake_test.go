package provision_test

import (
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
)

// TestWhatFailsInPassingIsMadeOnceMore dooms the first roofs.
func TestWhatFailsInPassingIsMadeOnceMore(t *testing.T) {
	for name, test := range map[string]struct {
		dooms []string
		fails bool
		log   []string
	}{
		"once":    {[]string{passing}, false, []string{"create roof/r0@1", "delete roof/r0@1", "create roof/r0@2"}},
		"twice":   {[]string{passing, passing}, true, []string{"create roof/r0@1", "delete roof/r0@1", "create roof/r0@2"}},
		"lasting": {[]string{"broken"}, true, []string{"create roof/r0@1"}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTower(t)
				p.dooms = map[string][]string{"roof/r0": test.dooms}
				_, err := p.apply(t.Context(), p.plan(t.Context(), tower(p.memory, "x", "", 1)))
				if (err != nil) != test.fails || err != nil && !strings.Contains(err.Error(), "the same command replaces it") {
					t.Errorf("got %v", err)
				}
				var roofs []string
				for _, line := range p.log {
					if strings.Contains(line, "roof") {
						roofs = append(roofs, line)
					}
				}
				if diff := cmp.Diff(test.log, roofs); diff != "" {
					t.Error(diff)
				}
				// The same command makes it whole, and then there is nothing to do.
				p.up(t.Context(), tower(p.memory, "x", "", 1))
				if diff := cmp.Diff([]string{"base/b", "floor/f", "roof/r0"}, p.alive()); diff != "" {
					t.Error(diff)
				}
				p.log = nil
				p.up(t.Context(), tower(p.memory, "x", "", 1))
				if len(p.log) > 0 {
					t.Errorf("another run did %v", p.log)
				}
			})
		})
	}
}
