//go:build amd64 || arm64

package sandbox

import (
	"slices"
	"testing"
)

func TestSystemFiles_HaveUsersForRootAlone(t *testing.T) {
	for _, name := range []string{"/etc/passwd", "/etc/group"} {
		for _, root := range []bool{true, false} {
			if got := slices.Contains(systemFiles(root), name); got != root {
				t.Errorf("%s, root %t: listed %t", name, root, got)
			}
		}
	}
}
