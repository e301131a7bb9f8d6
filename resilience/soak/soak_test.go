package soak

import (
	"io"
	"reflect"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/resilience/lab"
)

func TestPlanned_SameSeedSameSteps(t *testing.T) {
	first, firstEnd := planned(7, 50)
	again, againEnd := planned(7, 50)
	if diff := testenv.Diff(first, again) + testenv.Diff(firstEnd, againEnd); diff != "" {
		t.Error(diff)
	}
	if other, _ := planned(8, 50); reflect.DeepEqual(first, other) {
		t.Error("another seed has the same steps")
	}
	// A shorter run is the beginning of a longer one.
	if shorter, _ := planned(7, 20); testenv.Diff(first[:20], shorter) != "" {
		t.Error("the first steps depend on the number of steps")
	}
}

// TestPlanned_DrawsEverything looks for all that a soak can do in the steps of some seeds.
func TestPlanned_DrawsEverything(t *testing.T) {
	drawn := map[string]bool{}
	for seed := range uint64(40) {
		steps, _ := planned(seed, 30)
		if steps[0].do != doUp {
			t.Errorf("seed %d begins with %s", seed, steps[0].do)
		}
		for _, s := range steps {
			drawn[s.do], drawn[s.cut.by], drawn[said(s.fault)] = true, true, true
			if s.shape.Zones < 2 || s.shape.Zones > 4 || s.shape.Instances < 2 || s.shape.Instances > 6 || s.shape.Egress == "" || s.shape.CheckEvery == 0 {
				t.Errorf("seed %d has the shape %+v", seed, s.shape)
			}
			if s.fault.ThrottleRate > 0.3 || s.fault.ErrorRate > 0.1 || s.fault.ResetRate > 0.05 || s.fault.LostReplyRate > 0.05 {
				t.Errorf("seed %d has more faults than must be got over: %+v", seed, s.fault)
			}
		}
	}
	for _, what := range []string{
		doUp, doDown, doStatus, doPlan, doFaults, doCalm, doDrift, doCloud, doLose, doBlocker, doRivals, "", byKill, byWrite, byInterrupt, byCloud,
		"AWS's token buckets", "denied: [ec2:RunInstances]",
	} {
		if !drawn[what] {
			t.Errorf("%q is never drawn", what)
		}
	}
}

func TestEnded_ByModel(t *testing.T) {
	failure := `{"error": {"code": "failed", "message": "it failed"}}`
	denied := faults.Config{Deny: []string{"ec2:*"}}
	for name, test := range map[string]struct {
		out     lab.Outcome
		by      string
		hit     bool
		trouble faults.Config
		done    bool
		wrong   int
	}{
		"done":                              {out: lab.Outcome{}, done: true},
		"failed":                            {out: lab.Outcome{Exit: 1, Out: failure}, wrong: 1},
		"failed under shares of faults":     {out: lab.Outcome{Exit: 1, Out: failure}, trouble: faults.Config{ThrottleRate: 0.3}, wrong: 1},
		"failed, denied":                    {out: lab.Outcome{Exit: 1, Out: failure}, trouble: denied},
		"failed, denied, without a word":    {out: lab.Outcome{Exit: 1}, trouble: denied, wrong: 1},
		"failed, the cloud was killed":      {out: lab.Outcome{Exit: 1, Out: failure}, by: byCloud, hit: true},
		"failed, the cloud wasn't killed":   {out: lab.Outcome{Exit: 1, Out: failure}, by: byCloud, wrong: 1},
		"killed":                            {out: lab.Outcome{Exit: -1, Killed: true}, by: byKill, hit: true},
		"killed after too long":             {out: lab.Outcome{Exit: -1, Killed: true}, by: byKill, wrong: 1},
		"interrupted":                       {out: lab.Outcome{Exit: 130, Out: failure}, by: byInterrupt, hit: true},
		"interrupted, and nobody did":       {out: lab.Outcome{Exit: 130, Out: failure}, wrong: 1},
		"interrupted, more than a document": {out: lab.Outcome{Exit: 130, Out: failure + "and"}, by: byInterrupt, hit: true, wrong: 1},
		"wrong usage":                       {out: lab.Outcome{Exit: 2, Out: failure}, trouble: denied, wrong: 1},
	} {
		t.Run(name, func(t *testing.T) {
			r := &soaking{trouble: test.trouble, tally: tally{counts: map[string]int{}}}
			done, wrong := r.ended(test.out, cut{by: test.by}, test.hit)
			if done != test.done || len(wrong) != test.wrong {
				t.Errorf("done: %t, wrong: %q; want %t and %d", done, wrong, test.done, test.wrong)
			}
		})
	}
}

func TestAllowed_ExitCodesByModel(t *testing.T) {
	up := &lab.Shape{}
	for name, test := range map[string]struct {
		model        soaking
		status, plan []int
	}{
		"nothing is there": {soaking{}, []int{0}, []int{3}},
		"up":               {soaking{shape: up}, []int{0}, []int{0}},
		"drifted":          {soaking{shape: up, drifted: true}, []int{3}, []int{3}},
		"not known":        {soaking{shape: up, open: true}, []int{0, 3}, []int{0, 3}},
		"shaken":           {soaking{shape: up, shaken: true}, []int{0, 3}, []int{0, 3}},
		"denied":           {soaking{shape: up, trouble: faults.Config{Deny: []string{"ec2:*"}}}, []int{0, 3, 1}, []int{0, 3, 1}},
	} {
		if diff := testenv.Diff([][]int{test.status, test.plan}, [][]int{test.model.allowed("status"), test.model.allowed("plan")}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestParse_RefusesWrongFlags(t *testing.T) {
	for _, args := range [][]string{{"-seeds", "0"}, {"-steps", "0"}, {"-parallel", "0"}, {"up"}, {"-from", "-1"}} {
		var f flags
		if err := f.parse(args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
