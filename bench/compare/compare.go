// Package compare builds the same platform with platformctl and with Terraform's AWS provider, each against a local
// cloud of its own, and writes what it measured into bench/benchmarks.md: wall time, API calls, memory and CPU, beside
// what physics allows; and what a crash at the same moments leaves of both.
//
// What belongs here: measuring, and rendering what was measured. What doesn't: anything
// that makes either of them faster.
//
// It has more than 1,500 lines because each of the platforms that are compared adds rows to the same tables.
package compare

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// Page is the document that the figures are written to, from the repository's root.
const Page = "bench/benchmarks.md"

// The parts of the page.
const (
	partTimes  = "times"
	partGrowth = "growth"
	partCrash  = "crash"
)

func parts() []string { return []string{partTimes, partGrowth, partCrash} }

// options are the flags.
type options struct {
	only         []string
	settings     []setting
	growth       []int
	growthOthers int // instances up to which Terraform is measured, too
	moments      int
	runs         int
	page         string
	log          io.Writer
}

// setting is how the cloud behaves in one comparison.
type setting struct {
	latency   string
	roundTrip time.Duration
	// scaled says that an Auto Scaling group has the instances.
	scaled bool
	// secure says that the platform is served under a domain, over HTTPS.
	secure bool
}

// What ends the name of a setting: the platform has an Auto Scaling group, or HTTPS.
const (
	withGroup = "+group"
	withHTTPS = "+https"
)

// String is the setting for people.
func (s setting) String() string {
	text := "`" + s.latency + "`"
	if s.roundTrip > 0 {
		text += fmt.Sprintf(", %d ms", s.roundTrip.Milliseconds())
	}
	if s.scaled {
		text += ", Auto Scaling"
	}
	if s.secure {
		text += ", HTTPS"
	}
	return text
}

// place is where on the page the figures of a setting go. Those of the default platform stand together.
func (s setting) place() string {
	switch {
	case s.secure:
		return placeHTTPS
	case s.scaled:
		return placeGroup
	}
	return partTimes
}

// The places of other platforms than the default one.
const (
	placeGroup = "group"
	placeHTTPS = "https"
)

// parseSetting reads LATENCY or LATENCY@ROUNDTRIP, such as "fast@80ms", and what the platform has beside.
func parseSetting(text string) (s setting, err error) {
	text, s.secure = strings.CutSuffix(text, withHTTPS)
	text, s.scaled = strings.CutSuffix(text, withGroup)
	latency, way, there := strings.Cut(text, "@")
	s.latency = latency
	if there {
		if s.roundTrip, err = time.ParseDuration(way); err != nil {
			return s, fmt.Errorf("%q is no setting such as aws/10 or fast@80ms: %w", text, err)
		}
	}
	_, err = durationsOf(latency)
	return s, err
}

func parse(args []string) (o options, err error) {
	f := flag.NewFlagSet("compare", flag.ContinueOnError)
	only := f.String("only", strings.Join(parts(), ","), "the parts of the page to measure again, with commas between them")
	settings := f.String("settings", "fast,fast@80ms,aws/10", "latencies, with round trips, of the part times; add aws for AWS's own, and end one with +group for an Auto Scaling group, +https for HTTPS")
	growth := f.String("instances", "2,20,100,500", "numbers of instances of the part growth")
	f.IntVar(&o.growthOthers, "terraform-instances", 20, "number of instances up to which Terraform is part of growth")
	f.IntVar(&o.moments, "moments", 4, "how many moments of the part crash, of 12")
	f.IntVar(&o.runs, "runs", 1, "how often each is run; the medians are told")
	f.StringVar(&o.page, "page", Page, "the document to write")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	o.only = strings.Split(*only, ",")
	for _, part := range o.only {
		if !slices.Contains(parts(), part) {
			return o, fmt.Errorf("there is no part %q; there are %s", part, strings.Join(parts(), ", "))
		}
	}
	for _, text := range strings.Split(*settings, ",") {
		s, err := parseSetting(text)
		if err != nil {
			return o, err
		}
		o.settings = append(o.settings, s)
	}
	for _, text := range strings.Split(*growth, ",") {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 {
			return o, fmt.Errorf("%q is no number of instances", text)
		}
		o.growth = append(o.growth, n)
	}
	if f.NArg() > 0 || o.runs < 1 || o.moments < 1 || o.moments > len(moments()) {
		return o, errors.New("usage: go run ./bench compare [-only times,growth,crash] [-settings fast,fast@80ms,aws/10] [-instances 2,20,100,500] …")
	}
	return o, nil
}

// Run measures with a platformctl that was built to exe, in a directory of its own, and
// writes the page's parts that were asked for. A part that fails leaves what the page had.
func Run(ctx context.Context, dir, exe string, args []string) error {
	o, err := parse(args)
	if err != nil {
		return err
	}
	o.log = os.Stderr
	b := &bench{options: o, dir: dir, exe: exe, aged: aged}
	if b.terraform, err = terraform.Find(filepath.Join(dir, "terraform")); err == nil {
		b.version, err = b.terraform.Version(ctx, dir)
	}
	if err != nil {
		b.terraform = nil
		fmt.Fprintln(o.log, "Terraform has no part in this:", err)
		b.absent = err.Error()
	}
	began := time.Now()
	page, err := openPage(o.page)
	if err != nil {
		return err
	}
	page.set("machine", b.machine(ctx))
	var errs []error
	for _, part := range o.only {
		figures := map[string]func(context.Context, *document) error{partTimes: b.times, partGrowth: b.growths, partCrash: b.crashes}[part]
		if err := figures(ctx, page); err != nil {
			errs = append(errs, fmt.Errorf("%s: %w", part, err))
			continue
		}
		errs = append(errs, page.save())
	}
	fmt.Fprintf(o.log, "%s took %s\n", strings.Join(o.only, ", "), time.Since(began).Round(time.Second))
	return errors.Join(errs...)
}

// bench is one run of it all.
type bench struct {
	options
	dir, exe  string
	terraform *terraform.Terraform // nil where it isn't installed
	version   string               // of Terraform and its provider
	absent    string               // why there is none
	clouds    int
	aged      time.Duration // how old a platform is at least before it is destroyed
}

func (b *bench) say(format string, args ...any) { fmt.Fprintf(b.log, format+"\n", args...) }
