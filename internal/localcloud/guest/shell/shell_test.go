package shell

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
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
	status, err := Run(t.Context(), Options{Root: root, Disk: disk.New(root), Dir: dir, Script: script, Stdout: &out, Stderr: &errs, Commands: map[string]Command{"greet": greet}})
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
		{"homes", "", "echo ~ ~root ~nobody ~ec2-user/x; eval 'echo ~nginx'; (echo ~nobody) & wait", 0, "/root /root / /home/ec2-user/x\n/var/lib/nginx\n/\n", ""},
		{"home of nobody here", "", "echo yes; eval 'echo ~daemon'", 2, "yes\n", "platformctl local cloud: the home directory in ~daemon is not simulated\n"},
		{"home in a trap", "", "trap 'echo ~daemon' EXIT", 2, "", "platformctl local cloud: the home directory in ~daemon is not simulated\n"},
		{"home in a file", "", "echo 'echo ~daemon' > /srv/x; . /srv/x", 2, "", "source: the script ends here\nplatformctl local cloud: the home directory in ~daemon is not simulated\n"},
		{"process numbers", "", `echo $$ ${$} "$PPID"; eval 'echo $$'; trap 'echo $$' EXIT; echo 'echo $PPID' > /srv/x; . /srv/x`, 0, "2024 2024 1702\n2024\n1702\n2024\n", ""},
		{"process number by name", "", "x=PPID; echo ${!x}", 2, "", "platformctl local cloud: indirect expansion is not simulated\n"},
		{"process number by reference", "", "declare -n x=PPID; echo $x", 2, "", "platformctl local cloud: declare -n is not simulated\n"},
		{"process number by a computed reference", "", "n=-n; declare $n x=PPID; echo $x", 2, "", "platformctl local cloud: declare of a computed name is not simulated\n"},
		{"process number in arithmetic", "", "echo $((PPID))", 0, "1702\n", ""},
		{"aliases", "", "shopt -s expand_aliases", 2, "", "platformctl local cloud: shopt expand_aliases is not simulated\n"},
		{"builtin eval", "", "builtin eval 'echo ~daemon'; command eval 'echo x'", 2, "", "platformctl local cloud: the home directory in ~daemon is not simulated\n"},
		{"status before a word with variables", "", `x=1; false; echo $? $x; set -x; y=$x; echo "$y"`, 0, "1 1\n1\n", "+ y=1\n+ echo 1\n"},
		{"words that are empty", "", `x=; set -- $x "$x" a; echo $# "${1}|$2"; for i in $x b; do echo $i; done; case "$x" in '') echo none;; esac; read y <<E
[$x]
E
echo $y; [[ $x == "" ]] && echo yes`, 0, "2 |a\nb\nnone\n[]\nyes\n", ""},
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

// What a script may use is bounded, whatever it does.
func TestRun_BoundsMemoryDiskAndTime(t *testing.T) {
	big := `x=0123456789; x=$x$x$x$x$x$x$x$x$x$x; x=$x$x$x$x$x$x$x$x$x$x; x=$x$x$x$x$x$x$x$x$x$x; ` // 10 KB
	for _, tt := range []struct{ name, script, want string }{
		{"doubling", "x=x; " + strings.Repeat("x=$x$x; ", 30), "1 MiB of variables"},
		{"doubling in a loop", "x=x; while true; do x=$x$x; done", "1 MiB of variables"},
		{"doubling in eval", `x=x; e='x=$x$x; eval "$e"'; eval "$e"`, "1 MiB of variables"},
		{"doubling parameters", `set -- x; for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26; do set -- "$@" "$@"; done`, "65536 arguments"},
		{"doubling an array", `a=(x); for ((;;)); do a=("${a[@]}" "${a[@]}"); done`, "1 MiB of variables"},
		{"one word", big + `y=` + strings.Repeat("$x", 2000), "16 MiB in a word"},
		{"one argument", big + `echo ` + strings.Repeat("$x", 2000), "16 MiB in a word"},
		{"here document", big + "read y <<E\n" + strings.Repeat("$x", 2000) + "\nE\n", "16 MiB in a word"},
		{"replacement", big + `y=${x//1/$x}`, "16 MiB in a word"},
		{"nested replacement", big + `y=${z:-${x//1/$x}}`, "16 MiB in a word"},
		{"output", big + `while true; do echo $x; done`, "4 MiB of output"},
		{"output in a substitution", big + `y=$(while true; do echo $x; done)`, "4 MiB of output"},
		{"output of a format", big + `printf "$x" {1..1000}`, "4 MiB of output"},
		{"widths of a format", "printf '" + strings.Repeat("%999999d", 7000) + "' >/dev/null", "4 MiB of output"},
		{"width of a builtin's format", "command builtin printf '" + strings.Repeat("%999999d", 5) + "' >/dev/null", "4 MiB of output"},
		{"width again and again", `printf '%99999d' {1..100} >/dev/null`, "4 MiB of output"},
		{"pattern of a variable", big + `p='[ab]*[ba]?'; p=$p$p$p$p$p$p$p$p; p=$p$p$p$p$p$p$p$p; p=$p$p$p$p$p$p$p$p; y=${x%%$p}`, "16 MiB of text times pattern"},
		{"pattern of a case", big + `p=$x; case $x in $p$p) ;; esac`, "16 MiB of text times pattern"},
		{"pattern of a test", big + `[[ $x == $x* ]]`, "16 MiB of text times pattern"},
		{"expression of a test", big + `[[ $x =~ $x ]]`, "16 MiB of text times pattern"},
		{"written pattern", big + "y=${x#" + strings.Repeat("*[ab]", 900) + "}", "16 MiB of text times pattern"},
		{"written pattern of a background command", big + "{ y=${x#" + strings.Repeat("*[ab]", 900) + "}; } & wait", "16 MiB of text times pattern"},
		{"files", big + `echo $x > /srv/f; while true; do read y < /srv/f; echo $y $y > /srv/f; done`, "1 MiB of variables"},
		{"reading", big + `echo $x$x$x$x$x$x$x$x$x$x > /srv/f; while true; do z=$(</srv/f); done`, "16 MiB of text read from files"},
		{"loop without commands", "while ((1)); do ((x+=1)); done", "20000 expansions"},
		{"loop with an assignment", "while ((1)); do x=1; done", "20000 expansions"},
		{"loop with a condition", "until [[ 1 == 2 ]]; do x=1; done", "20000 expansions"},
		{"recursion", "f() { f; }; f", "2000 commands"},
		{"fork bomb", ":() { : | :; }; :", "2000 commands"},
		{"braces", "echo {1..100000000}", "a pattern of braces for more than 1000 words"},
		{"product of braces", "echo " + strings.Repeat("{a,b}", 30), "a pattern of braces for more than 1000 words"},
		{"nested braces", "echo {{a,b},{a,b}}{{a,b,c},{d,e,f}}{{a,b,c},{d,e,f}}{{a,b,c},{d,e,f}}{{a,b,c},{d,e,f}}", "a pattern of braces for more than 1000 words"},
		{"braces in eval", "eval 'echo {1..100000000}'", "a pattern of braces for more than 1000 words"},
		{"open brackets", strings.Repeat("(", 30000), "a script with more than 400 open brackets"},
		{"nested conditions", strings.Repeat("if ", 20000), "must be followed by"},
		{"nested commands", strings.Repeat("if true; then ", 1000) + "true" + strings.Repeat("; fi", 1000), "commands within each other"},
		{"long text", strings.Repeat("#", 1<<16+1), "a script of more than 65536 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			// What is garbage is collected before the process grows by it: what is left is what the script needs at one time.
			defer debug.SetMemoryLimit(debug.SetMemoryLimit(int64(before.Sys) + 128<<20))
			status, _, stderr := run(t, newRoot(t), "", tt.script)
			runtime.ReadMemStats(&after)
			if status != Usage || !strings.Contains(stderr, tt.want) {
				t.Errorf("%d, %.2000q; want %q", status, stderr, tt.want)
			}
			if grown := int64(after.HeapSys+after.StackSys) - int64(before.HeapSys+before.StackSys); grown > mostCommands*192<<10 { // each may be a process that waits
				t.Errorf("the process grew by %d MiB", grown>>20)
			}
		})
	}
}

