package model

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Refresh is an instance refresh: the replacement of a group's instances, some at a time.
type Refresh struct {
	world.Object   // ID: a UUID
	Group          string
	Status, Reason string
	Preferences    Preferences
	// Configuration is the desired one, nil where there is none. Target is what instances are brought to, Previous what
	// they had, both with the numbers of the versions.
	Configuration    *compute.TemplateRef
	Target, Previous compute.TemplateRef
	// Old are the instances that were there when it began, in the order in which they came.
	Old []string
	// Total is how many were to be replaced, Left how many of them are yet to be, new ones that aren't ready included.
	Total, Left int
	// Progressed is when one was last ready; from then on the retries count.
	Progressed time.Time
	BakesUntil time.Time // zero: it doesn't
	PausedTill time.Time // at a checkpoint
	Passed     int       // checkpoints
	Started    time.Time // zero: not yet
	Ended      time.Time
	Rollback   *Rollback
	// Surplus says that what it has launched and that isn't ready is to go again, so that no more is there than desired.
	Surplus bool
}

// Rollback is how a refresh is taken back.
type Rollback struct {
	Reason        string
	Started       time.Time
	Percent, Left int // of the refresh, when the rollback began
}

// Preferences are how a refresh goes about it. Durations are in seconds.
type Preferences struct {
	MinHealthy, MaxHealthy int // percent of the desired capacity
	Warmup                 *int
	Checkpoints            []int // percent
	CheckpointDelay        int
	SkipMatching           bool
	AutoRollback           bool
	Protected              string // instances: Refresh, Ignore, Wait
	Standby                string // instances: Terminate, Ignore, Wait
	BakeTime               int
}

// The states of a refresh.
const (
	RefreshPending            = "Pending"
	RefreshInProgress         = "InProgress"
	RefreshBaking             = "Baking"
	RefreshSuccessful         = "Successful"
	RefreshFailed             = "Failed"
	RefreshCancelling         = "Cancelling"
	RefreshCancelled          = "Cancelled"
	RefreshRollbackInProgress = "RollbackInProgress"
	RefreshRollbackSuccessful = "RollbackSuccessful"
	RefreshRollbackFailed     = "RollbackFailed"
)

// What is done with instances that are in standby, or protected from scale-in.
const (
	waitFor    = "Wait"
	ignore     = "Ignore"
	refreshAll = "Refresh"
	endStandby = "Terminate"
)

// keptRefreshes bounds how many a group has. AWS keeps them for six weeks.
const keptRefreshes = 50

// beginStep is how long a refresh is pending.
func beginStep() world.Step { return world.Step{Fast: 50 * time.Millisecond, AWS: 5 * time.Second} }

// giveUpStep is for how long instances are tried again of which none becomes ready, and for how long others are waited for.
// Source: Amazon EC2 Auto Scaling User Guide, "Instance refresh": one hour.
func giveUpStep() world.Step { return world.Step{Fast: time.Minute, AWS: time.Hour} }

// lookStep is how often a refresh looks whether a new instance is healthy.
func lookStep() world.Step { return world.Step{Fast: 200 * time.Millisecond, AWS: 5 * time.Second} }

// longestRefresh is how long one may take. Source: the same, "Limitations".
const longestRefresh = 14 * 24 * time.Hour

func refreshKind() world.AnyKind {
	return world.Kind[Refresh, *Refresh]{
		Name: "instance-refresh", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return Invalid("Instance refresh %s not found", ids[0]) },
		Parent:   func(r *Refresh) string { return r.Group },
	}
}

// Active says that it isn't over.
func (r *Refresh) Active() bool { return r.Ended.IsZero() }

// rollsBack says that instances are brought to what they had.
func (r *Refresh) rollsBack() bool { return r.Status == RefreshRollbackInProgress }

