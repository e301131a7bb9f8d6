package drill

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/alarms"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/measure"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/kinds/monitoring"
)

// Rang is what of an alarm was predicted, and what it did. Times are from the fault.
type Rang struct {
	Name string
	// Predicted is when it is raised; nil where that wasn't certain.
	Predicted *predict.Window
	// Raised is when it was, and Notified when its message went out; nil where that didn't happen.
	Raised, Notified *time.Duration
	// Failed is why its message could not be sent; "" where nothing failed.
	Failed string
}

// ringing is what a drill knows of the alarms. It is safe for use by several goroutines.
type ringing struct {
	alarms []alarms.Alarm
	topic  string
	// predicted are the windows of those that are raised for certain, by their IDs.
	predicted map[string]predict.Window
	look      func(ctx context.Context, ids []string) (map[string]alarms.State, error)
	told      func(ctx context.Context, id string, since time.Time) (time.Time, error)
	tell      func(ctx context.Context, subject, text string) error

	mu               sync.Mutex
	fault            time.Time
	raised, notified map[string]time.Time
	failed           map[string]string
}

// alarmsEvery is the time between two looks at the alarms, of which CloudWatch changes none more often than once a minute.
const alarmsEvery = 5 * time.Second

func newRinging(c *awsapi.Clients, all []alarms.Alarm, topic string) *ringing {
	return &ringing{
		alarms: all, topic: topic, predicted: map[string]predict.Window{}, raised: map[string]time.Time{}, notified: map[string]time.Time{}, failed: map[string]string{},
		look: func(ctx context.Context, ids []string) (map[string]alarms.State, error) {
			return alarms.Look(ctx, c, ids)
		},
		told: func(ctx context.Context, id string, since time.Time) (time.Time, error) {
			return alarms.Told(ctx, c, id, since)
		},
		tell: func(ctx context.Context, subject, text string) error {
			return alarms.Tell(ctx, c, topic, subject, text)
		},
	}
}

// takeAlarms finds the platform's alarms and those that end the drill, and predicts which are raised. With RequireAlarm the fault
// lasts until they must have been.
func (p *Plan) takeAlarms(ctx context.Context, platform Platform, victims []string) error {
	all, topic := alarms.Of(platform.Objects)
	for _, name := range p.Options.AbortOnAlarm {
		if slices.ContainsFunc(all, func(a alarms.Alarm) bool { return a.Name == name || a.ID == name }) {
			continue
		}
		found, err := alarms.Look(ctx, p.clients, []string{name})
		if err != nil {
			return err
		}
		state, there := found[name]
		if !there {
			return wrong("there is no alarm %q; the platform's are %s", name, cmp.Or(strings.Join(namesOfAlarms(all), ", "), "none"))
		}
		all = append(all, alarms.Alarm{Name: name, ID: name, State: state})
	}
	if len(all) == 0 {
		if p.Options.RequireAlarm {
			return wrong("the platform has no alarms: set monitoring.notify, and run platformctl up")
		}
		return nil
	}
	p.rings = newRinging(p.clients, all, topic)
	return p.predictAlarms(victims)
}

func namesOfAlarms(all []alarms.Alarm) (names []string) {
	for _, alarm := range all {
		names = append(names, alarm.Name)
	}
	return names
}

// predictAlarms is pure but for the plan.
func (p *Plan) predictAlarms(victims []string) error {
	left := map[string]int{} // targets by zone
	for _, target := range p.targets {
		if !slices.Contains(victims, target.Instance) {
			left[target.Zone]++
		}
	}
	var concerned []alarms.Alarm
	var ringing []string
	for _, alarm := range p.rings.alarms {
		emptied := alarm.Zone != "" && left[alarm.Zone] == 0
		if alarm.Targets && (alarm.Rule.Watches != predict.Emptied || emptied) {
			concerned = append(concerned, alarm)
		}
		if alarm.Ringing && (p.Options.RequireAlarm && alarm.Targets || p.Options.aborts(alarm)) {
			ringing = append(ringing, fmt.Sprintf("the alarm %s rings since %s", alarm.Name, alarm.Since.UTC().Format(time.RFC3339)))
		}
	}
	if len(ringing) > 0 {
		return &fault.Unsteady{Reasons: ringing}
	}
	if p.Options.RequireAlarm && p.asked.Duration == 0 {
		p.Situation.Duration = max(p.Situation.Duration, min(p.long(concerned), p.Options.Longest))
	}
	var short time.Duration // the shortest fault that would raise one
	for _, alarm := range concerned {
		if window, certain := p.Situation.Raises(alarm.Rule); certain {
			p.rings.predicted[alarm.ID] = window
		} else if lasting, may := p.Situation.Lasting(alarm.Rule); may {
			short = cmp.Or(min(short, lasting), lasting)
		}
	}
	switch {
	case !p.Options.RequireAlarm || len(p.rings.predicted) > 0:
		return nil
	case short > 0:
		return wrong("no alarm is raised for certain by a fault of %s: one of %s is long enough", p.Situation.Duration, short)
	case p.members != nil:
		return wrong("no alarm is raised for certain, since the Auto Scaling group replaces what is broken: --keep-instance keeps it from that")
	}
	return wrong("the scenario %s raises no alarm for certain", p.Options.Scenario)
}

// worth is for how long a fault lasts at most for the sake of alarms that nobody asked to wait for.
const worth = 5 * time.Minute

// long is how long the fault must last to raise those alarms that are worth it, or else the first of all.
func (p *Plan) long(concerned []alarms.Alarm) (lasts time.Duration) {
	var all []time.Duration
	for _, alarm := range concerned {
		if lasting, may := p.Situation.Lasting(alarm.Rule); may {
			all = append(all, lasting)
		}
	}
	slices.Sort(all)
	for i, lasting := range all {
		if i == 0 || lasting <= worth {
			lasts = lasting
		}
	}
	return lasts
}

