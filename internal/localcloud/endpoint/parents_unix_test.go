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

// TestHome_RefusesParentsThatOthersCanChange has the home below a directory that another user could put away, with all
// that is in it.
func TestHome_RefusesParentsThatOthersCanChange(t *testing.T) {
	asRoot := func(do func() error) error {
		if os.Geteuid() != 0 {
			return errSkip
		}
		return do()
	}
	for name, tt := range map[string]struct {
		home string // below a temporary directory
		make func(dir string) error
		want string // "" means that it is trusted
	}{
		"own":    {"a/b/home", func(dir string) error { return os.MkdirAll(dir+"/a/b/home", 0o700) }, ""},
		"absent": {"a/b/home", func(string) error { return nil }, ""},
		"sticky": {"a/home", func(dir string) error { return mkdir(dir+"/a", 0o777|os.ModeSticky) }, ""},
		"own group's": {"a/home", func(dir string) error {
			return errors.Join(mkdir(dir+"/a", 0o775), os.Chown(dir+"/a", -1, os.Getegid()))
		}, ""},
		"every user's": {"a/home", func(dir string) error { return mkdir(dir+"/a", 0o777) }, "/a may be changed by every user (mode 0777)"},
		"further up": {"a/b/c/home", func(dir string) error {
			return errors.Join(mkdir(dir+"/a", 0o777), os.MkdirAll(dir+"/a/b/c/home", 0o700))
		}, "/a may be changed by every user"},
		"behind a link": {"l/home", func(dir string) error {
			return errors.Join(mkdir(dir+"/a", 0o777), mkdir(dir+"/a/b", 0o700), os.Symlink("a/b", dir+"/l"))
		}, "/a may be changed by every user"},
		"an absolute one": {"l/home", func(dir string) error { return errors.Join(mkdir(dir+"/a", 0o777), os.Symlink(dir+"/a", dir+"/l")) }, "/a may be changed by every user"},
		"a link up": {"a/l/home", func(dir string) error {
			return errors.Join(mkdir(dir+"/a", 0o700), mkdir(dir+"/b", 0o777), os.Symlink("../b", dir+"/a/l"))
		}, "/b may be changed by every user"},
		"own link":         {"l/home", func(dir string) error { return errors.Join(mkdir(dir+"/a", 0o700), os.Symlink("a", dir+"/l")) }, ""},
		"a link to itself": {"l/home", func(dir string) error { return os.Symlink("l", dir+"/l") }, "/l leads through too many symbolic links"},
		"another user's": {"a/home", func(dir string) error {
			return asRoot(func() error { return errors.Join(mkdir(dir+"/a", 0o700), os.Chown(dir+"/a", 12345, -1)) })
		}, "/a belongs to another user (number 12345)"},
		"another group's": {"a/home", func(dir string) error {
			return asRoot(func() error {
				return errors.Join(mkdir(dir+"/a", 0o700), os.Chown(dir+"/a", -1, 12345), os.Chmod(dir+"/a", 0o770))
			})
		}, "/a may be changed by another group (mode 0770, group 12345)"},
		"another user's link": {"l/home", func(dir string) error {
			return asRoot(func() error {
				return errors.Join(mkdir(dir+"/a", 0o700), os.Symlink("a", dir+"/l"), os.Lchown(dir+"/l", 12345, -1))
			})
		}, "/l is a symbolic link of another user (number 12345)"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			home := filepath.Join(dir, tt.home)
			if err := tt.make(dir); errors.Is(err, errSkip) {
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
		})
	}
}

// mkdir makes a directory with a mode whatever the umask is.
func mkdir(dir string, mode os.FileMode) error {
	return errors.Join(os.Mkdir(dir, 0o700), os.Chmod(dir, mode))
}
