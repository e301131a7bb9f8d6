package drill

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/drill/load"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
)

// Options say what to break, under what load, for how long, and what is asked
// of the platform meanwhile.
type Options struct {
	Choice
	Objective
	// Rate is in requests a second.
	Rate int
	// Concurrency is how many requests may be under way at once; 0: as many as
	// come due.
	Concurrency int
	// RequestTimeout is how long a user waits for an answer.
	RequestTimeout time.Duration
	// Duration is how long the fault lasts once it is in place; 0: until it
	// must have been noticed, and its last request must have failed.
	Duration time.Duration
	// Longest is how long the fault may last at the most, its injection included.
	Longest time.Duration
	// Before and After are how long the load lasts before the fault, and after all
	// is well again.
	Before, After time.Duration
	// AbortBelow ends the fault early when the share of requests that succeeded
	// since it began, in percent, falls below; 0: never.
	AbortBelow float64
	// RequireAlarm asks that the alarms are raised that the fault raises for certain, and lets it last until they must have been.
	RequireAlarm bool
	// AbortOnAlarm are alarms of the account, by their names, each of which ends the fault early when it is raised.
	AbortOnAlarm []string
	// Booted is how long new instances took from being registered to being healthy, as earlier drills measured it; the zero
	// Window: none did.
	Booted predict.Window
}

// Defaults are a drill that takes about a minute on the default platform.
func Defaults() Options {
	return Options{
		Choice: Choice{Scenario: fault.Instance, Scope: fault.ScopeTargets},
		Rate:   50, RequestTimeout: 15 * time.Second, Longest: 15 * time.Minute,
		Before: 5 * time.Second, After: 5 * time.Second,
	}
}

// Check says what is wrong with options, whatever the platform.
func (o Options) Check() error {
	if err := o.Choice.Check(); err != nil {
		return err
	}
	if o.Availability < 0 || o.Availability > 100 {
		return fmt.Errorf("the availability that is asked for must be above 0 and at most 100 %%, not %g", o.Availability)
	}
	if o.AbortBelow < 0 || o.AbortBelow > 100 {
		return fmt.Errorf("the availability to abort below must be 0 to 100 %%, not %g", o.AbortBelow)
	}
	if o.MaxErrors != nil && *o.MaxErrors < 0 {
		return fmt.Errorf("the errors that are allowed must be 0 or more, not %d", *o.MaxErrors)
	}
	if o.MaxDetect < 0 || o.Duration < 0 {
		return errors.New("durations must not be negative")
	}
	if o.Longest < o.Duration || o.Longest <= 0 {
		return fmt.Errorf("the fault is to last %s, and may last %s at the most: allow it more", o.Duration, o.Longest)
	}
	return o.load(httpclient.Way{URL: "http://localhost"}).Check()
}

func (o Options) load(page httpclient.Way) load.Options {
	return load.Options{
		Page: page, Rate: o.Rate, Concurrency: o.Concurrency, Timeout: o.RequestTimeout,
		InstanceHeader: blueprint.InstanceHeader, ZoneHeader: blueprint.ZoneHeader,
	}
}

// lookEvery is the time between two looks at the targets' health, and lookLate
// how late a look may show a change at the most: that time, and the call's own.
const (
	lookEvery = 500 * time.Millisecond
	lookLate  = time.Second
)

// Plan is a drill that can be run: nothing speaks against it, and nothing is
// broken yet.
type Plan struct {
	Entry      fault.Entry
	Options    Options
	Situation  predict.Situation
	Prediction predict.Prediction

	asked    Options // before the duration was known
	clients  *awsapi.Clients
	journal  journal.Journal
	scenario fault.Scenario
	page     httpclient.Way
	targets  []loadbalancing.Target
	rings    *ringing // the alarms; nil where there are none
	members  *members // of the Auto Scaling group; nil without one
	// send makes the load, and look looks at the targets' states by instance.
	send func(context.Context, load.Options, func(load.Sample)) error
	look func(context.Context) (map[string]string, error)
}

