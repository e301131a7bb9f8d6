package nginx

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/guest/escapetest"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// FuzzWrite writes any configuration for nginx. What comes out, read again, has allowed directives alone, and no path,
// address or variable that isn't the writer's.
func FuzzWrite(f *testing.F) {
	for _, e := range escapetest.Corpus() {
		f.Add(e.Conf)
	}
	for _, text := range tryFiles() {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, conf string) {
		got, err := writtenOrRefused(t, conf)
		if err != nil {
			return
		}
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "conf"), []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
		root, err := os.OpenRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		tree, err := nginxconf.Parse(root, "/conf")
		if err != nil {
			t.Fatalf("%q became what can't be read: %v\n%s", conf, err, got)
		}
		checkWritten(t, tree, got)
	})
}

// checkWritten checks directives that were written.
func checkWritten(t *testing.T, tree []nginxconf.Directive, all string) {
	t.Helper()
	for _, d := range tree {
		form, ok := allowed()[d.Name]
		ours := d.Name == "worker_connections" || d.Name == "port_in_redirect" || strings.HasSuffix(d.Name, "_temp_path")
		if !ok && !ours {
			t.Errorf("%q was written:\n%s", d.Name, all)
		}
		for i, a := range d.Args {
			bad := false
			switch {
			case form == folder, strings.HasSuffix(d.Name, "_temp_path"), form == log && i == 0:
				inside := strings.HasPrefix(a, "../../rootfs/") || a == "../../rootfs" || strings.HasPrefix(a, "../tmp/") || a == "off" && d.Name == "access_log" || a == "stderr" && d.Name == "error_log"
				bad = !inside || slices.Contains(strings.Split(strings.TrimPrefix(strings.TrimPrefix(a, "../../"), "../"), "/"), "..") || strings.Contains(a, "$")
			case form == address && i == 0:
				bad = !strings.HasPrefix(a, "127.0.0.1:")
			case form == uri:
				segments := strings.Split(strings.NewReplacer("${uri}", "/", "${document_uri}", "/", "?", "/").Replace(a), "/")
				bad = slices.Contains(segments, ".") || strings.Contains(a, "..") || strings.Contains(strings.Join(segments, "/"), "$")
			case form == text || form == logged:
				for _, name := range []string{"hostname", "pid", "realpath_root", "document_root", "request_filename", "server_addr", "server_port"} {
					bad = bad || strings.Contains(a, "${"+name+"}") || strings.Contains(a, "$"+name)
				}
			}
			if bad {
				t.Errorf("%s has the argument %q:\n%s", d.Name, a, all)
			}
		}
		if form == types {
			continue // its children are no directives
		}
		checkWritten(t, d.Children, all)
	}
}
