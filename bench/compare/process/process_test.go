package process

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"
)

func TestParentIn(t *testing.T) {
	pid, parent, err := parentIn("42 (a (b) c) S 7 1 2 3")
	if pid != 42 || parent != 7 || err != nil {
		t.Errorf("%d, %d, %v", pid, parent, err)
	}
	if _, _, err := parentIn("nonsense"); err == nil {
		t.Error("nonsense was read")
	}
}

// TestMeasure runs this test's own binary as the command.
func TestMeasure(t *testing.T) {
	u, err := Measure(t.Context(), exec.CommandContext(t.Context(), os.Args[0], "-test.run", "^TestParentIn$", "-test.v"))
	if err != nil || u.Wall <= 0 || !strings.Contains(string(u.Out), "TestParentIn") {
		t.Errorf("%+v, %v", u, err)
	}
	_, err = Measure(t.Context(), exec.CommandContext(t.Context(), os.Args[0], "-test.run", "["))
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		t.Errorf("a failure ends as %v", err)
	}
}
