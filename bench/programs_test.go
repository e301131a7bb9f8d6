//go:build judges

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/testenv"
	resilience "github.com/platformctl/platformctl/resilience/lab"
)

func TestMain(m *testing.M) {
	testenv.Waiting("8")
	os.Exit(m.Run())
}

// TestPrograms_Run does a little of each measurement: that it still works, not what it measures.
func TestPrograms_Run(t *testing.T) {
	exe, err := resilience.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile("benchmarks.md")
	if err != nil {
		t.Fatal(err)
	}
	written := filepath.Join(t.TempDir(), "benchmarks.md")
	if err := os.WriteFile(written, page, 0o600); err != nil {
		t.Fatal(err)
	}
	quick := "load_balancer: {deregistration_delay: 1s}\n"
	for name, test := range map[string]struct {
		args     []string
		programs []string
	}{
		"throughput": {[]string{"throughput"}, []string{"nginx", "wrk"}},
		"platforms":  {[]string{"platforms"}, nil},
		"idle":       {[]string{"idle"}, nil},
		"kill":       {[]string{"kill"}, nil},
		"drill":      {[]string{"drill", "-runs", "1", "-scenario", "process", "-duration", "1s", "-load-rate", "0", "-configuration", quick}, nil},
		"roll":       {[]string{"roll", "-rate", "20", "-configuration", quick}, nil},
		"scale":      {[]string{"scale", "-before", "1s", "-busy", "2s", "-after", "1s", filepath.Join(t.TempDir(), "scale.svg")}, nil},
		"compare":    {[]string{"compare", "-only", "growth", "-instances", "2", "-terraform-instances", "0", "-page", written}, nil},
		"picture":    {[]string{"picture", filepath.Join(t.TempDir(), "live.png"), filepath.Join(t.TempDir(), "report.png")}, []string{"chromium"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, program := range test.programs {
				testenv.Judge(t, program)
			}
			dir := t.TempDir()
			l := &lab{size: brief(), dir: dir, home: filepath.Join(dir, "home"), exe: exe}
			err := l.run(t.Context(), test.args)
			if _, stop := daemon.Stop(context.WithoutCancel(t.Context()), l.home); err != nil || stop != nil {
				t.Error(errors.Join(err, stop))
			}
		})
	}
}
