package nginxconf

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParse_RefusesWordsAsLongAsNginxsBuffer(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	for size, want := range map[int]string{
		4095: "",
		4096: `[emerg] too long parameter "aaaaaaaaaa..." started in /conf:2`,
	} {
		if err := os.WriteFile(filepath.Join(dir, "conf"), []byte("events {}\nuser "+strings.Repeat("a", size)+";"), 0o600); err != nil {
			t.Fatal(err)
		}
		tree, err := Parse(root, "/conf")
		var refused *Emergency
		switch {
		case want == "" && (err != nil || len(tree) != 2 || len(tree[1].Args[0]) != size):
			t.Errorf("%d bytes: %v", size, err)
		case want != "" && (!errors.As(err, &refused) || err.Error() != want):
			t.Errorf("%d bytes: %v, want %s", size, err, want)
		}
	}
}
