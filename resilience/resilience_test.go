package main

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/state"
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

// TestMatrix_SampledPoints runs a few points of the crash matrix; .ci/run runs more, and `make crash-matrix` all.
func TestMatrix_SampledPoints(t *testing.T) {
	testenv.Long(t)
	t.Parallel()
	var out, progress strings.Builder
	err := run(context.Background(), []string{"matrix", "-exe", built(t), "-consistency", "off", "-scenario", "up,grow,down", "-sample", "2", "-parallel", "12"}, &out, &progress)
	if err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), progress.String())
	}
	if !strings.Contains(out.String(), "median recovery") || !strings.Contains(progress.String(), "6 of 6 points") {
		t.Errorf("it printed:\n%s%s", out.String(), progress.String())
	}
}

// TestComplete_FindsWhatIsWrong breaks a platform in the ways that the matrix looks for.
func TestComplete_FindsWhatIsWrong(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("it builds the binary")
	}
	ctx, dir, exe := context.Background(), t.TempDir(), built(t)
	site, err := lab.Open(ctx, lab.Options{Exe: exe, Dir: filepath.Join(dir, "site")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := site.Close(); err != nil {
			t.Error(err)
		}
	})
	shape := lab.Shape{}
	if err := site.Configure(shape); err != nil {
		t.Fatal(err)
	}
	if f := site.Empty(); len(f.All()) > 0 {
		t.Fatalf("a new site: %q", f.All())
	}
	if up, err := site.Run(ctx, "up"); err != nil || up.Exit != 0 {
		t.Fatalf("%v: %s", err, up)
	}
	if f := site.Complete(ctx, shape); len(f.All()) > 0 {
		t.Fatalf("a whole platform: %q", f.All())
	}

	// finds asserts that one of the findings says so.
	finds := func(what string, findings []string, want string) {
		t.Helper()
		if !strings.Contains(strings.Join(findings, "\n"), want) {
			t.Errorf("%s: want %q in %q", what, want, findings)
		}
	}
	finds("another shape", site.Complete(ctx, lab.Shape{Instances: 3}).Wrong, "2 × instance instead of 3")
	if f := site.Empty(); len(f.LeftOver) < 27 || len(f.Wrong) == 0 {
		t.Errorf("a whole platform where none should be: %q", f.All())
	}

	data, err := os.ReadFile(site.State())
	if err != nil {
		t.Fatal(err)
	}
	edit := func(change func(*state.Document)) {
		t.Helper()
		var doc state.Document
		if err := json.Unmarshal(data, &doc); err != nil {
			t.Fatal(err)
		}
		change(&doc)
		changed, err := json.Marshal(doc)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(site.State(), changed, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	edit(func(d *state.Document) { d.Records = d.Records[1:] })
	finds("a record lost", site.Complete(ctx, shape).Wrong, "the state doesn't know elastic-ip/nat-a")
	edit(func(d *state.Document) { d.Records[0].ID = "" })
	finds("an intent left", site.Complete(ctx, shape).Wrong, "the outcome of making elastic-ip/nat-a is still open")
	edit(func(d *state.Document) { d.Records[0].ID = "eipalloc-0" })
	finds("another object", site.Complete(ctx, shape).Wrong, "elastic-ip/nat-a (eipalloc-0) is not there")
	edit(func(d *state.Document) { d.Records[0].Deleting = true })
	finds("a deletion left", site.Complete(ctx, shape).Wrong, "still to be deleted")
	edit(func(*state.Document) {})

	err = site.Cloud.World().Update("us-east-1", func(tx *world.Tx) error {
		_, err := network.AllocateAddress(tx, nil)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	finds("a second address", site.Complete(ctx, shape).Duplicates, "3 × Elastic IP instead of 2")
}

func TestRun_RefusesWrongArguments(t *testing.T) {
	over, end := context.WithCancel(context.Background()) // nothing can be run any more, not even a build
	end()
	for _, args := range [][]string{
		nil, {"other"}, {"matrix", "extra"}, {"matrix", "-scenario", "sideways"}, {"matrix", "-mode", "late"}, {"matrix", "-consistency", "maybe"},
	} {
		var out, progress strings.Builder
		if err := run(over, args, &out, &progress); err == nil || errors.Is(err, context.Canceled) || out.Len() > 0 {
			t.Errorf("%q is taken: %v\n%s", args, err, out.String())
		}
	}
}

// TestSoak_DoesSteps does a few steps of a seed with the real binary.
func TestSoak_DoesSteps(t *testing.T) {
	testenv.Long(t)
	t.Parallel()
	var out, progress strings.Builder
	if err := run(t.Context(), []string{"soak", "-exe", built(t), "-seeds", "1", "-steps", "4"}, &out, &progress); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), progress.String())
	}
	if !strings.Contains(progress.String(), "seed 1: 4 steps, all as it should be") {
		t.Errorf("it said %s", progress.String())
	}
}

// TestSoak_FindsIdleBinary has a binary that does nothing, which must be found out.
func TestSoak_FindsIdleBinary(t *testing.T) {
	t.Parallel()
	idle := filepath.Join(t.TempDir(), "idle")
	if err := os.WriteFile(idle, []byte("#!/bin/sh\nexit 0\n"), 0o700); err != nil { //nolint:gosec // it is to be run
		t.Fatal(err)
	}
	var out, progress strings.Builder
	if err := run(t.Context(), []string{"soak", "-seeds", "1", "-steps", "1", "-exe", idle}, &out, &progress); err == nil {
		t.Error("nobody noticed that nothing was done")
	}
	if !strings.Contains(progress.String(), "0 × vpc instead of 1") || !strings.Contains(progress.String(), "go run ./resilience soak -from 1 -seeds 1 -steps 1") {
		t.Errorf("it said %s", progress.String())
	}
}
