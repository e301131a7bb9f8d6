package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func newRoot(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range map[string]string{"etc/motd": "welcome\n", "srv/run.sh": "echo $1 runs"} {
		if err := errors.Join(os.MkdirAll(filepath.Join(root, filepath.Dir(name)), 0o755), os.WriteFile(filepath.Join(root, name), []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// greet is a program of the instance.
func greet(_ context.Context, p Process) int {
	fmt.Fprintln(p.Stdout, "hello", strings.Join(p.Args[1:], " "), "in", p.Dir)
	return len(p.Args) - 1
}

func run(t *testing.T, root, dir, script string) (status int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	status, err := Run(t.Context(), Options{Root: root, Dir: dir, Script: script, Stdout: &out, Stderr: &errs, Commands: map[string]Command{"greet": greet}})
	if err != nil {
		t.Fatal(err)
	}
	return status, out.String(), errs.String()
}

func TestRun_Scripts(t *testing.T) {
	root := newRoot(t)
	for _, tt := range []struct {
		name, dir, script string
		status            int
		stdout, stderr    string
	}{
		{"program", "/etc", "greet a b", 2, "hello a b in /etc\n", ""},
		{"program by its path", "", "/usr/bin/greet", 0, "hello  in /\n", ""},
		{"unknown program", "", "foo", 127, "", "sh: foo: command not found\n"},
		{"unknown path", "", "/opt/foo", 127, "", "sh: /opt/foo: No such file or directory\n"},
		{"a program of this machine", "", "/bin/sh -c 'echo no'", 127, "", "sh: sh: command not found\n"},
		{"goes on after a failure", "", "foo\necho yes", 0, "yes\n", "sh: foo: command not found\n"},
		{"stops after a failure", "", "set -e\nfoo\necho yes", 127, "", "sh: foo: command not found\n"},
		{"exit", "", "exit 7", 7, "", ""},
		{"language", "", `f() { for i in 1 2; do [ $i = 2 ] && echo "$1$i"; done; }; f x | while read y; do echo "<$y>"; done`, 0, "<x2>\n", ""},
		{"reads files", "", `read x < /etc/motd; echo "$x"; cd /etc; echo *; pwd`, 0, "welcome\nmotd\n/etc\n", ""},
		{"writes files", "", `echo one > /etc/new; echo two >> etc/new; while read x; do echo "$x"; done < /etc/new`, 0, "one\ntwo\n", ""},
		{"sources files", "", ". /srv/run.sh it", 0, "it runs\n", ""},
		{"tests files", "", "[ -f /etc/motd ] && [ ! -e /etc/none ] && echo yes", 0, "yes\n", ""},
		{"finds programs", "", "command -v greet; command -v foo || echo none; type -p greet", 0, "/usr/bin/greet\nnone\n/usr/bin/greet\n", ""},
		{"no way out", "", "echo x > ../../../../../../tmp/x && [ -e /tmp/x ]", 1, "", "openat tmp/x: no such file or directory\n"},
		{"null device", "", "foo 2>/dev/null; read x </dev/null; echo $?", 0, "1\n", ""},
		{"syntax error", "", "if true", 2, "", "sh:1:1: `if <cond>` must be followed by `then`\n"},
		{"no such directory", "/nowhere", "echo x", 1, "", "chdir /nowhere: no such file or directory\n"},
		{"process substitution", "", "greet <(echo)", 2, "", "platformctl local cloud: process substitution is not simulated\n"},
		{"homes", "", "echo ~; echo ~nobody", 2, "", "platformctl local cloud: the home directory in ~nobody is not simulated\n"},
		{"home", "", "echo ~ $USER", 0, "/root root\n", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			status, stdout, stderr := run(t, root, tt.dir, tt.script)
			if status != tt.status || stdout != tt.stdout || stderr != tt.stderr {
				t.Errorf("got %d, %q, %q; want %d, %q, %q", status, stdout, stderr, tt.status, tt.stdout, tt.stderr)
			}
		})
	}
}

// A symbolic link that leads out of the instance is none.
func TestRun_LinksStayInRoot(t *testing.T) {
	root, secret := newRoot(t), filepath.Join(t.TempDir(), "secret")
	if err := errors.Join(os.WriteFile(secret, []byte("secret"), 0o600), os.Symlink(secret, filepath.Join(root, "etc", "link"))); err != nil {
		t.Fatal(err)
	}
	status, stdout, _ := run(t, root, "", `read x < /etc/link; echo "$x" > /etc/link; exec /etc/link`)
	if text, err := os.ReadFile(secret); status == 0 || strings.Contains(stdout, "secret") || err != nil || string(text) != "secret" {
		t.Errorf("status %d, said %q, the file holds %q", status, stdout, text)
	}
}

// A script is run to its end, or to that of its context.
func TestRun_EndsByLimitOrContext(t *testing.T) {
	root := newRoot(t)
	status, _, stderr := run(t, root, "", "f() { f; }; f")
	if status != Usage || !strings.Contains(stderr, "2000 commands") {
		t.Errorf("without end: %d, %q", status, stderr)
	}
	ctx, cancel := context.WithCancel(t.Context())
	stop := func(context.Context, Process) int { cancel(); return 0 }
	var out bytes.Buffer
	_, err := Run(ctx, Options{Root: root, Script: "stop; echo no", Stdout: &out, Stderr: &out, Commands: map[string]Command{"stop": stop}})
	if !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("cancelled: %v, %q", err, out.String())
	}
}
