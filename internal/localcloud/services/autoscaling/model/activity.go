package model

import (
	"slices"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Activity is one thing that a group has done, or does.
type Activity struct {
	world.Object // ID: a UUID
	Group        string
	Instance     string
	Description  string
	Cause        string
	Status       string
	Message      string // why it failed
	Ended        time.Time
	Progress     int // percent
	Details      string
}

// The states of an activity.
const (
	PreInService = "PreInService"
	InProgress   = "InProgress"
	WarmingUp    = "WaitingForInstanceWarmup"
	MidHook      = "MidLifecycleAction"
	Draining     = "WaitingForELBConnectionDraining"
	Successful   = "Successful"
	Failed       = "Failed"
	Cancelled    = "Cancelled"
)

// keptActivities bounds how many a group has. AWS keeps them for six weeks.
const keptActivities = 200

func activityKind() world.AnyKind {
	return world.Kind[Activity, *Activity]{
		Name: "scaling-activity", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return refuse.New("ValidationError", "Activity %s not found", ids[0]) },
		Parent:   func(a *Activity) string { return a.Group },
	}
}

// Over says whether the activity has ended.
func (a *Activity) Over() bool { return !a.Ended.IsZero() }

// ActivitiesOf are a group's activities, the latest first.
func ActivitiesOf(tx *world.Tx, group string) []*Activity {
	all := slices.Clone(world.Of[Activity](tx, group))
	slices.SortFunc(all, func(a, b *Activity) int { return int(b.Serial - a.Serial) })
	return all
}

// begin notes what a group begins to do.
func begin(tx *world.Tx, g *Group, instance, description, cause, status string) *Activity {
	a := &Activity{Object: tx.NamedObject(tx.UUID(), nil), Group: g.ID, Instance: instance,
		Description: description, Cause: cause, Status: status, Progress: 50}
	if i, ok := world.Get[Instance](tx, instance); ok {
		a.Details = detailsOf(g, i)
	}
	world.Add(tx, a)
	if all := ActivitiesOf(tx, g.ID); len(all) > keptActivities {
		world.Delete[Activity](tx, all[len(all)-1].ID)
	}
	return a
}

// finish ends an activity; message is why it failed, "" where it didn't.
func finish(tx *world.Tx, id, status, message string) {
	world.Edit(tx, id, func(a *Activity) {
		if a.Over() {
			return
		}
		a.Status, a.Ended, a.Progress, a.Message = status, tx.Now(), 100, message
	})
}

func progress(tx *world.Tx, id, status, description string) {
	if a, ok := world.Get[Activity](tx, id); !ok || a.Over() || a.Status == status {
		return
	}
	world.Edit(tx, id, func(a *Activity) {
		a.Status = status
		if description != "" {
			a.Description = description
		}
	})
}

func number(n int) string { return strconv.Itoa(n) }