// Percent is how much of it is done; of a rollback, what of the refresh is left.
func (r *Refresh) Percent() int {
	switch {
	case r.Rollback != nil:
		return r.Rollback.Percent * r.Left / max(r.Total, 1)
	case r.Total == 0:
		return 100
	}
	return 100 * (r.Total - r.Left) / r.Total
}

// RefreshesOf are a group's, the latest first.
func RefreshesOf(tx *world.Tx, group string) []*Refresh {
	all := slices.Clone(world.Of[Refresh](tx, group))
	slices.SortFunc(all, func(a, b *Refresh) int { return int(b.Serial - a.Serial) })
	return all
}

// activeRefresh is the one that is under way; nil where none is.
func activeRefresh(tx *world.Tx, group string) *Refresh {
	for _, r := range RefreshesOf(tx, group) {
		if r.Active() {
			return r
		}
	}
	return nil
}

// StartRefresh begins a refresh; the configuration is nil where none is desired.
func StartRefresh(tx *world.Tx, group string, configuration *compute.TemplateRef, p Preferences) (string, error) {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return "", err
	}
	if activeRefresh(tx, group) != nil {
		return "", refuse.New("InstanceRefreshInProgress", "An Instance Refresh is already in progress and blocks the execution of this Instance Refresh.")
	}
	if err := p.check(); err != nil {
		return "", err
	}
	r := &Refresh{Object: tx.NamedObject(tx.UUID(), nil), Group: group, Status: RefreshPending, Preferences: p, Progressed: tx.Now()}
	if r.Previous, err = numbered(tx, g.Template); err != nil {
		return "", err
	}
	r.Target = r.Previous
	if configuration != nil {
		s := g.Settings
		s.Template = *configuration
		if err := s.check(tx, g.Desired); err != nil {
			return "", err
		}
		r.Configuration = &s.Template
		if r.Target, err = numbered(tx, s.Template); err != nil {
			return "", err
		}
	}
	if p.AutoRollback {
		if why := r.irreversible(tx, g); why != "" {
			return "", Invalid("AutoRollback can't be used: %s", why)
		}
	}
	for _, i := range InstancesOf(tx, group) {
		r.Old = append(r.Old, i.ID)
	}
	world.Add(tx, r)
	if all := RefreshesOf(tx, group); len(all) > keptRefreshes {
		world.Delete[Refresh](tx, all[len(all)-1].ID)
	}
	return r.ID, nil
}

// numbered is a version of a launch template by its number.
func numbered(tx *world.Tx, ref compute.TemplateRef) (compute.TemplateRef, error) {
	t, v, err := compute.FindTemplate(tx, compute.TemplateRef{ID: ref.ID, Version: ref.Version})
	if err != nil {
		return ref, Invalid("You must use a valid fully-formed launch template. %s", refuse.Text(err))
	}
	return compute.TemplateRef{ID: t.ID, Name: t.Name, Version: number(v.Number)}, nil
}

// irreversible is why a refresh can't be rolled back; "" where it can.
// Source: API reference of RollbackInstanceRefresh.
func (r *Refresh) irreversible(tx *world.Tx, g *Group) string {
	switch version := cmp.Or(g.Template.Version, compute.DefaultVersion); {
	case r.Configuration == nil:
		return "the instance refresh has no desired configuration."
	case version == compute.LatestVersion || version == compute.DefaultVersion:
		return "the Auto Scaling group uses the launch template's " + version + " version."
	}
	if _, v, err := compute.FindTemplate(tx, r.Previous); err != nil || strings.HasPrefix(v.Data.ImageID, "resolve:ssm:") {
		return "the Auto Scaling group has a launch template that uses an AWS Systems Manager parameter instead of an AMI ID, or that is gone."
	}
	return ""
}

