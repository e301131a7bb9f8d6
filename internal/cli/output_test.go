package cli

import (
	"bytes"
	"context"
	"strings"
	"syscall"
	"testing"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// refusing takes nothing, for a reason.
type refusing struct{ reason error }

func (w refusing) Write([]byte) (int, error) { return 0, w.reason }

// TestRun_FailsWhenOutputIsLost has a full disk behind standard output, and a reader that left.
func TestRun_FailsWhenOutputIsLost(t *testing.T) {
	for _, args := range [][]string{{"version"}, {"help"}, {"runbook", "--generic"}, {"diagram", "--planned"}} {
		for reason, want := range map[error]int{syscall.ENOSPC: exit.Failed, syscall.EPIPE: ExitOK} {
			var told bytes.Buffer
			code := Run(context.Background(), Environment{
				Args: args, Dir: t.TempDir(), Streams: terminal.Streams{Out: refusing{reason}, Err: &told},
			})
			if code != want || (code != ExitOK) != strings.Contains(told.String(), "write to standard output: "+reason.Error()) {
				t.Errorf("%v with %v: exit code %d, want %d: %s", args, reason, code, want, told.String())
			}
		}
	}
}
