//go:build artifacts

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestVulnerabilities_FailOnWhatIsReached scans a package against a database of a test's own: with a hole in a function
// that it calls, and with one in a function that it only has among its modules.
func TestVulnerabilities_FailOnWhatIsReached(t *testing.T) {
	for _, c := range []struct {
		name, symbol string
		fails        bool
	}{
		{"reached", "NewPendingFile", true},
		{"not reached", "Symlink", false},
	} {
		t.Run(c.name, func(t *testing.T) {
			scan := exec.Command("make", "--no-print-directory", "vulnerabilities", "SCANNED=./internal/atomicfile", "VULNERABILITIES=-db file://"+database(t, c.symbol))
			scan.Dir = ".."
			out, err := scan.CombinedOutput()
			if failed := err != nil; failed != c.fails {
				t.Errorf("failed: %t, want %t: %s", failed, c.fails, out)
			}
			if named := strings.Contains(string(out), "GO-2000-0001"); c.fails && !named {
				t.Errorf("the vulnerability isn't named: %s", out)
			}
		})
	}
}

// database is one in the form of Go's own, with one vulnerability: in a function of the module that the package replaces files with.
// Source of the form: go.dev/doc/security/vuln/database.
func database(t *testing.T, symbol string) string {
	t.Helper()
	dir := t.TempDir()
	const module, modified = "github.com/google/renameio/v2", "2024-01-01T00:00:00Z"
	write := func(name string, content any) {
		text, err := json.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	type object = map[string]any
	write("index/db.json", object{"modified": modified})
	write("index/modules.json", []object{{"path": module, "vulns": []object{{"id": "GO-2000-0001", "modified": modified}}}})
	write("index/vulns.json", []object{{"id": "GO-2000-0001", "modified": modified}})
	write("ID/GO-2000-0001.json", object{
		"schema_version": "1.3.1", "id": "GO-2000-0001", "modified": modified, "published": modified,
		"summary": "a hole of a test's own", "details": "a hole of a test's own",
		"affected": []object{{
			"package":            object{"name": module, "ecosystem": "Go"},
			"ranges":             []object{{"type": "SEMVER", "events": []object{{"introduced": "0"}}}},
			"ecosystem_specific": object{"imports": []object{{"path": module, "symbols": []string{symbol}}}},
		}},
		"database_specific": object{"url": "https://example.com/GO-2000-0001"},
	})
	return dir
}
