package compare

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/bench/compare/process"
	"github.com/platformctl/platformctl/bench/compare/worlds"
	"github.com/platformctl/platformctl/internal/present/report"
)

// phases are what is measured of each tool, in this order.
func phases() []string { return []string{"create", "nothing to do", "destroy"} }

// figures are one phase's.
type figures struct {
	process.Usage
	calls map[string]int
	told  report.Up
}

// lifetime is one platform's life with one tool: its figures by phase.
type lifetime map[string]figures

// aged is how old platforms are before they are destroyed. Of what is younger
// platformctl doesn't trust AWS to know it everywhere, and looks more often.
const aged = 20 * time.Second

// live takes a platform through its life, on a cloud of its own. world, where it isn't
// nil, gets what is there when all is made.
func (b *bench) live(ctx context.Context, s setting, instances int, terraform bool, world *[]worlds.Object) (life lifetime, err error) {
	c, err := b.serve(ctx, s)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, c.stop()) }()
	var t tool
	if terraform {
		t, err = b.theirs(ctx, filepath.Join(filepath.Dir(c.home), "work"), c.endpoint, platform(instances, s))
	} else {
		t, err = b.ours(c, s, instances)
	}
	if err != nil {
		return nil, err
	}
	if _, err := c.counted(ctx); err != nil {
		return nil, err
	}
	life = lifetime{}
	began := time.Now()
	for i, args := range [][]string{t.create, t.again, t.destroy} {
		phase := phases()[i]
		if i == 2 { // platforms live longer than this run's; see aged
			if err := pause(ctx, b.aged-time.Since(began)); err != nil {
				return life, err
			}
		}
		f := figures{}
		if f.Usage, err = process.Measure(ctx, t.command(ctx, args...)); err != nil {
			return life, fmt.Errorf("%s, %s: %w", t.name, phase, err)
		}
		if !terraform {
			if f.told, err = readTold(f.Out); err != nil {
				return life, err
			}
		}
		if f.calls, err = c.counted(ctx); err != nil {
			return life, err
		}
		b.say("%-22s %4d instances  %-12s %-14s %8.2f s  %5d calls  %4d MB  %6.2f s of CPU", s, instances, t.name, phase,
			f.Wall.Seconds(), sum(f.calls), f.Peak/1e6, f.CPU.Seconds())
		life[phase] = f
		if i == 0 {
			began = time.Now()
		}
		if i == 0 && world != nil {
			if *world, err = worlds.Of(c.home, filepath.Join(b.dir, "scratch")); err != nil {
				return life, err
			}
		}
	}
	return life, nil
}

// median lives several times, and gives of each phase the run whose time is the median.
func (b *bench) median(ctx context.Context, s setting, instances int, terraform bool, world *[]worlds.Object) (lifetime, error) {
	lives := map[string][]figures{}
	for range b.runs {
		life, err := b.live(ctx, s, instances, terraform, world)
		if err != nil {
			return nil, err
		}
		for phase, f := range life {
			lives[phase] = append(lives[phase], f)
		}
	}
	life := lifetime{}
	for phase, all := range lives {
		slices.SortFunc(all, func(a, b figures) int { return int(a.Wall - b.Wall) })
		life[phase] = all[len(all)/2]
	}
	return life, nil
}

// unwaited is how long `up` took without what only it does: fetching the page from every
// zone, and before that waiting for healthy targets. Both come last.
func (f figures) unwaited() (beforePage, beforeTargets time.Duration) {
	beforePage = f.Wall
	path := f.told.CriticalPath
	if n := len(path); n > 0 && path[n-1].Key == "verify" {
		beforePage -= seconds(path[n-1].Seconds)
		path = path[:n-1]
	}
	beforeTargets = beforePage
	// Names are led to the load balancer when it has healthy targets.
	if n := len(path); n > 0 && strings.HasPrefix(path[n-1].Key, "dns-record/") {
		beforeTargets -= seconds(path[n-1].Seconds)
		path = path[:n-1]
	}
	if n := len(path); n > 0 && (strings.HasPrefix(path[n-1].Key, registration+"/") || strings.HasPrefix(path[n-1].Key, scalingGroup+"/")) {
		beforeTargets -= seconds(path[n-1].Seconds)
	}
	return beforePage, beforeTargets
}