// check refuses preferences that don't fit together.
func (p *Preferences) check() error {
	switch {
	case p.MaxHealthy-p.MinHealthy > 100:
		return Invalid("The difference between MaxHealthyPercentage and MinHealthyPercentage cannot be greater than 100.")
	case p.CheckpointDelay != 0 && len(p.Checkpoints) == 0:
		return Invalid("CheckpointDelay requires CheckpointPercentages.")
	}
	for n := range p.Checkpoints {
		if n > 0 && p.Checkpoints[n] <= p.Checkpoints[n-1] {
			return Invalid("CheckpointPercentages must be unique and in ascending order.")
		}
	}
	if len(p.Checkpoints) > 0 && p.CheckpointDelay == 0 {
		p.CheckpointDelay = 3600
	}
	return nil
}

// noActiveRefresh is the refusal of what is done to a refresh where none is under way.
func noActiveRefresh(group string) error {
	return refuse.New("ActiveInstanceRefreshNotFound", "No in progress or pending Instance Refresh found for Auto Scaling group %s", group)
}

// CancelRefresh ends a refresh or its rollback, once what is under way has come to an end where it is to wait for that.
func CancelRefresh(tx *world.Tx, group string, waits bool) (string, error) {
	if _, err := FindLiveGroup(tx, group); err != nil {
		return "", err
	}
	r := activeRefresh(tx, group)
	switch {
	case r == nil:
		return "", noActiveRefresh(group)
	case !waits:
		endRefresh(tx, r.ID, RefreshCancelled, "Cancelled without waiting for ongoing instance launches and terminations due to user request.")
	default:
		world.Edit(tx, r.ID, func(r *Refresh) { r.Status, r.Reason = RefreshCancelling, "Cancelling due to user request." })
	}
	return r.ID, nil
}

// RollbackRefresh begins to take a refresh back.
func RollbackRefresh(tx *world.Tx, group string) (string, error) {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return "", err
	}
	r := activeRefresh(tx, group)
	if r == nil || r.Status == RefreshCancelling || r.rollsBack() {
		return "", noActiveRefresh(group)
	}
	if why := r.irreversible(tx, g); why != "" {
		return "", refuse.New("IrreversibleInstanceRefresh", "The instance refresh can't be rolled back: %s", why)
	}
	rollBack(tx, r, "The rollback was initiated by a user request.")
	return r.ID, nil
}

// rollBack turns a refresh round: what is of the new configuration is replaced by what the group names.
func rollBack(tx *world.Tx, r *Refresh, why string) {
	world.Edit(tx, r.ID, func(r *Refresh) {
		r.Rollback = &Rollback{Reason: why, Started: tx.Now(), Percent: r.Percent(), Left: r.Left}
		r.Status, r.Reason, r.Target = RefreshRollbackInProgress, why, r.Previous
		r.Progressed, r.PausedTill, r.BakesUntil = tx.Now(), time.Time{}, time.Time{}
		r.Total = 0
	})
}

func endRefresh(tx *world.Tx, id, status, reason string) {
	world.Edit(tx, id, func(r *Refresh) {
		r.Status, r.Reason, r.Ended = status, reason, tx.Now()
		r.Surplus = status == RefreshFailed || status == RefreshCancelled || status == RefreshRollbackFailed
		if status == RefreshSuccessful || status == RefreshRollbackSuccessful {
			r.Left = 0
		}
	})
}

// forgetRefreshes is what becomes of them when their group goes.
func forgetRefreshes(tx *world.Tx, group string) {
	for _, r := range RefreshesOf(tx, group) {
		world.Delete[Refresh](tx, r.ID)
	}
}

// lockedByRefresh refuses another launch template while a refresh with a desired configuration is under way.
func lockedByRefresh(tx *world.Tx, g *Group, changed compute.TemplateRef) error {
	if r := activeRefresh(tx, g.ID); r == nil || r.Configuration == nil || changed == g.Template {
		return nil
	}
	return Invalid("An active instance refresh with a desired configuration exists. All configuration options derived from the desired configuration are not available for update while the instance refresh is active.")
}
