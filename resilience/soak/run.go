package soak

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/resilience/lab"
)

// soaking is one seed at work, with the model of what must be there.
type soaking struct {
	seed    uint64
	dir     string
	options lab.Options
	tell    func(line string) // nil tells nobody
	tally
	told []string // a line for each step

	site   *lab.Site
	aws    *awsapi.Clients
	others others

	// The model. As long as open is set it is not known what is there: a command was cut short, or failed for a cause that
	// it couldn't help.
	shape   *lab.Shape // what is up; nil is nothing
	open    bool
	drifted bool
	shaken  bool // the local cloud was killed, and targets may be checked again
	lost    bool // the state was, and says nothing before the next up
	trouble faults.Config
	wanted  lab.Shape // by platform.yaml
	young   time.Time // until then, what the state was told is old is in truth so young that faults could hide it
}

// quotas leave room for what a platform and its replacements need.
func quotas() world.Quotas { return world.Quotas{"elastic_ips": 20, "vcpus": 64} }

// run does all steps of the seed and returns what was wrong: at the first step where anything is, it ends. An error is
// one of the soak itself.
func (r *soaking) run(ctx context.Context, n int) (wrong []string, err error) {
	r.options.Dir, r.options.Quotas = r.dir, quotas()
	if r.site, err = lab.Open(ctx, r.options); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, r.site.Close()) }()
	if r.aws, err = awsapi.Connect(ctx, awsapi.Options{Region: "us-east-1", Endpoint: r.site.Endpoint()}); err != nil {
		return nil, err
	}
	if r.others, err = settle(ctx, r.aws); err != nil {
		return nil, fmt.Errorf("place what others have: %w", err)
	}
	objects, err := r.site.Objects()
	if err != nil {
		return nil, err
	}
	strangers := map[string]bool{}
	for _, o := range objects {
		strangers[o.ID] = true
	}
	r.site.Strangers = strangers
	steps, end := planned(r.seed, n)
	for i, s := range steps {
		wrong, err := r.step(ctx, s)
		if len(wrong) == 0 && err == nil {
			wrong, err = r.always()
		}
		r.say("%2d %s", i+1, r.told[len(r.told)-1])
		r.steps++
		if len(wrong) > 0 || err != nil {
			return wrong, err
		}
	}
	return r.end(ctx, end)
}

func (r *soaking) say(format string, args ...any) {
	if r.tell != nil {
		r.tell(fmt.Sprintf(format, args...))
	}
}

// step does one step.
func (r *soaking) step(ctx context.Context, s step) (wrong []string, err error) {
	r.told = append(r.told, s.do)
	switch s.do {
	case doUp:
		return r.up(ctx, s.shape, s.cut)
	case doDown:
		return r.down(ctx, s.cut)
	case doStatus:
		return r.look(ctx, "status", "-o", "json")
	case doPlan:
		return r.look(ctx, "plan", "--exit-code", "-o", "json")
	case doFaults:
		r.note("%s", said(s.fault))
		if late(s.fault) {
			<-time.After(time.Until(r.young)) // what the state says is old must not be hidden as if it were new
		}
		r.counts["troubles switched on"]++
		r.trouble = s.fault
		return nil, r.site.SetFaults(ctx, r.trouble)
	case doCalm:
		return nil, r.calm(ctx)
	case doDrift:
		return r.drift(ctx, s)
	case doCloud:
		r.shaken = true
		r.counts["the local cloud killed"]++
		r.site.KillCloud()
		return nil, r.revive(ctx)
	case doLose:
		return r.lose(s)
	case doBlocker:
		return r.blocker(ctx)
	case doRivals:
		return r.rivals(ctx, s)
	}
	return nil, fmt.Errorf("no step is called %q", s.do)
}

// note adds to what is told of the step.
func (r *soaking) note(format string, args ...any) {
	r.told[len(r.told)-1] += ": " + fmt.Sprintf(format, args...)
}

// calm ends the troubles.
func (r *soaking) calm(ctx context.Context) error {
	r.trouble = faults.Config{}
	return r.site.SetFaults(ctx, r.trouble)
}

// calmly does something without troubles, which are back afterwards.
func (r *soaking) calmly(ctx context.Context, do func() error) error {
	if err := r.site.SetFaults(ctx, faults.Config{}); err != nil {
		return err
	}
	return errors.Join(do(), r.site.SetFaults(ctx, r.trouble))
}

// revive starts the local cloud again, with the troubles that it had.
func (r *soaking) revive(ctx context.Context) error {
	if err := r.site.ReviveCloud(); err != nil {
		return err
	}
	return r.site.SetFaults(ctx, r.trouble)
}

// command runs the binary, and cuts it short. It returns whether it came to that.
func (r *soaking) command(ctx context.Context, c cut, args ...string) (out lab.Outcome, hit bool, err error) {
	within, cancel := context.WithTimeout(ctx, lab.TooLong)
	defer cancel()
	var process *lab.Process
	started, revived := make(chan struct{}), make(chan error, 1)
	trap := &lab.Trap{At: c.at, Operation: c.operation, Moment: c.moment, Delay: c.delay}
	var watch *lab.Writes
	switch c.by {
	case "":
		trap = nil
	case byKill:
		trap.Kill = func() { <-started; process.Kill() }
	case byInterrupt:
		trap.Kill = func() { <-started; _ = process.Signal(syscall.SIGINT) } // fails where it has ended
	case byCloud:
		trap.Delay = 0
		trap.Kill = func() {
			r.site.KillCloud()
			go func() {
				<-time.After(c.delay)
				revived <- r.revive(ctx)
			}()
		}
	case byWrite:
		trap = nil
		if watch, err = r.site.WatchWrites(c.at, func() { <-started; process.Kill() }); err != nil {
			return out, false, err
		}
	}
	r.site.Proxy.Set(trap)
	if process, err = r.site.Start(within, args...); err != nil {
		return out, false, err
	}
	close(started)
	out, err = process.Wait()
	call := r.site.Proxy.Hit()
	if hit = call != nil; hit && c.by == byCloud {
		err = errors.Join(err, <-revived)
		r.shaken = true
	}
	if watch != nil {
		var event string
		err = errors.Join(err, watch.Close())
		_, event = watch.Seen()
		hit = event != ""
	}
	r.counts["API calls"] += len(r.site.Proxy.Calls())
	r.site.Proxy.Set(nil)
	r.counts["commands"]++
	if hit {
		r.counts[c.by]++
		r.note("%s", c)
	}
	r.note("exit code %d after %s", out.Exit, out.Took.Round(100*time.Millisecond))
	return out, hit, errors.Join(err, ctx.Err())
}

