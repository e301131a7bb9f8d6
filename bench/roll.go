package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"time"
)

// afterRoll is how long the prober goes on when the roll is over.
const afterRoll = 3 * time.Second

// roll gives the built-in platform another page, which replaces its instances one zone at a time, and counts what a
// client sees of it from before the roll's beginning until after its end.
func roll(ctx context.Context, l *lab, args []string) error {
	f := flag.NewFlagSet("roll", flag.ContinueOnError)
	rate := f.Int("rate", 200, "requests a second")
	configuration := f.String("configuration", "", "lines of YAML for the platform (default: the built-in platform)")
	if err := f.Parse(args); err != nil {
		return err
	}
	if f.NArg() > 0 || *rate < 1 {
		return errors.New("usage: go run ./bench roll [-rate 200] [-configuration YAML]")
	}
	const name = "roll"
	if err := l.up(ctx, name, *configuration); err != nil {
		return err
	}
	url, err := l.url(ctx, name)
	if err != nil {
		return err
	}
	page := filepath.Join(l.dir, "page.html")
	if err := os.WriteFile(page, []byte("<h1>another page</h1>\n"), 0o600); err != nil {
		return err
	}
	before, err := l.failures(ctx, name)
	if err != nil {
		return err
	}
	var seen probes
	var probing sync.WaitGroup
	prober, stop := context.WithCancel(ctx)
	probing.Go(func() { seen = probeUntil(prober, url, *rate, requestTimeout) })
	began := time.Now()
	up := l.command(ctx, name, "up", "-o", "json")
	up.Env = append(up.Env, "PLATFORMCTL_WEB_PAGE="+page)
	out, err := up.Output()
	took := time.Since(began)
	err = errors.Join(err, pause(ctx, afterRoll))
	stop()
	probing.Wait()
	if err != nil {
		return fmt.Errorf("platformctl up with another page: %w\n%s", err, out)
	}
	var document struct{ Replaced int }
	if err := json.Unmarshal(out, &document); err != nil {
		return err
	}
	after, err := l.failures(ctx, name)
	if err != nil {
		return err
	}
	return table([][]string{
		{"replaced", "roll", "requests", "failed", "failed, says the load balancer"},
		{
			strconv.Itoa(document.Replaced) + " objects", took.Round(100 * time.Millisecond).String(),
			strconv.Itoa(seen.sent), strconv.Itoa(seen.failed), strconv.Itoa(after - before),
		},
	})
}
