package kills

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/resilience/lab"
)

// Mode is when the process is ended.
type Mode string

// Written is at the writes of the state; the others are at API calls.
const (
	Unsent  = Mode(lab.Unsent)
	Acted   = Mode(lab.Acted)
	Replied = Mode(lab.Replied)
	Written = Mode("written")
)

// Moment is the number of a call, or for Written of an event.
type Moment struct {
	At        int
	Operation string // count the calls of this one alone
}

// Point is one moment in one mode.
type Point struct {
	Mode Mode
	Moment
	Delay time.Duration // from the reply to the end
}

// Arguments are the flags that run this point alone.
func (p Point) Arguments() string {
	text := fmt.Sprintf("-mode %s -at %d", p.Mode, p.At)
	if p.Operation != "" {
		text += " -operation " + p.Operation
	}
	if p.Mode == Replied {
		text += fmt.Sprintf(" -delay %s", p.Delay)
	}
	return text
}

// Problem is how a verdict reads: where, at which call or write, what was wrong, the command that runs the point alone,
// and what the binary said.
func (p Point) Problem(where, what string, wrong []string, reproduction, said string) string {
	if what == "" {
		what = "it ended by itself before"
	}
	text := fmt.Sprintf("%s, %s at %d (%s): %s\n  %s", where, p.Mode, p.At, what, strings.Join(wrong, "; "), reproduction)
	if said != "" {
		text += "\n    " + strings.ReplaceAll(strings.TrimSpace(said), "\n", "\n    ")
	}
	return text
}

// Moments are those of a rehearsal's calls that the flags ask for.
func (f *Flags) Moments(calls []lab.Call) []Moment {
	if f.Changes {
		return changes(calls)
	}
	var all []Moment
	for _, c := range calls {
		all = append(all, Moment{At: c.N})
	}
	return all
}

// Writes are the moments of so many events of the state.
func Writes(events int) (all []Moment) {
	for at := range events {
		all = append(all, Moment{At: at + 1})
	}
	return all
}

// changes are the calls that may change anything, by their number among those of their operation: which one comes when
// differs from run to run, but how many come of each does not.
func changes(calls []lab.Call) []Moment {
	var all []Moment
	count := map[string]int{}
	for _, c := range calls {
		if changing(c) {
			count[c.Operation]++
			all = append(all, Moment{count[c.Operation], c.Operation})
		}
	}
	return all
}

// changing reports whether a call may change anything. The others matter too, because of what is under way beside them.
func changing(c lab.Call) bool {
	return !slices.ContainsFunc([]string{"Describe", "Get", "List", "Simulate", "Decode"}, func(reading string) bool {
		return strings.HasPrefix(c.Operation, reading)
	})
}

// Spread lists the points of moments in all modes, and takes the flags' sample of them.
func (f *Flags) Spread(modes []Mode, calls, writes []Moment) (list []Point) {
	for _, m := range modes {
		moments := calls
		if m == Written {
			moments = writes
		}
		for i, moment := range moments {
			p := Point{Mode: m, Moment: moment}
			if m == Replied {
				if p.Delay = f.Delay; p.Delay < 0 {
					p.Delay = DelayAt(i)
				}
			}
			list = append(list, p)
		}
	}
	return sample(list, f.Sample, f.Seed)
}

// DelayAt varies the delay from a reply to the end from point to point. A reply is read within 0.1 ms or so; the state
// is on disk some milliseconds later.
func DelayAt(at int) time.Duration {
	delays := []time.Duration{0, 200 * time.Microsecond, 500 * time.Microsecond, time.Millisecond, 2 * time.Millisecond, 5 * time.Millisecond}
	return delays[at%len(delays)]
}

// sample takes n points, one at random of each n-th part of the list, in which they are in the order of mode and time.
func sample[T any](list []T, n int, seed uint64) []T {
	if n == 0 || n >= len(list) {
		return list
	}
	random := rand.New(rand.NewPCG(seed, 0)) //nolint:gosec // which points are tried is no secret, but must come again
	taken := make([]T, n)
	for i := range taken {
		from, to := i*len(list)/n, (i+1)*len(list)/n
		taken[i] = list[from+random.IntN(to-from)]
	}
	return taken
}

// Choose reads a list such as "up,down"; "all" is everything.
func Choose[T any](list string, all []T, name func(T) string) ([]T, error) {
	if list == "all" {
		return all, nil
	}
	var chosen []T
	for _, wanted := range strings.Split(list, ",") {
		i := slices.IndexFunc(all, func(one T) bool { return name(one) == wanted })
		if i < 0 {
			var names []string
			for _, one := range all {
				names = append(names, name(one))
			}
			return nil, fmt.Errorf("there is no %q; there are %s", wanted, strings.Join(names, ", "))
		}
		chosen = append(chosen, all[i])
	}
	return chosen, nil
}
