package server

import (
	"errors"
	"testing"
)

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
			got, err := findNginx(test.variable, func(name string) (string, error) {
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
