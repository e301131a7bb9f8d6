package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestMain lets this very program be platformctl: for the stories' commands,
// and for the local cloud that they start in the background.
func TestMain(m *testing.M) {
	testenv.Waiting("16")
	testscript.Main(m, map[string]func(){"platformctl": main})
}

// TestStories runs the stories in testdata/stories, and those of the documents:
// whole command lines, as a user types them. Each has a home, and so a local cloud, of its own.
//
// Beside testscript's own commands they have:
//
//	exits CODE COMMAND…      run a command that ends with an exit code
//	json FILE PATH OP VALUE  assert on a JSON document, see json_test.go
//	fetch URL N              fetch a page until N instances have answered
//	cloud VERB …             act on the local cloud as somebody else would, see cloud_test.go
//	load start URL, stop     fetch a page all the while; no request may fail
//	interrupt SIGNALS …      send a command signals, see interrupt_test.go
//	hold STATE COMMAND       hold a state's lock, as a run of COMMAND would
//	age STATE DURATION       make a state older, as if so much time had passed
//	secure URL VARIABLE FILE serve it by HTTPS, too, see secure_test.go
//
//	recipe FILE …            type what a runbook says, see recipe_test.go
//	until-health HEALTH      wait until status says so
//	disk VERB DIRECTORY …    fill a disk, or close it, see disk_linux_test.go
//	shell, drills COMMAND…   type what a document says, see docs_test.go
//
// and the conditions [program:NAME] and [judge:NAME], see testenv.Program and
// testenv.Judge, and [mounts]: the story may mount disks of its own.
func TestStories(t *testing.T) {
	t.Parallel()
	files := append(glob(t, "testdata/stories/*.txtar"), documentStories(t, false)...)
	runStories(t, append(files, weeklyDrill(t)))
}

// TestLongStories runs those that wait for most of a minute and more: for health checks,
// which fail in AWS's own time, and for drills; and all that the documents have typed. .ci/run names it.
func TestLongStories(t *testing.T) {
	testenv.Long(t)
	t.Parallel()
	runStories(t, append(glob(t, "testdata/stories/long/*.txtar"), documentStories(t, true)...))
}

func runStories(t *testing.T, files []string) {
	t.Helper()
	// The longest last: of tests that wait for their turn to run beside others, go test begins with the last.
	slices.SortStableFunc(files, func(a, b string) int {
		place := func(file string) int { return slices.Index(longest, strings.TrimSuffix(filepath.Base(file), ".txtar")) }
		return cmp.Compare(place(a), place(b))
	})
	testscript.Run(t, testscript.Params{
		Files:              files,
		RequireUniqueNames: true,
		Setup:              setup,
		Condition:          condition,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":     exits,
			"json":      assertJSON,
			"fetch":     fetch,
			"cloud":     cloud,
			"hold":      hold,
			"hang-up":   hangUp,
			"interrupt": interrupt,
			"load":      load,
			"age":       age,
			"names":     names,
			"disk":      disk,
			"secure":    secure,
			"recipe":    recipe,
			"visit":     visit,

			"subscriber": subscriber,

			"until-health": untilHealth,

			"shell":  shell,
			"drills": drills,
		},
	})
}

// longest are the stories that take most time, mostly waiting for drills and rolls.
var longest = []string{
	"blocked", "list", "whose", "network-by-hand", "locked", "state-lost", "roll-failed", "interrupt", "state-damaged-midway", "weekly-drill",
	"roll-resumed", "nginx-dead", "faults-network", "drill-killed", "drill-killed-others", "README", "drill-drain", "decide-aws",
	"drill-interrupted", "drill-missed", "drill",
}

func glob(t *testing.T, pattern string) []string {
	t.Helper()
	files, err := filepath.Glob(pattern)
	if err != nil || len(files) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	return files
}

