package session

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/platformctl/platformctl/internal/config"
)

// TestStatePath_FollowsLink has a link in the state's place, which replacing the
// file would put an end to.
func TestStatePath_FollowsLink(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "kept.json")
	if err := os.WriteFile(kept, []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, StateDirectory), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(kept, filepath.Join(dir, StateDirectory, "shop.json")); err != nil {
		t.Skip(err) // Windows lets few users make links
	}
	g := &Global{Environment: Environment{Dir: dir}}
	for name, want := range map[string]string{"shop": kept, "other": filepath.Join(dir, StateDirectory, "other.json")} {
		if got := g.StatePath(config.Config{Name: name}); got != want {
			t.Errorf("the state of %s is in %s, want %s", name, got, want)
		}
	}
}
