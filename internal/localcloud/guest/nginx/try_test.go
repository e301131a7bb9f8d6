//go:build unix

package nginx

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// script writes a program of a shell's words.
func script(t *testing.T, text string) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "nginx")
	if err := os.WriteFile(name, []byte("#!/bin/sh\n"+text+"\n"), 0o700); err != nil {
		t.Fatal(err)
	}
	return name
}

// old is nginx 1.18, as far as its flags go.
func old(t *testing.T, nginx string) string {
	return script(t, `for a; do [ "$a" != -e ] || { echo 'nginx: invalid option: "e"' >&2; exit 1; }; done
exec `+nginx+` "$@"`)
}

func TestTry_FindsOutWhatNginxKnows(t *testing.T) {
	nginx := machineNginx(t)
	for name, test := range map[string]struct {
		path string
		old  bool
	}{
		"of this machine":        {nginx, false},
		"without -e":             {old(t, nginx), true},
		"child of a script":      {script(t, nginx+` "$@"`), false},
		"after a script's words": {script(t, "echo starting >&2\nexec "+nginx+` "$@"`), false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "a trial")
			got, err := Try(t.Context(), test.path, dir)
			if err != nil || got.Path != test.path || got.NoErrorLogFlag != test.old || !strings.HasPrefix(got.Version, "nginx/") {
				t.Fatalf("got %+v, %v", got, err)
			}
			if _, err := os.Stat(dir); !errors.Is(err, os.ErrNotExist) {
				t.Errorf("the trial's directory is left: %v", err)
			}
			o := options(t, good)
			o.Program = got
			if err := Test(o); err != nil {
				t.Errorf("nginx -t: %v", err)
			}
			p, err := Start(o)
			if err != nil {
				t.Fatal(err)
			}
			p.Kill()
		})
	}
}

func TestTry_SaysWhyNginxIsOfNoUse(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty")
	if err := os.WriteFile(empty, []byte("\x7fELF\x02\x01\x01 of another machine"), 0o700); err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct{ path, want string }{
		"missing":            {"/nonexistent/nginx", "no such file or directory"},
		"a directory":        {t.TempDir(), "permission denied"},
		"of another machine": {empty, "exec format error"},
		"ends at once":       {script(t, "exit 0"), "nginx ended without a word: exit status 0"},
		"fails":              {script(t, "echo 'cannot open shared object file' >&2; exit 127"), "cannot open shared object file"},
		"too old": {script(t, `echo 'nginx: [emerg] unknown directive "charset" in ../conf/nginx.conf:17
twice' >&2; exit 1`), `nginx: [emerg] unknown directive "charset" in /etc/nginx/nginx.conf:9; twice`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Try(t.Context(), test.path, filepath.Join(t.TempDir(), "trial"))
			if err == nil || !strings.Contains(err.Error(), test.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("got %+v, %v", got, err)
			}
		})
	}
}

// TestStart_EndsNginxThatHangs has a script in nginx's place, whose child reads from a named pipe and holds on to the
// script's standard error.
func TestStart_EndsNginxThatHangs(t *testing.T) {
	t.Parallel()
	o := Options{Dir: t.TempDir(), Within: 2 * time.Second}
	o.Root = filepath.Join(o.Dir, "rootfs")
	pipe := filepath.Join(o.Root, "pipe") // what is kept in its instance can read there
	if err := errors.Join(os.MkdirAll(filepath.Join(o.Root, "etc/nginx"), 0o700), os.WriteFile(filepath.Join(o.Root, mainFile), []byte("events {}"), 0o600), syscall.Mkfifo(pipe, 0o600)); err != nil {
		t.Fatal(err)
	}
	o.Program.Path = script(t, "echo waiting >&2; cat '"+pipe+"' >&2; true")
	opened := make(chan *os.File, 1)
	go func() {
		f, err := os.OpenFile(pipe, os.O_WRONLY, 0) // once the child has it open
		if err != nil {
			t.Error(err)
		}
		opened <- f
	}()
	_, err := Start(o)
	var slow *SlowError
	if !errors.As(err, &slow) || slow.Within != o.Within || slow.Said != "waiting" {
		t.Errorf("got %v", err)
	}
	child := <-opened
	defer child.Close()
	for deadline := time.Now().Add(10 * time.Second); ; {
		if _, err := child.WriteString("x"); errors.Is(err, syscall.EPIPE) {
			return // nobody has it open any more
		}
		if time.Now().After(deadline) {
			t.Fatal("the script's child is left")
		}
	}
}