func setup(env *testscript.Env) error {
	home := filepath.Join(env.WorkDir, ".home")
	env.Setenv(endpoint.HomeVariable, home)
	env.Setenv(endpoint.NginxVariable, "builtin")
	env.Setenv(recording.Variable, os.Getenv(recording.Variable))
	env.Setenv("GOGC", "400") // a fifth of what a short command computes is the garbage collector
	// Nothing on this machine may be taken for an AWS account.
	env.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	env.Setenv("AWS_CONFIG_FILE", filepath.Join(env.WorkDir, ".aws-config"))
	env.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(env.WorkDir, ".aws-credentials"))
	env.Values[loadKey{}], env.Values[subscriberKey{}] = &loads{}, &subscribers{}
	t := env.T()
	env.Defer(func() {
		// Also when the story failed half-way.
		if _, err := daemon.Stop(context.Background(), home); err != nil {
			t.Fatal("stop the story's local cloud: ", err)
		}
	})
	return nil
}

// condition is [program:NAME], [judge:NAME] or [mounts]. A program that must be
// there fails the story.
func condition(name string) (bool, error) {
	if name == "mounts" {
		return mounts(), nil
	}
	var found finding
	if program, ok := strings.CutPrefix(name, "program:"); ok {
		testenv.Program(&found, program)
	} else if judge, ok := strings.CutPrefix(name, "judge:"); ok {
		testenv.Judge(&found, judge)
	} else {
		return false, fmt.Errorf("there is no condition %q", name)
	}
	return !found.missing, found.err
}

// finding is a testenv.T that remembers how it ended.
type finding struct {
	missing bool
	err     error
}

func (f *finding) Helper()              {}
func (f *finding) Skipf(string, ...any) { f.missing = true }
func (f *finding) Fatalf(format string, args ...any) {
	f.missing, f.err = true, fmt.Errorf(format, args...)
}

// exits is "exits CODE COMMAND…".
func exits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND…")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := exitCode(ts, args[1], args[2:]...); got != want {
		ts.Fatalf("exit code %d, want %d", got, want)
	}
}

func exitCode(ts *testscript.TestScript, command string, args ...string) int {
	err := ts.Exec(command, args...)
	if err == nil {
		return 0
	}
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		ts.Fatalf("%s: %v", command, err)
	}
	return exit.ExitCode()
}

// hold is "hold STATE COMMAND": until the story ends, another run seems to be
// at work.
func hold(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: hold STATE COMMAND")
	}
	lock, err := state.Acquire(ts.MkAbs(args[0]), state.Holder{PID: 4242, Host: "elsewhere", Command: args[1], Since: time.Now()})
	ts.Check(err)
	ts.Defer(func() {
		if err := lock.Release(); err != nil {
			ts.Logf("release %s: %v", args[0], err)
		}
	})
}

// age is "age STATE DURATION". For some seconds after it made an object, the
// tool takes one that isn't listed for one that AWS doesn't list yet, and waits.
func age(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: age STATE DURATION")
	}
	by, err := time.ParseDuration(args[1])
	ts.Check(err)
	var document state.Document
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(args[0])), &document))
	for i := range document.Records {
		document.Records[i].Since = document.Records[i].Since.Add(-by)
	}
	text, err := json.Marshal(document)
	ts.Check(err)
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), text, 0o600))
}

// fetchWithin is how long fetch waits for the answers, each of which comes in
// milliseconds.
const fetchWithin = 20 * time.Second

// fetch is "fetch URL N". Its standard output is one page of each instance.
func fetch(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: fetch URL N")
	}
	want, err := strconv.Atoi(args[1])
	ts.Check(err)
	ctx, cancel := context.WithTimeout(context.Background(), fetchWithin)
	defer cancel()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	answered := map[string]bool{}
	for len(answered) < want {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, args[0], nil)
		ts.Check(err)
		response, err := client.Do(request)
		if err != nil {
			ts.Fatalf("%d of %d instances have answered, then: %v", len(answered), want, err)
		}
		page, err := io.ReadAll(response.Body)
		ts.Check(errors.Join(err, response.Body.Close()))
		instance := response.Header.Get(blueprint.InstanceHeader)
		if response.StatusCode != http.StatusOK || instance == "" {
			ts.Fatalf("HTTP %d from instance %q", response.StatusCode, instance)
		}
		if !answered[instance] {
			answered[instance] = true
			_, err := fmt.Fprintf(ts.Stdout(), "%s in %s:\n%s\n", instance, response.Header.Get(blueprint.ZoneHeader), page)
			ts.Check(err)
		}
	}
}