// up brings up a configuration.
func (r *soaking) up(ctx context.Context, shape lab.Shape, c cut) (wrong []string, err error) {
	if err := r.site.Configure(shape); err != nil {
		return nil, err
	}
	r.wanted = shape
	out, hit, err := r.command(ctx, c, "up", "-o", "json")
	if err != nil {
		return nil, err
	}
	done, wrong := r.ended(out, c, hit)
	if !done {
		r.open = true
		return wrong, nil
	}
	return r.isUp(ctx, out)
}

// isUp checks that what is wanted is up.
func (r *soaking) isUp(ctx context.Context, out lab.Outcome) (wrong []string, err error) {
	r.shape, r.open, r.drifted, r.shaken, r.lost = &r.wanted, false, false, false, false
	err = r.calmly(ctx, func() error {
		wrong = r.site.Complete(ctx, r.wanted).All()
		more, err := inDetail(ctx, r.site, r.aws, r.wanted)
		wrong = append(wrong, more...)
		return err
	})
	r.counts["platforms found complete"]++
	if len(wrong) > 0 {
		wrong = append(wrong, out.String())
	}
	return wrong, err
}

// down takes everything down.
func (r *soaking) down(ctx context.Context, c cut) (wrong []string, err error) {
	out, hit, err := r.command(ctx, c, "down", "-o", "json")
	if err != nil {
		return nil, err
	}
	done, wrong := r.ended(out, c, hit)
	if !done {
		r.open = true
		return wrong, nil
	}
	r.shape, r.open, r.drifted, r.lost = nil, false, false, false
	wrong = r.site.Empty().All()
	r.counts["found empty"]++
	if len(wrong) > 0 {
		wrong = append(wrong, out.String())
	}
	return wrong, nil
}

// look runs a command that only looks.
func (r *soaking) look(ctx context.Context, args ...string) (wrong []string, err error) {
	before, err := r.site.Objects()
	if err != nil {
		return nil, err
	}
	out, _, err := r.command(ctx, cut{}, args...)
	if err != nil {
		return nil, err
	}
	after, err := r.site.Objects()
	if err != nil {
		return nil, err
	}
	allowed := r.allowed(args[0])
	if !slices.Contains(allowed, out.Exit) {
		return []string{fmt.Sprintf("exit code %d instead of one of %d: %s", out.Exit, allowed, out)}, nil
	}
	if !json.Valid([]byte(out.Out)) {
		return []string{"its output isn't JSON: " + out.String()}, nil
	}
	if quiet := !r.open && !r.drifted; quiet && !slices.Equal(ids(before), ids(after)) {
		return []string{fmt.Sprintf("it only looks, but there was %q and is %q", ids(before), ids(after))}, nil
	}
	return nil, nil
}

// rivals runs two ups at once: one may find the other at work, and must then leave all to it.
func (r *soaking) rivals(ctx context.Context, s step) (wrong []string, err error) {
	if hard(r.trouble) {
		r.note("not now")
		return nil, nil
	}
	if err := r.site.Configure(s.shape); err != nil {
		return nil, err
	}
	r.wanted = s.shape
	within, cancel := context.WithTimeout(ctx, lab.TooLong)
	defer cancel()
	first, err := r.site.Start(within, "up", "-o", "json")
	if err != nil {
		return nil, err
	}
	second, secondErr := r.site.Run(within, "up", "-o", "json")
	out, err := first.Wait()
	if err := errors.Join(err, secondErr); err != nil {
		return nil, err
	}
	r.counts["two at once"]++
	r.note("exit codes %d and %d", out.Exit, second.Exit)
	switch {
	case out.Exit == 0 && (second.Exit == 0 || second.Exit == 5):
	case second.Exit == 0 && out.Exit == 5:
		out = second
	default:
		return []string{"two at once: " + out.String() + "\n" + second.String()}, nil
	}
	return r.isUp(ctx, out)
}

// end takes everything down, and compares what others have with what they had.
func (r *soaking) end(ctx context.Context, e ending) (wrong []string, err error) {
	r.told = append(r.told, "in the end")
	if err := r.calm(ctx); err != nil {
		return nil, err
	}
	if e.up {
		if wrong, err := r.up(ctx, r.wanted, cut{}); len(wrong) > 0 || err != nil {
			return wrong, err
		}
	}
	if wrong, err := r.down(ctx, cut{}); len(wrong) > 0 || err != nil {
		return wrong, err
	}
	now, err := r.others.look(ctx, r.aws)
	if err != nil {
		return nil, err
	}
	if now != r.others.before {
		wrong = append(wrong, "what others have isn't as it was:\n"+r.others.before+"\n"+now)
	}
	more, err := r.always()
	return append(wrong, more...), err
}