// An instance's disk has an end. What is written over it says so, as a full disk does, and other files can be written still.
func TestRun_FillsNoDisk(t *testing.T) {
	root := newRoot(t)
	d := disk.New(root)
	d.Measure()
	left := int64(0)
	for d.Take(disk.Block) == nil {
		left += disk.Block
	}
	if err := os.Truncate(filepath.Join(root, "etc/motd"), left); err != nil { // sparse: it takes no room here
		t.Fatal(err)
	}
	status, stdout, stderr := run(t, root, "", "echo "+strings.Repeat("long", 3000)+" > /srv/b; echo on")
	if info, err := os.Stat(filepath.Join(root, "srv/b")); err != nil || info.Size() > disk.Block || status != 1 || stdout != "on\n" || !strings.Contains(stderr, "sh: write error: No space left on device") {
		t.Errorf("wrote %v, %v; %d, %q, %q", info, err, status, stdout, stderr)
	}
	status, stdout, stderr = run(t, root, "", "echo me > /srv/c; echo $?; read x < /etc/motd; echo read")
	if _, err := os.Stat(filepath.Join(root, "srv/c")); err == nil || status != 1 || stdout != "1\nread\n" || !strings.HasPrefix(stderr, "sh: /srv/c: No space left on device\n") {
		t.Errorf("a new file: %v; %d, %q, %q", err, status, stdout, stderr)
	}
	if err := os.Truncate(filepath.Join(root, "etc/motd"), 1); err != nil {
		t.Fatal(err)
	}
	if status, _, stderr := run(t, root, "", "echo me > /srv/c"); status != 0 || stderr != "" {
		t.Errorf("once there is room: %d, %q", status, stderr)
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
	_, err := Run(ctx, Options{Root: root, Disk: disk.New(root), Script: "stop; echo no", Stdout: &out, Stderr: &out, Commands: map[string]Command{"stop": stop}})
	if !errors.Is(err, context.Canceled) || out.Len() > 0 {
		t.Errorf("cancelled: %v, %q", err, out.String())
	}
}

func TestRun_LetsNothingWriteOnceItHasEnded(t *testing.T) {
	root := newRoot(t)
	began, write, wrote := make(chan struct{}), make(chan struct{}), make(chan error)
	late := func(_ context.Context, p Process) int {
		close(began)
		<-write
		_, err := io.WriteString(p.Stdout, "late")
		wrote <- err
		return 0
	}
	var out bytes.Buffer
	status, err := Run(t.Context(), Options{Root: root, Disk: disk.New(root), Script: "late & early", Stdout: &out, Stderr: &out, Commands: map[string]Command{
		"late": late,
		"early": func(context.Context, Process) int {
			<-began
			return 0
		},
	}})
	if status != 0 || err != nil {
		t.Fatal(status, err)
	}
	close(write)
	if err := <-wrote; err == nil || out.Len() != 0 {
		t.Errorf("%v, %q", err, out.String())
	}
}
