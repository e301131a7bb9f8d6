package localcloud

import (
	"errors"
	"path/filepath"
	"testing"
)

func TestStateDirectory(t *testing.T) {
	for name, test := range map[string]struct {
		system      string
		environment map[string]string
		want        string
		fails       bool
	}{
		"XDG":           {"linux", map[string]string{"XDG_STATE_HOME": "/s", "HOME": "/u"}, "/s", false},
		"XDG, relative": {"linux", map[string]string{"XDG_STATE_HOME": "s", "HOME": "/u"}, "/u/.local/state", false},
		"Linux":         {"linux", map[string]string{"HOME": "/u"}, "/u/.local/state", false},
		"macOS":         {"darwin", map[string]string{"HOME": "/u"}, "/u/Library/Application Support", false},
		"Windows":       {"windows", map[string]string{"LocalAppData": `C:\d`}, `C:\d`, false},
		"nothing set":   {"linux", nil, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := stateDirectory(func(name string) string { return test.environment[name] }, test.system)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}

func TestHome(t *testing.T) {
	got, err := Home(func(name string) string { return map[string]string{HomeVariable: "here"}[name] })
	if err != nil || !filepath.IsAbs(got) || filepath.Base(got) != "here" {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestFindNginx(t *testing.T) {
	for name, test := range map[string]struct {
		system   string
		variable string
		machine  map[string]string // what look finds
		want     string
		fails    bool
	}{
		"unset, in PATH":     {"linux", "", map[string]string{"nginx": "/usr/bin/nginx"}, "", false},
		"unset, beside PATH": {"linux", "", map[string]string{"/usr/sbin/nginx": "/usr/sbin/nginx"}, "", false},
		"unset, none":        {"linux", "", nil, "", false},
		"built in":           {"linux", "builtin", map[string]string{"nginx": "/usr/bin/nginx"}, "", false},
		"named":              {"linux", "nginx", map[string]string{"nginx": "/usr/bin/nginx"}, "/usr/bin/nginx", false},
		"path":               {"linux", "/opt/nginx", map[string]string{"/opt/nginx": "/opt/nginx"}, "/opt/nginx", false},
		"path, not there":    {"linux", "/opt/nginx", map[string]string{"nginx": "/usr/bin/nginx"}, "", true},
		"Windows":            {"windows", "", map[string]string{"nginx": `C:\nginx\nginx.exe`}, "", false},
		"Windows, built in":  {"windows", "builtin", nil, "", false},
		"Windows, named":     {"windows", `C:\nginx\nginx.exe`, map[string]string{`C:\nginx\nginx.exe`: `C:\nginx\nginx.exe`}, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := findNginx(func(string) string { return test.variable }, func(name string) (string, error) {
				if path, ok := test.machine[name]; ok {
					return path, nil
				}
				return "", errors.New("not found")
			}, test.system)
			if got != test.want || (err != nil) != test.fails {
				t.Errorf("got %q, %v", got, err)
			}
		})
	}
}