func seconds(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }

// compared is both tools in one setting.
type compared struct {
	setting      setting
	instances    int
	limit        limit
	ours, theirs lifetime // theirs is nil without Terraform
}

// times measures the part "times": the default platform, and others, each in its own place of the page.
func (b *bench) times(ctx context.Context, page *document) error {
	of := map[string][]setting{}
	for _, s := range b.settings {
		of[s.place()] = append(of[s.place()], s)
	}
	var errs []error
	for _, place := range []string{partTimes, placeGroup, placeHTTPS} {
		if len(of[place]) == 0 {
			continue
		}
		all, only, err := b.timesOf(ctx, of[place])
		switch {
		case err != nil:
			errs = append(errs, err)
		case place == partTimes:
			page.set("same", b.sameText(only))
			page.set(place, stamp()+picture("Wall time of each phase, with the limit", "time")+timesTable(all)+againstTargets(all))
			page.set("calls", picture("API calls of each phase", "calls")+callsTable(all)+operationsTable(all[len(all)-1]))
			page.set("memory", memoryTable(all))
			errs = append(errs, page.chart("benchmarks-time.svg", timeChart(all)), page.chart("benchmarks-calls.svg", callChart(all)))
		default:
			page.set(place, stamp()+b.sameText(only)+"\n"+timesTable(all)+againstTargets(all)+callsTable(all)+memoryTable(all))
		}
	}
	return errors.Join(errs...)
}

// timesOf measures some settings of one platform, and says what in the first of them only one of both worlds had.
func (b *bench) timesOf(ctx context.Context, settings []setting) (all []compared, only []string, err error) {
	for i, s := range settings {
		one := compared{setting: s, instances: 2}
		if one.limit, err = limitOf(platform(one.instances, s), s); err != nil {
			return nil, nil, err
		}
		var a, z []worlds.Object
		if one.ours, err = b.median(ctx, s, one.instances, false, &a); err != nil {
			return nil, nil, err
		}
		if b.terraform != nil {
			if one.theirs, err = b.median(ctx, s, one.instances, true, &z); err != nil {
				return nil, nil, err
			}
			if i == 0 {
				only = worlds.Differences(a, z)
				b.say("%d objects and %d, %d differences", len(a), len(z), len(only))
			}
		}
		all = append(all, one)
	}
	return all, only, nil
}

// growths measures the part "growth": in the fast setting, where the platform's own time
// is short, so that the tools' shows.
func (b *bench) growths(ctx context.Context, page *document) error {
	var all []compared
	s := setting{latency: "fast"}
	for _, n := range b.growth {
		one := compared{setting: s, instances: n}
		var err error
		if one.limit, err = limitOf(platform(n, s), s); err != nil {
			return err
		}
		if one.ours, err = b.live(ctx, s, n, false, nil); err != nil {
			return err
		}
		if b.terraform != nil && n <= b.growthOthers {
			if one.theirs, err = b.live(ctx, s, n, true, nil); err != nil {
				return err
			}
		}
		all = append(all, one)
	}
	page.set("growth", stamp()+picture("A run with nothing to do, and memory, by instances", "growth")+growthTable(all))
	return page.chart("benchmarks-growth.svg", growthChart(all))
}

// operations are all operations of some lives, most called first.
func operations(lives ...map[string]int) []string {
	total := map[string]int{}
	for _, calls := range lives {
		for operation, n := range calls {
			total[operation] += n
		}
	}
	all := slices.Collect(maps.Keys(total))
	slices.SortFunc(all, func(a, b string) int {
		if total[a] != total[b] {
			return total[b] - total[a]
		}
		return strings.Compare(a, b)
	})
	return all
}
