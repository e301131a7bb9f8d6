package model

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Target is an instance's registration with a target group on a port.
type Target struct {
	world.Object   // ID: the target group's ARN, "/", instance ID, ":", port
	TargetGroupARN string
	InstanceID     string
	Port           int
	RegisteredAt   time.Time
	// DrainingSince and DrainingUntil are when the target was deregistered and when it
	// goes; zero while it is registered.
	DrainingSince, DrainingUntil time.Time
}

// Draining says whether the target was deregistered and has not gone yet.
func (t *Target) Draining() bool { return !t.DrainingUntil.IsZero() }

// TargetsPerTargetGroup is how many targets a target group may have.
func TargetsPerTargetGroup() world.Quota {
	return quota("targets_per_target_group", "L-A0D0B863", "Targets per Target Group per Region", 1000)
}

func targetKind() world.AnyKind {
	return world.Kind[Target, *Target]{
		Traits: world.Traits{Noun: "target", Quotas: []world.Quota{TargetsPerTargetGroup()}},
		Counts: func(_ *world.Tx, t *Target) bool { return !t.Draining() },
		Name:   "target", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return fmt.Errorf("no target %v", ids) },
		Settle:   func(tx *world.Tx, t *Target, _ string) { world.Delete[Target](tx, t.ID) },
		Parent:   func(t *Target) string { return t.TargetGroupARN }}
}

// TargetID names a target in a call. Port 0 is the target group's.
type TargetID struct {
	InstanceID string
	Port       int
}

func (id TargetID) key(g *TargetGroup) string {
	return fmt.Sprintf("%s/%s:%d", g.ID, id.InstanceID, cmp.Or(id.Port, g.Port))
}

var instanceIDShape = regexp.MustCompile(`^i-([0-9a-f]{8}|[0-9a-f]{17})$`)

func (id TargetID) check() error {
	if !instanceIDShape.MatchString(id.InstanceID) {
		return invalid("Instance ID '%s' is not valid", id.InstanceID)
	}
	if id.Port != 0 {
		return between(id.Port, "targets.1.member.port", 1, 65535)
	}
	return nil
}

// RegisterTargets adds running instances to a target group. Those that are registered
// already stay as they are; those that drain are registered again.
func RegisterTargets(tx *world.Tx, arn string, ids []TargetID) error {
	g, err := FindTargetGroup(tx, arn)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return invalid("At least one target must be specified")
	}
	var absent, elsewhere, notRunning []string
	for _, id := range ids {
		if err := id.check(); err != nil {
			return err
		}
		switch i, ok := world.Get[compute.Instance](tx, id.InstanceID); {
		case !ok:
			absent = append(absent, id.InstanceID)
		case i.VPCID != g.VPCID:
			elsewhere = append(elsewhere, id.InstanceID)
		case i.State != compute.Running:
			notRunning = append(notRunning, id.InstanceID)
		}
	}
	for _, refusal := range []struct {
		ids  []string
		text string
	}{
		{absent, "The following targets do not exist"},
		{elsewhere, "The following targets are not in the target group VPC '" + g.VPCID + "'"},
		{notRunning, "The following targets are not in a running state and cannot be registered"},
	} {
		if len(refusal.ids) > 0 {
			return refuse.New("InvalidTarget", "%s: '%s'", refusal.text, strings.Join(slices.Compact(refusal.ids), "', '"))
		}
	}
	for _, id := range ids {
		key := id.key(g)
		old, there := world.Get[Target](tx, key)
		if there && !old.Draining() {
			continue
		}
		if !there && len(TargetsOf(tx, arn)) >= tx.Limit(TargetsPerTargetGroup()) {
			return refuse.New("TooManyTargets", "You've reached the limit on the number of targets per target group: %d", tx.Limit(TargetsPerTargetGroup()))
		}
		world.Add(tx, &Target{Object: tx.NamedObject(key, nil), TargetGroupARN: g.ID, InstanceID: id.InstanceID,
			Port: cmp.Or(id.Port, g.Port), RegisteredAt: tx.Now()})
	}
	return nil
}

// DeregisterTargets takes instances out of a target group. They drain for the group's
// delay, in real time whatever the latency model, unless they get no requests anyway.
// One that isn't registered is a success. Source: API reference of DeregisterTargets.
func DeregisterTargets(tx *world.Tx, arn string, ids []TargetID) error {
	g, err := FindTargetGroup(tx, arn)
	if err != nil {
		return err
	}
	if len(ids) == 0 {
		return invalid("At least one target must be specified")
	}
	for _, id := range ids {
		if err := id.check(); err != nil {
			return err
		}
		t, ok := world.Get[Target](tx, id.key(g))
		if !ok || t.Draining() {
			continue
		}
		health, decided := t.KnownHealth(tx)
		idle := decided && health.State == Unused || t.Lost(tx)
		if delay := g.DeregistrationDelay(); delay > 0 && !idle {
			until := tx.Now().Add(delay)
			world.Edit(tx, t.ID, func(t *Target) {
				t.DrainingSince, t.DrainingUntil = tx.Now(), until
				t.Next = &world.Transition{At: until, To: "gone"}
			})
			continue
		}
		world.Delete[Target](tx, t.ID)
	}
	return nil
}

// TargetsOf lists a target group's targets, draining ones included.
func TargetsOf(tx *world.Tx, targetGroupARN string) []*Target {
	return world.Of[Target](tx, targetGroupARN)
}
