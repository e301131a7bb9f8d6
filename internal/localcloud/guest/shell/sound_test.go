package shell

import (
	"bytes"
	"context"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
)

// A script that the interpreter panics at ends alone, also where it runs in a goroutine of the interpreter's.
func TestRun_RefusesWhatTheInterpreterPanicsAt(t *testing.T) {
	root := newRoot(t)
	for _, tt := range []struct{ script, want string }{
		{"shift -1", "shift -1"},
		{"builtin shift -1", "shift -1"},
		{"shift x", "shift x"},
		{`p=$(printf '\377'); y=${x^^$p}`, "a variable that isn't UTF-8 text"},
		{`x=ab; echo ${x%$'\xff'}`, "a text that isn't UTF-8"},
		{`x=ab; p=$'\xff'; echo ${x//$p/z}`, "a text that isn't UTF-8"},
		{`x=ab; echo ${x%$(printf '\377')}`, "a command's output in a pattern"},
		{`set -- "$(printf '\377')"; x=ab; echo ${x%$1}`, "an argument that isn't UTF-8"},
		{`x=ab; p=$(printf '\377'); ((y = ${#x} + ${x%%$p}))`, "a variable that isn't UTF-8 text"},
		{`p=$(printf '\377'); case ab in $p) ;; esac`, "a variable that isn't UTF-8 text"},
		{"x=ab; echo ${x%\xff}", "a script that isn't UTF-8"},
		{`x=ab; echo ${x%[A-\!]}`, "a pattern with a backslash behind -"},
		{`echo [A-"?"]`, "a pattern with a quoted character behind -"},
		{`echo [A-\?]`, "a pattern with a quoted character behind -"},
		{`p='[A-\!]'; echo $p`, quotedRange},
		{`a='[A-'; b='\!]'; echo $a$b`, quotedRange},
		{`a='['; b='A-?'; echo $a"$b"]`, quotedRange},
		{`set -- '[A-' '?'; echo $1"$2"]`, quotedRange},
		{`set -- '[A-\?]'; echo $1`, quotedRange},
		{`f() { case a in $1"$2"]) ;; esac; }; f '[A-' '?'`, quotedRange},
		{`set -- '[A-' '?'; x=a; echo ${x#$1"$2"]}`, quotedRange},
		{`set -- '[A-' '?'; [[ a == $1"$2"] ]]`, quotedRange},
		{`set -- '[A-' '?'; a=($1"$2"])`, quotedRange},
		{`set -- '[A-' '?'; for i in $1"$2"]; do :; done`, quotedRange},
		{`a=(x '[A-'); i=0; echo $((i++))${a[i]}"?"]`, quotedRange},
		{`x='?'; echo {[A-,x}"$x"]`, quotedRange},
		{`echo {[A-,x}"?"]`, quotedRange},
		{`shopt -s extglob; echo @([A-\?])`, quotedRange},
		{`x='?'; echo $(echo '[A-')"$x"]`, "a command's output in a pattern"},
		{`printf '[A-\\%c]' '?' > /srv/o; echo $(< /srv/o)`, "a command's output in a pattern"},
		{`x='['; echo $x$(echo 'A-\?]')`, "a command's output in a pattern"},
		{`echo ${x:-$(echo '[A-\?]')}`, "a command within an expansion that isn't quoted"},
		{`echo $(( $(echo 1) ))`, "a command within arithmetic that isn't quoted"},
		{`echo "${x:=$(echo '[A-')}"$x"$y"]`, "an expansion that assigns a command's output"},
		{`n=PPID; echo $((n))`, "a variable that holds PPID"},
		{"((a[1]++))", "++ of what isn't a plain variable"},
		{"((--a[1]))", "-- of what isn't a plain variable"},
		{"let 'a[1]++'", ""}, // a text that is no number: 0
		{"let a[1]++", "++ of what isn't a plain variable"},
		{"((m[x]+=1))", "+= in arithmetic on what isn't a plain variable"},
		{"unset ''", `unset ""`},
		{"unset 'a[b[1]++]'", `unset "a[b[1]++]"`},
		{"trap 'shift -2' EXIT", "shift -2"},
		{"trap 'shift -2 | true' EXIT", "shift -2"},
		{"declare -A m=(x y)", "an array of keys that has elements without keys"},
		{`[[ a == $(printf '\377') ]]`, "a command's output in a pattern"},
		{`printf 'a\0b' > /srv/n; read x < /srv/n; echo ${x@Q}`, "a variable that isn't UTF-8 text"},
		{"m=([a]=1 b); echo ${m[a+1]}", "an array with and without keys"},
		{"[[ -v '' ]]", "-v of a computed name"},
		{"test -v ''", "test -v without a name"},
	} {
		scripts := []string{tt.script}
		if !strings.HasPrefix(tt.script, "trap") { // subshells have no traps
			scripts = append(scripts, "{ "+tt.script+"\n} | true\n", "{ "+tt.script+"\n} & wait", "( "+tt.script+"\n)")
		}
		for _, script := range scripts {
			t.Run(script, func(t *testing.T) {
				status, _, stderr := run(t, root, "", script)
				if tt.want != "" && (status != Usage || !strings.Contains(stderr, "platformctl local cloud: "+tt.want+" is not simulated\n")) {
					t.Errorf("%d, %q; want %q", status, stderr, tt.want)
				}
			})
		}
	}
}

