package endpoint

import (
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
