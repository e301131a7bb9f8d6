package model

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Hook lets something be done while an instance comes or goes.
type Hook struct {
	Name, Transition         string // the transition is ComingTransition or Terminating
	Default                  string // result: CONTINUE or ABANDON
	Heartbeat                int    // seconds
	Metadata, Role, NotifyTo string
}

// The transitions of hooks.
const (
	ComingTransition  = "autoscaling:EC2_INSTANCE_LAUNCHING"
	LeavingTransition = "autoscaling:EC2_INSTANCE_TERMINATING"
)

const (
	proceed = "CONTINUE"
	abandon = "ABANDON"
)

func (h Hook) check() error {
	switch {
	case h.Transition != ComingTransition && h.Transition != LeavingTransition:
		return Invalid("Invalid lifecycle transition '%s': must be %s or %s", h.Transition, ComingTransition, LeavingTransition)
	case h.Heartbeat < 30 || h.Heartbeat > 7200:
		return Invalid("HeartbeatTimeout must be between 30 and 7200 seconds.")
	case h.Default != proceed && h.Default != abandon:
		return Invalid("DefaultResult must be CONTINUE or ABANDON.")
	}
	return nil
}

// checkHooks refuses hooks of a group that AWS doesn't take. Source: Amazon EC2 Auto Scaling User Guide, "Quotas".
func checkHooks(hooks []Hook) error {
	if len(hooks) > 50 {
		return Invalid("The number of lifecycle hooks must not exceed 50")
	}
	for _, h := range hooks {
		if err := h.check(); err != nil {
			return err
		}
	}
	return nil
}

// longest is for how long heartbeats can keep an instance waiting: 48 h, or a hundred times the heartbeat.
func (h Hook) longest() time.Duration {
	return min(48*time.Hour, 100*time.Duration(h.Heartbeat)*time.Second)
}

// hooksOf are those of a transition.
func (g *Group) hooksOf(transition string) []Hook {
	return slices.DeleteFunc(slices.Clone(g.Hooks), func(h Hook) bool { return h.Transition != transition })
}

// PutHook makes a hook, or changes the one of that name.
func PutHook(tx *world.Tx, group string, h Hook) error {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return err
	}
	hooks := slices.Clone(g.Hooks)
	if at := slices.IndexFunc(hooks, func(o Hook) bool { return o.Name == h.Name }); at >= 0 {
		hooks[at] = h
	} else {
		hooks = append(hooks, h)
	}
	if err := checkHooks(hooks); err != nil {
		return err
	}
	world.Edit(tx, group, func(g *Group) { g.Hooks = hooks })
	return nil
}

// DeleteHook takes a hook away. What waits for it goes on.
func DeleteHook(tx *world.Tx, group, name string) error {
	g, err := FindLiveGroup(tx, group)
	if err != nil {
		return err
	}
	at := slices.IndexFunc(g.Hooks, func(h Hook) bool { return h.Name == name })
	if at < 0 {
		return Invalid("No Lifecycle Hook found by the given name - No Lifecycle Hook named %s", name)
	}
	world.Edit(tx, group, func(g *Group) { g.Hooks = slices.Delete(slices.Clone(g.Hooks), at, at+1) })
	for _, i := range InstancesOf(tx, group) {
		if len(i.Waits) > 0 && i.Waits[0].Name == name {
			complete(tx, i, proceed)
		}
	}
	return nil
}

// awaiting finds the instance that waits for a hook, by its ID or the action's token.
func awaiting(tx *world.Tx, group, hook, instance, token string) (*Instance, error) {
	if _, err := FindGroup(tx, group); err != nil {
		return nil, err
	}
	for _, i := range InstancesOf(tx, group) {
		if len(i.Waits) > 0 && i.Waits[0].Name == hook && (token != "" && i.Token == token || token == "" && i.ID == instance) && !i.Until.IsZero() {
			return i, nil
		}
	}
	return nil, Invalid("No active Lifecycle Action found with instance ID %s", instance)
}

// CompleteAction ends the wait for a hook.
func CompleteAction(tx *world.Tx, group, hook, instance, token, result string) error {
	i, err := awaiting(tx, group, hook, instance, token)
	if err != nil {
		return err
	}
	if result != proceed && result != abandon {
		return Invalid("Invalid lifecycle action result: %s. Must be CONTINUE or ABANDON", result)
	}
	complete(tx, i, result)
	return nil
}

// complete goes on to the next hook. One that abandons a launch lets the others be; a termination takes place all the same.
func complete(tx *world.Tx, i *Instance, result string) {
	edit(tx, i.ID, func(i *Instance) {
		i.Waits, i.Until, i.Token = i.Waits[1:], time.Time{}, ""
		if result == abandon {
			i.Abandon, i.Waits = true, nil
		}
	})
}

// Heartbeat keeps an instance waiting for as long again.
func Heartbeat(tx *world.Tx, group, hook, instance, token string) error {
	i, err := awaiting(tx, group, hook, instance, token)
	if err != nil {
		return err
	}
	edit(tx, i.ID, func(i *Instance) {
		i.Until = tx.Now().Add(time.Duration(i.Waits[0].Heartbeat) * time.Second)
		if i.Until.After(i.HookEnds) {
			i.Until = i.HookEnds
		}
	})
	return nil
}

// wait reports whether an instance still waits for a hook, and begins the wait for the next.
func wait(tx *world.Tx, i *Instance, state string) bool {
	if len(i.Waits) == 0 {
		return false
	}
	if i.Until.IsZero() {
		edit(tx, i.ID, func(i *Instance) {
			heartbeat := time.Duration(i.Waits[0].Heartbeat) * time.Second
			i.Until, i.HookEnds, i.Token = tx.Now().Add(heartbeat), tx.Now().Add(i.Waits[0].longest()), tx.UUID()
			if i.State != state {
				i.State, i.Since = state, tx.Now()
			}
		})
		progress(tx, i.Activity, MidHook, "")
		return true
	}
	if tx.Now().Before(i.Until) {
		return true
	}
	complete(tx, i, i.Waits[0].Default)
	i, _ = world.Get[Instance](tx, i.ID)
	return wait(tx, i, state)
}

// Global is for how long an instance can wait at most, in seconds.
func (h Hook) Global() int { return int(h.longest() / time.Second) }