func TestRun_KeepsSoundArithmeticAndPatterns(t *testing.T) {
	script := `set -- a b c; shift 2; i=1; ((i++)); ((i+=2)); a=(x y z w v); declare -A m=([k]=1 [2]=two); unset 'a[0]' 'm[k]'
x=/srv/a.b.c; p=b; echo $1 $i ${a[i]} ${a[i-1]} ${m[1+1]} ${x##*/} ${x%.*} ${x/$p/B} ${x%$p*} ${p^^} $'t\u00e9'; case $x in *.$p.*) echo yes;; esac
eval 'echo ${x#*$p} ${x//$p/q}'`
	status, stdout, stderr := run(t, newRoot(t), "", script)
	if want := "c 4 v w two a.b.c /srv/a.b /srv/a.B.c /srv/a. B t\u00e9\nyes\n.c /srv/a.q.c\n"; status != 0 || stdout != want {
		t.Errorf("%d, %q, %q; want %q", status, stdout, stderr, want)
	}
}

func TestRun_KeepsWordsThatAreNoSuchPattern(t *testing.T) {
	for script, want := range map[string]string{
		`x='[a'; y='*'; echo "$x" "$y"`: "[a *\n",
		`x='[a]'; y='* b'; echo "$y"; [ "$x" = '[a]' ] && echo same; for i in $x; do echo $i; done`:                                                            "* b\nsame\n[a]\n",
		`set -- '[A-?]'; echo "$1" $1; x=v; echo --a=$x --b="$x" [$x] $x/"w"`:                                                                                  "[A-?] [A-?]\n--a=v --b=v [v] v/w\n",
		`echo $(echo a b) $(< /etc/motd) "$(echo '[x-?]')" x$(echo y)z; for f in $(echo c d); do echo $f; done; f() { echo $#; }; f $(echo) "$(echo)" $u "$u"`: "a b welcome [x-?] xyz\nc\nd\n2\n",
		`i=1; echo $((i++)) $i; a=(p q r); echo ${a[i--]} $i ${a[@]} ${#a[@]}; echo ${u:-none} ${u:=set} $u "${v:-$(echo w)}"`:                                 "1 2\nr 1 p q r 3\nnone set set w\n",
		`for f in /etc/mot*; do echo $f; done; d=/etc; echo $d/* $d/[a-z]*; case ab in a[b-d]) echo in;; esac; eval 'y=b; echo a$y"$y"$(echo c)'`:              "/etc/motd\n/etc/motd /etc/motd\nin\nabbc\n",
		`echo $((PPID + 0)) $PPID; let y=PPID; (( PPID > 1 )) && echo $y`:                                                                                      "1702 1702\n1702\n",
		`shopt -s extglob; case abc in @(abc|d)) echo yes;; esac`:                                                                                              "yes\n",
	} {
		if status, stdout, stderr := run(t, newRoot(t), "", script); status != 0 || stdout != want {
			t.Errorf("%s: %d, %q, %q; want %q", script, status, stdout, stderr, want)
		}
	}
}

// What nobody foresaw ends the script, not this program.
func TestRun_EndsAtAPanic(t *testing.T) {
	var out, errs bytes.Buffer
	boom := func(context.Context, Process) int { panic("boom") }
	status, err := Run(t.Context(), Options{Root: newRoot(t), Disk: disk.New(t.TempDir()), Script: "echo a; boom; echo b", Stdout: &out, Stderr: &errs, Commands: map[string]Command{"boom": boom}})
	if want := "platformctl local cloud: the script does what isn't simulated: boom\n"; status != Usage || err != nil || out.String() != "a\n" || errs.String() != want {
		t.Errorf("%d, %v, %q, %q", status, err, out.String(), errs.String())
	}
}
