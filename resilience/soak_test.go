package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/resilience/lab"
)

// TestMain lets the test's own program be the local cloud of a site.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == "soak" {
		if err := run(context.Background(), os.Args[1:], os.Stdout, os.Stderr); err != nil {
			os.Stderr.WriteString(err.Error() + "\n")
			os.Exit(1)
		}
		return
	}
	testenv.Waiting("4")
	code := m.Run()
	if err := os.RemoveAll(builds); err != nil {
		os.Stderr.WriteString(err.Error() + "\n")
		code = 1
	}
	os.Exit(code)
}

// builds is the directory of the binary that the tests share.
var builds string

var buildOnce = sync.OnceValues(func() (exe string, err error) {
	if builds, err = os.MkdirTemp("", "platformctl-resilience-"); err != nil {
		return "", err
	}
	return lab.Build(context.Background(), builds)
})

// built is the binary, built once for all tests.
func built(t *testing.T) string {
	t.Helper()
	exe, err := buildOnce()
	if err != nil {
		t.Fatal(err)
	}
	return exe
}

func TestASeedIsAlwaysTheSame(t *testing.T) {
	first, firstEnd := planned(7, 50)
	again, againEnd := planned(7, 50)
	unexported := cmp.AllowUnexported(step{}, cut{}, ending{})
	if diff := cmp.Diff(first, again, unexported) + cmp.Diff(firstEnd, againEnd, unexported); diff != "" {
		t.Error(diff)
	}
	if other, _ := planned(8, 50); cmp.Equal(first, other, unexported) {
		t.Error("another seed has the same steps")
	}
	// A shorter run is the beginning of a longer one.
	if shorter, _ := planned(7, 20); cmp.Diff(first[:20], shorter, unexported) != "" {
		t.Error("the first steps depend on the number of steps")
	}
}

// TestEverythingIsDrawn looks for all that a soak can do in the steps of some seeds.
func TestEverythingIsDrawn(t *testing.T) {
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

func TestHowCommandsMayEnd(t *testing.T) {
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

func TestExitCodesOfLooking(t *testing.T) {
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
		if diff := cmp.Diff([][]int{test.status, test.plan}, [][]int{test.model.allowed("status"), test.model.allowed("plan")}); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestSoakFlags(t *testing.T) {
	for _, args := range [][]string{{"-seeds", "0"}, {"-steps", "0"}, {"-parallel", "0"}, {"up"}, {"-from", "-1"}} {
		var f soakFlags
		if err := f.parse(args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}

// TestSoak does a few steps of a seed with the real binary, and then with one that does nothing, which must be found out.
func TestSoak(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the binary and runs it for some seconds")
	}
	var out, progress strings.Builder
	if err := run(t.Context(), []string{"soak", "-exe", built(t), "-seeds", "1", "-steps", "4"}, &out, &progress); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), progress.String())
	}
	if !strings.Contains(progress.String(), "seed 1: 4 steps, all as it should be") {
		t.Errorf("it said %s", progress.String())
	}
	idle := filepath.Join(t.TempDir(), "idle")
	if err := os.WriteFile(idle, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	progress.Reset()
	if err := run(t.Context(), []string{"soak", "-seeds", "1", "-steps", "4", "-exe", idle}, &out, &progress); err == nil {
		t.Error("nobody noticed that nothing was done")
	}
	if !strings.Contains(progress.String(), "0 × VPC instead of 1") || !strings.Contains(progress.String(), "go run ./resilience soak -from 1 -seeds 1 -steps 4") {
		t.Errorf("it said %s", progress.String())
	}
}