// aborts says whether an alarm ends the drill.
func (o Options) aborts(alarm alarms.Alarm) bool {
	return slices.Contains(o.AbortOnAlarm, alarm.Name) || slices.Contains(o.AbortOnAlarm, alarm.ID)
}

// watch looks at the alarms until ctx ends. A look that fails is none.
func (r *ringing) watch(ctx context.Context, recorder *measure.Recorder) {
	every(ctx, alarmsEvery, func() { r.once(ctx, recorder) })
}

func (r *ringing) once(ctx context.Context, recorder *measure.Recorder) {
	r.mu.Lock()
	began := r.fault
	r.mu.Unlock()
	if began.IsZero() {
		return
	}
	var ids []string
	for _, alarm := range r.alarms {
		ids = append(ids, alarm.ID)
	}
	states, err := r.look(ctx, ids[:min(len(ids), mostWatched)])
	if err != nil {
		return
	}
	for _, alarm := range r.alarms {
		state := states[alarm.ID]
		r.mu.Lock()
		_, raised := r.raised[alarm.ID]
		_, notified := r.notified[alarm.ID]
		if state.Ringing && !raised && !state.Since.Before(began) {
			r.raised[alarm.ID], raised = state.Since, true
			recorder.Mark(measure.Raised(alarm.Name), state.Since)
		}
		r.mu.Unlock()
		if !raised || notified {
			continue
		}
		at, err := r.told(ctx, alarm.ID, r.since(alarm.ID))
		r.mu.Lock()
		switch {
		case err != nil:
			r.failed[alarm.ID] = err.Error()
		case !at.IsZero():
			r.notified[alarm.ID] = at
			delete(r.failed, alarm.ID)
		}
		r.mu.Unlock()
	}
}

// since is when an alarm was raised. What it told before was that all is well.
func (r *ringing) since(id string) time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.raised[id]
}

// mostWatched is how many alarms one call describes.
const mostWatched = 100

func (r *ringing) broken(at time.Time) {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.fault = at
}

// proven says whether all alarms that were predicted were raised, and their messages sent.
func (r *ringing) proven() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	for id := range r.predicted {
		if _, notified := r.notified[id]; !notified {
			return false
		}
	}
	return true
}

// ends is the name of an alarm that was raised since the fault and ends the drill; "" where there is none.
func (r *ringing) ends(o Options) string {
	if r == nil {
		return ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, alarm := range r.alarms {
		if _, raised := r.raised[alarm.ID]; raised && o.aborts(alarm) {
			return alarm.Name
		}
	}
	return ""
}

// until is how long after the fault the last alarm must have been raised.
func (r *ringing) until() (last time.Duration) {
	for _, window := range r.predicted {
		last = max(last, window.Max)
	}
	return last
}

// Rang are the alarms that were predicted, and those that were raised, in the order of their names.
func (o *Outcome) Rang() (all []Rang) {
	r := o.Plan.rings
	if r == nil {
		return nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	since := func(times map[string]time.Time, id string) *time.Duration {
		at, happened := times[id]
		if !happened {
			return nil
		}
		d := at.Sub(r.fault)
		return &d
	}
	for _, alarm := range r.alarms {
		rang := Rang{Name: alarm.Name, Raised: since(r.raised, alarm.ID), Notified: since(r.notified, alarm.ID), Failed: r.failed[alarm.ID]}
		if window, predicted := r.predicted[alarm.ID]; predicted {
			rang.Predicted = &window
		}
		if rang.Predicted != nil || rang.Raised != nil {
			all = append(all, rang)
		}
	}
	slices.SortFunc(all, func(a, b Rang) int { return cmp.Compare(a.Name, b.Name) })
	return all
}

// silent says which alarms that were predicted were not raised, or told nobody.
func (o *Outcome) silent() (reasons []string) {
	for _, rang := range o.Rang() {
		switch {
		case rang.Predicted == nil:
		case rang.Raised == nil:
			reasons = append(reasons, fmt.Sprintf("the alarm %s was not raised within %s", rang.Name, rang.Predicted.Max))
		case rang.Notified == nil:
			reasons = append(reasons, strings.TrimSuffix(fmt.Sprintf("the alarm %s was raised, and told nobody: %s", rang.Name, rang.Failed), ": "))
		}
	}
	return reasons
}

// announcing is how long a message about the drill, or its mark on the dashboard, may take. Neither holds up a drill.
const announcing = 10 * time.Second

// announce tells those who hear the alarms what the drill does.
func (p *Plan) announce(ctx context.Context, watch Watcher, verb, text string) {
	if p.rings == nil || p.rings.topic == "" {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announcing)
	defer cancel()
	subject := fmt.Sprintf("Failover drill of %s %s", p.Entry.Platform, verb)
	if err := p.rings.tell(ctx, subject, text); err != nil {
		watch.Phase("nobody was told of the drill: " + err.Error())
	}
}

// note draws the drill into the platform's dashboard, if it has one.
func (p *Plan) note(ctx context.Context, watch Watcher, recorder *measure.Recorder, end time.Time) {
	if p.rings == nil || p.clients == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), announcing)
	defer cancel()
	began, broken := recorder.At(measure.Fault)
	if !broken {
		return
	}
	owner := awsapi.Owner{Platform: p.Entry.Platform, Region: p.Entry.Region, Monitoring: true}
	if err := monitoring.AddNote(ctx, p.clients, owner, monitoring.Note{Begin: began, End: end, Label: "failover drill: " + p.Entry.Scenario}); err != nil {
		watch.Phase("the dashboard doesn't show the drill: " + err.Error())
	}
}
