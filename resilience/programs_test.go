//go:build judges

package main

import (
	"context"
	"strings"
	"testing"
)

// TestPrograms_Run does a little of each program that no other test runs; .ci/run has a sample of the matrix.
func TestPrograms_Run(t *testing.T) {
	for name, args := range map[string][]string{
		"drill":   {"-scenario", "process", "-sample", "1"},
		"faults":  {"-seeds", "1", "-throttled", "0.04", "-failing", "0.02", "-resets", "0.01", "-lost", "0.01"},
		"hostile": {"-for", "15s"},
		"soak":    {"-seeds", "1", "-steps", "3"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, progress strings.Builder
			args := append([]string{name, "-exe", built(t)}, args...)
			if err := run(context.WithoutCancel(t.Context()), args, &out, &progress); err != nil {
				t.Errorf("%v\n%s%s", err, out.String(), progress.String())
			}
		})
	}
}