// Prepare chooses the victims, checks that the platform is in a steady state,
// and predicts what will be seen. It changes nothing. Where it is better not to
// begin, its error is Unsteady, and where there is no such victim, WrongChoice.
func Prepare(ctx context.Context, c *awsapi.Clients, j journal.Journal, p Platform, o Options) (*Plan, error) {
	if err := o.Check(); err != nil {
		return nil, err
	}
	pending, err := Pending(j, p)
	if err != nil {
		return nil, err
	}
	if len(pending) > 0 {
		return nil, &fault.Unsteady{Reasons: []string{"drill " + pending[0].ID + " has not been restored"}}
	}
	scaled, err := p.group(ctx, c)
	if err != nil {
		return nil, err
	}
	all := p.targets(scaled)
	victims, err := o.victims(all)
	if err != nil {
		return nil, err
	}
	if err := p.steady(all, victims, scaled); err != nil {
		return nil, err
	}
	group, err := p.settings()
	if err != nil {
		return nil, err
	}
	plan := &Plan{
		Options: o, asked: o, clients: c, journal: j, page: p.Page, targets: all, send: load.Run,
		look: func(ctx context.Context) (map[string]string, error) { return fault.TargetStates(ctx, c, group.arn) },
	}
	now := time.Now().UTC()
	plan.Entry = p.entry()
	plan.Entry.ID, plan.Entry.Began, plan.Entry.Scenario = fault.NewID(now), now, o.Scenario
	for _, v := range victims {
		plan.Entry.Victims = append(plan.Entry.Victims, fault.Victim{Instance: v.Instance, Zone: v.Zone})
	}
	inGroup := predict.Group{}
	if scaled != nil {
		if inGroup, err = plan.takeGroup(ctx, scaled, now); err != nil {
			return nil, err
		}
	}
	s, err := fault.Of(plan.Entry)
	if err != nil {
		return nil, err
	}
	plan.scenario = s
	plan.Situation = predict.Situation{
		Effect: s.Effect, Interval: group.interval, Timeout: group.timeout, Healthy: group.healthy, Unhealthy: group.unhealthy,
		Drain: group.drain, Targets: len(all), Broken: len(victims), Nodes: len(p.zones()),
		Rate: o.Rate, UserTimeout: o.RequestTimeout, Look: lookLate, Group: inGroup,
	}
	if o.Scenario == fault.Zone {
		plan.Entry.Scope = o.Scope
		plan.Entry.Subnets = p.subnets(plan.Entry.Zone(), o.Scope)
		if o.Scope == fault.ScopeAll {
			plan.Situation.LostNodes = 1
		}
	}
	plan.Situation.Duration = o.lasts(plan.Situation)
	if err := plan.takeAlarms(ctx, p, namesOf(victims)); err != nil {
		return nil, err
	}
	plan.Options.Duration = plan.Situation.Duration
	plan.Prediction = predict.For(plan.Situation)
	if o.AsPredicted {
		least, _ := plan.Situation.Availability()
		plan.Options.Availability = math.Floor(least*100) / 100
	}
	return plan, s.Prepare(ctx, c, &plan.Entry)
}

// lasts is how long the fault lasts in a situation: as was asked, or until all of its effects were seen.
func (o Options) lasts(s predict.Situation) time.Duration {
	if o.Duration > 0 {
		return o.Duration
	}
	return s.Enough(o.Longest)
}

// Ways are the changes by which the same drill would meet its objective.
func (p *Plan) Ways() []predict.Way {
	return predict.Ways(p.Situation, p.Options.Availability, p.Options.Scenario == fault.Zone, p.asked.lasts)
}

// Targets are all that there were when the drill was planned, the victims included.
func (p *Plan) Targets() []loadbalancing.Target { return p.targets }

// isHealthy says whether a look shows all targets as healthy that there were.
func (p *Plan) isHealthy(states map[string]string) bool {
	for _, target := range p.targets {
		if states[target.Instance] != measure.Healthy {
			return false
		}
	}
	return true
}

// URL is where the load goes.
func (p *Plan) URL() string { return p.page.URL }
