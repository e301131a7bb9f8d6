//go:build unix

package endpoint_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

func TestHome_RefusesWhatOthersMade(t *testing.T) {
	for _, tt := range []struct {
		name string
		make func(home string) error
		want string // "" means that it is trusted
	}{
		{"absent", func(string) error { return nil }, ""},
		{"own", func(home string) error { return os.Mkdir(home, 0o700) }, ""},
		{"readable", func(home string) error { return os.Mkdir(home, 0o755) }, ""},
		{"writable for all", func(home string) error { return errors.Join(os.Mkdir(home, 0o700), os.Chmod(home, 0o777)) }, "may be changed by every user (mode 0777)"},
		{"sticky", func(home string) error {
			return errors.Join(os.Mkdir(home, 0o700), os.Chmod(home, 0o777|os.ModeSticky))
		}, "may be changed by every user"},
		{"a link", func(home string) error { return errors.Join(os.Mkdir(home+"2", 0o700), os.Symlink(home+"2", home)) }, "is a symbolic link"},
		{"a dangling link", func(home string) error { return os.Symlink(home+"2", home) }, "is a symbolic link"},
		{"a file", func(home string) error { return os.WriteFile(home, nil, 0o600) }, "is no directory"},
		{"the local cloud's own part", func(home string) error {
			return errors.Join(os.MkdirAll(endpoint.Directory(home), 0o700), os.Chmod(endpoint.Directory(home), 0o777))
		}, "local may be changed by every user"},
		{"another user's", func(home string) error {
			if os.Geteuid() != 0 {
				return errSkip
			}
			return errors.Join(os.Mkdir(home, 0o700), os.Chown(home, 12345, -1))
		}, "belongs to another user (number 12345)"},
		{"another group's", func(home string) error {
			if os.Geteuid() != 0 {
				return errSkip
			}
			return errors.Join(os.Mkdir(home, 0o700), os.Chown(home, -1, 12345), os.Chmod(home, 0o770))
		}, "may be changed by another group (mode 0770, group 12345)"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			home := filepath.Join(t.TempDir(), "home")
			if err := tt.make(home); errors.Is(err, errSkip) {
				t.Skip(err)
			} else if err != nil {
				t.Fatal(err)
			}
			got, err := endpoint.Home(func(name string) string { return map[string]string{endpoint.HomeVariable: home}[name] })
			var unsafe *endpoint.UnsafeError
			switch {
			case tt.want == "" && (err != nil || got != home):
				t.Errorf("%q, %v", got, err)
			case tt.want != "" && (!errors.As(err, &unsafe) || !strings.Contains(err.Error(), tt.want)):
				t.Errorf("%v, want %s", err, tt.want)
			}
			if tt.want != "" && !strings.Contains(tt.name, "part") {
				if err := endpoint.Make(home); !errors.As(err, &unsafe) {
					t.Errorf("made: %v", err)
				}
			}
		})
	}
}

var errSkip = errors.New("only root can give a directory away")
