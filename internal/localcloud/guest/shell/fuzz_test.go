package shell

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
)

// mostHeap is what this program may have taken from the system while it ran scripts, in bytes.
const mostHeap = 1 << 30

// FuzzRun runs any script: it ends, whatever it is, within bounds, and has learned no process number of this machine.
func FuzzRun(f *testing.F) {
	for _, script := range []string{
		`f() { for i in 1 2; do [ $i = 2 ] && echo "$1$i"; done; }; f x | while read y; do echo "<$y>"; done`,
		"x=x; while true; do x=$x$x; done", `eval 'echo ~nobody $$ $PPID'`, "trap 'echo $$' EXIT; . /srv/run.sh it", "echo {1..9}{a,b} *",
		"a=(1 2); a[3]=$x; echo ${a[@]//1/$x} ${#a} ${x:-y} $((x++))", "case $x in a|b) echo;; *) false;; esac; cat <<E\n$x\nE\n", "echo >/srv/x; read x </srv/x; [[ -f /srv/x && $x =~ a ]]",
		"printf '%s %5d' a 1; declare -a b; export c=d; local e; set -- a b; shift; echo $# $* \"$@\"", "(:; : | : &) && wait || exit 3", "declare $x; echo ${!x}", "mapfile -t a < /etc/motd; getopts a b; pushd /etc; dirs",
	} {
		f.Add(script)
	}
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(mostHeap / 2)) // garbage is collected before it counts
	f.Fuzz(func(t *testing.T, script string) {
		root := newRoot(t)
		var out bytes.Buffer
		if _, err := Run(t.Context(), Options{Root: root, Disk: disk.New(root), Script: script, Stdout: &out, Stderr: &out, Commands: map[string]Command{"greet": greet}}); err != nil {
			t.Errorf("%q: %v", script, err)
		}
		var m runtime.MemStats
		if runtime.ReadMemStats(&m); m.Sys > mostHeap {
			t.Errorf("%q: this program has %d MiB now", script, m.Sys>>20)
		}
		pid := strconv.Itoa(os.Getpid())
		if strings.Contains(out.String(), pid) && !strings.Contains(script, pid) && len(pid) > 4 {
			t.Errorf("%q told this program's number: %s", script, out.String())
		}
	})
}
