package compare

import (
	"io"
	"testing"

	"github.com/platformctl/platformctl/bench/compare/worlds"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/resilience/lab"
)

// lastLook is how many calls it takes to see that nothing is left: those of a run with nothing to do.
const lastLook = 25

// TestLive_CountsEveryCall measures one platform of platformctl in the fast setting: every call that
// the tool says to have made was counted, and nothing is left undone.
func TestLive_CountsEveryCall(t *testing.T) {
	testenv.Long(t)
	dir := t.TempDir()
	exe, err := lab.Build(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	b := &bench{options: options{runs: 1, log: io.Discard}, dir: dir, exe: exe}
	var world []worlds.Object
	life, err := b.live(t.Context(), setting{latency: "fast"}, 1, false, &world)
	if err != nil {
		t.Fatal(err)
	}
	for _, phase := range phases() {
		f := life[phase]
		// The cloud ends with its last platform, and may not tell of the last look's calls any more.
		untold := 0
		if phase == phases()[2] {
			untold = lastLook
		}
		if f.told.APICalls == 0 || sum(f.calls) < f.told.APICalls-untold {
			t.Errorf("%s: %d calls were counted, and platformctl made %d", phase, sum(f.calls), f.told.APICalls)
		}
		if f.Wall <= 0 {
			t.Errorf("%s took no time", phase)
		}
	}
	// DeleteVpc is asked for twice: at first as a dry run, whether AWS would allow it.
	if n := life[phases()[1]].calls["CreateVpc"]; n != 0 || life[phases()[0]].calls["CreateVpc"] != 1 || life[phases()[2]].calls["DeleteVpc"] != 2 {
		t.Errorf("the phases are mixed up: %v", life)
	}
	if only := worlds.Differences(world, world); len(world) < 20 || len(only) > 0 {
		t.Errorf("%d objects, differences to itself: %q", len(world), only)
	}
}
