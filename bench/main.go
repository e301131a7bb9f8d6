// Command bench measures the local cloud, drills and a roll on this machine, as bench/README.md tells, and draws the
// pictures in docs/images. Each measurement builds platformctl, works in a directory of its own, stops what it started,
// and prints a table. With -brief it does a little of each, which shows that it works.
//
//	go run ./bench [-brief] throughput | platforms | idle | kill | picture LIVE.png REPORT.png | drill [-scenario all] [-runs 20] | roll [-rate 200] | scale IMAGE.svg
//
// bench/benchmarks.md has the figures against Terraform; `go run ./bench compare` (package compare) writes them.
//
// It has more than 1,500 lines because each command is one measurement, which nobody else calls.
package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/platformctl/platformctl/bench/compare"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) (err error) {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt)
	defer cancel()
	size := whole()
	if len(args) > 0 && args[0] == "-brief" {
		size, args = brief(), args[1:]
	}
	l, err := openLab(ctx, size)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.close()) }()
	return l.run(ctx, args)
}

// run makes the measurement that the arguments name.
func (l *lab) run(ctx context.Context, args []string) error {
	measurements := map[string]func(context.Context, *lab) error{
		"throughput": throughput, "platforms": platforms, "idle": idle, "kill": kill,
		"picture": func(ctx context.Context, l *lab) error { return picture(ctx, l, args[1], args[2]) },
		"drill":   func(ctx context.Context, l *lab) error { return drills(ctx, l, args[1:]) },
		"roll":    func(ctx context.Context, l *lab) error { return roll(ctx, l, args[1:]) },
		"scale":   func(ctx context.Context, l *lab) error { return scale(ctx, l, args[1:]) },
		"compare": func(ctx context.Context, l *lab) error { return compare.Run(ctx, l.dir, l.exe, args[1:]) },
	}
	wanted := map[string]int{"picture": 3}
	if len(args) == 0 || measurements[args[0]] == nil || !slices.Contains([]string{"drill", "roll", "scale", "compare"}, args[0]) && len(args) != max(wanted[args[0]], 1) {
		return errors.New("usage: go run ./bench [-brief] throughput | platforms | idle | kill | picture LIVE.png REPORT.png | drill [-scenario all] [-runs 20] | roll [-rate 200] | scale IMAGE.svg | compare [-only times,growth,crash]")
	}
	return measurements[args[0]](ctx, l)
}

// size is how much is measured.
type size struct {
	rounds             int    // of the throughput; the median counts
	round              string // how long each lasts
	watched            time.Duration
	kills              int
	platforms          int
	aboutOne, aboutAll int // calls of each kind
}

func whole() size {
	return size{rounds: 3, round: "5s", watched: 30 * time.Second, kills: 25, platforms: 100, aboutOne: 500, aboutAll: 100}
}

// brief shows that a measurement works, and measures nothing.
func brief() size {
	return size{rounds: 1, round: "1s", watched: 2 * time.Second, kills: 2, platforms: 2, aboutOne: 4, aboutAll: 2}
}

// lab is a platformctl with a home of its own.
type lab struct {
	size
	dir, home, exe string
	environment    []string // of platformctl, beside its own
}

// openLab builds platformctl, or takes the binary that the variable PLATFORMCTL names.
func openLab(ctx context.Context, s size) (*lab, error) {
	dir, err := os.MkdirTemp("", "platformctl-bench-")
	if err != nil {
		return nil, err
	}
	l := &lab{size: s, dir: dir, home: filepath.Join(dir, "home"), exe: filepath.Join(dir, "platformctl")}
	if built := os.Getenv("PLATFORMCTL"); built != "" {
		l.exe, err = filepath.Abs(built)
		return l, err
	}
	build := exec.CommandContext(ctx, "go", "build", "-trimpath", "-ldflags", "-s -w", "-o", l.exe, "./cmd/platformctl")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		return nil, errors.Join(fmt.Errorf("build platformctl (run bench in the repository's root): %w\n%s", err, out), os.RemoveAll(dir))
	}
	return l, nil
}

func (l *lab) close() error {
	_, err := daemon.Stop(context.Background(), l.home)
	return errors.Join(err, os.RemoveAll(l.dir))
}

// up builds a platform from a configuration, in a working directory of its own.
func (l *lab) up(ctx context.Context, name, configuration string) error {
	dir := filepath.Join(l.dir, "work", name)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "platform.yaml"), []byte("name: "+name+"\n"+configuration), 0o600); err != nil {
		return err
	}
	if out, err := l.command(ctx, name, "up", "--yes").CombinedOutput(); err != nil {
		return fmt.Errorf("platformctl up of %s: %w\n%s", name, err, out)
	}
	return nil
}

// running is the background process.
func (l *lab) running(ctx context.Context) (endpoint.Status, error) {
	status, ok := daemon.Running(ctx, l.home)
	if !ok {
		return status, errors.New("the local cloud is not running")
	}
	return status, nil
}

// get asks for a URL. The caller must close the answer's body.
func get(ctx context.Context, url string) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	return http.DefaultClient.Do(request)
}

// table prints rows whose columns are lined up; the first row is the head.
func table(rows [][]string) error {
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	for _, row := range rows {
		fmt.Fprintln(w, strings.Join(row, "\t")+"\t")
	}
	return w.Flush()
}

// quantile is the value below which that part of the samples is.
func quantile(samples []time.Duration, part float64) time.Duration {
	sorted := slices.Sorted(slices.Values(samples))
	return sorted[min(int(part*float64(len(sorted))), len(sorted)-1)]
}

func milliseconds(d time.Duration) string {
	return fmt.Sprintf("%.2f ms", float64(d)/float64(time.Millisecond))
}

// pause waits, or returns early with ctx's end.
func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
