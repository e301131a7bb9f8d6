package model_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// fleet is a group behind a target group, whose targets are healthy once they are in service, but for those of bad versions.
type fleet struct {
	t       *testing.T
	w       *world.World
	now     time.Time
	arn     string
	bad     map[string]bool // by version
	least   int             // the fewest healthy targets that there were while watched
	most    int             // and the most instances that counted
	watched bool
}

// newFleet makes a group of so many instances over two zones, of version 1 of a launch template that has a second one. A change
// is made to its settings before.
func newFleet(t *testing.T, desired int, change func(*model.Settings)) *fleet {
	t.Helper()
	f := &fleet{t: t, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), bad: map[string]bool{}}
	w, err := world.Open("", world.Options{Now: func() time.Time { return f.now }, Hurried: true},
		slices.Concat(network.Kinds(), compute.Kinds(), iammodel.Kinds(), elbmodel.Kinds(), model.Kinds())...)
	f.ok(err)
	f.w = w
	f.do(func(tx *world.Tx) error {
		v, err := network.CreateVPC(tx, "10.0.0.0/16", nil)
		f.ok(err)
		var subnets []string
		for n, zone := range []string{"eu-west-1a", "eu-west-1b"} {
			s, err := network.CreateSubnet(tx, v.ID, fmt.Sprintf("10.0.%d.0/24", n), zone, "", nil)
			f.ok(err)
			subnets = append(subnets, s.ID)
		}
		port := 80
		tg, err := elbmodel.CreateTargetGroup(tx, elbmodel.NewTargetGroup{Name: "web", Protocol: "HTTP", Port: &port, VPCID: v.ID})
		f.ok(err)
		f.arn = tg.ID
		image := compute.LatestImages("eu-west-1")["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"]
		first := compute.NewVersion{Data: compute.Parameters{ImageID: image, Type: "t3.micro"}}
		_, err = compute.CreateLaunchTemplate(tx, "web", first, "", nil)
		f.ok(err)
		_, err = compute.CreateVersion(tx, "", "web", "1", compute.NewVersion{Data: compute.Parameters{Type: "t3.small"}}, "")
		f.ok(err)
		s := model.Settings{Template: compute.TemplateRef{Name: "web", Version: "1"}, Min: desired, Max: desired + 2, Subnets: subnets, TargetGroups: []string{f.arn},
			HealthCheckType: "ELB", Grace: 3600}
		change(&s)
		return model.CreateGroup(tx, "web", s, &desired, nil, nil, nil)
	})
	f.until("all are in service", func() bool { return f.healthy() == desired })
	f.watched, f.least = true, desired
	return f
}

func (f *fleet) ok(err error) {
	f.t.Helper()
	if err != nil {
		f.t.Fatal(err)
	}
}

func (f *fleet) do(change func(tx *world.Tx) error) {
	f.t.Helper()
	f.ok(f.w.Update("eu-west-1", change))
}

// health is what the checks say of the targets.
func (f *fleet) health(tx *world.Tx) model.Health {
	return func(arn string) (all []model.TargetHealth) {
		for _, t := range elbmodel.TargetsOf(tx, arn) {
			h := model.TargetHealth{InstanceID: t.InstanceID, State: "healthy"}
			if i, ok := world.Get[model.Instance](tx, t.InstanceID); !ok || f.bad[i.Template.Version] {
				h.State = "unhealthy"
			}
			all = append(all, h)
		}
		return all
	}
}

// step lets a moment pass, and the group do its work.
func (f *fleet) step() {
	f.t.Helper()
	f.now = f.now.Add(100 * time.Millisecond)
	f.do(func(tx *world.Tx) error { model.Work(tx, f.health(tx)); return nil })
	if f.watched {
		f.least, f.most = min(f.least, f.healthy()), max(f.most, len(f.members(func(i *model.Instance) bool { return i.Counts() })))
	}
}

// until lets time pass until something is so.
func (f *fleet) until(what string, is func() bool) {
	f.t.Helper()
	for range 5000 {
		if is() {
			return
		}
		f.step()
	}
	r := f.last()
	f.ok(f.w.View("eu-west-1", func(tx *world.Tx) error {
		for _, a := range model.ActivitiesOf(tx, "web") {
			f.t.Log(a.Status, a.Description, a.Cause, a.Message)
		}
		return nil
	}))
	f.t.Fatalf("it never came to this: %s; members %q, refresh %s: %s, %d of %d left", what, f.members(func(*model.Instance) bool { return true }), r.Status, r.Reason, r.Left, r.Total)
}

// members are the group's instances that a function takes, as "version zone state".
func (f *fleet) members(take func(*model.Instance) bool) (list []string) {
	f.t.Helper()
	f.ok(f.w.View("eu-west-1", func(tx *world.Tx) error {
		for _, i := range model.InstancesOf(tx, "web") {
			if take(i) {
				list = append(list, i.Template.Version+" "+i.Zone+" "+i.State)
			}
		}
		return nil
	}))
	slices.Sort(list)
	return list
}

func inService(i *model.Instance) bool { return i.State == model.InService }

func (f *fleet) healthy() int {
	return len(f.members(func(i *model.Instance) bool { return inService(i) && !f.bad[i.Template.Version] }))
}

// last is the latest refresh.
func (f *fleet) last() model.Refresh {
	f.t.Helper()
	var r model.Refresh
	f.ok(f.w.View("eu-west-1", func(tx *world.Tx) error {
		if all := model.RefreshesOf(tx, "web"); len(all) > 0 {
			r = *all[0]
		}
		return nil
	}))
	return r
}

func (f *fleet) version() (version string) {
	f.t.Helper()
	f.ok(f.w.View("eu-west-1", func(tx *world.Tx) error {
		g, err := model.FindGroup(tx, "web")
		f.ok(err)
		version = g.Template.Version
		return nil
	}))
	return version
}

var second = &compute.TemplateRef{Name: "web", Version: "2"}

// safe is how the tool refreshes: one at a time, the new one first.
func safe() model.Preferences {
	return model.Preferences{MinHealthy: 100, MaxHealthy: 100, SkipMatching: true, Protected: "Ignore", Standby: "Ignore"}
}

func (f *fleet) start(c *compute.TemplateRef, p model.Preferences) error {
	f.t.Helper()
	return f.w.Update("eu-west-1", func(tx *world.Tx) error {
		_, err := model.StartRefresh(tx, "web", c, p)
		return err
	})
}

func (f *fleet) ends(status string) {
	f.t.Helper()
	f.until("the refresh has ended", func() bool { return !f.last().Ended.IsZero() })
	if r := f.last(); r.Status != status {
		f.t.Fatalf("it ended as %s: %s, want %s", r.Status, r.Reason, status)
	}
}

func refused(t *testing.T, err error, code, words string) {
	t.Helper()
	if !refuse.Is(err, code) || !strings.Contains(err.Error(), words) {
		t.Errorf("got %v, want %s: …%s…", err, code, words)
	}
}

func plain(*model.Settings) {}

func TestRefresh_LaunchesBeforeItTerminates(t *testing.T) {
	f := newFleet(t, 4, plain)
	f.ok(f.start(second, safe()))
	f.until("half is done", func() bool { r := f.last(); return r.Percent() == 50 })
	if f.version() != "1" {
		t.Errorf("the group has version %s before the refresh has succeeded", f.version())
	}
	f.ends("Successful")
	if f.least < 4 || f.most != 5 {
		t.Errorf("there were %d healthy at least, want 4, and %d instances at most, want 5", f.least, f.most)
	}
	f.until("the last has gone", func() bool { return len(f.members(func(*model.Instance) bool { return true })) == 4 })
	want := []string{"2 eu-west-1a InService", "2 eu-west-1a InService", "2 eu-west-1b InService", "2 eu-west-1b InService"}
	if got := f.members(inService); !slices.Equal(got, want) || f.version() != "2" {
		t.Errorf("got %q of a group of version %s, want %q", got, f.version(), want)
	}
	if r := f.last(); r.Percent() != 100 || r.Left != 0 {
		t.Errorf("it ended at %d percent with %d left", r.Percent(), r.Left)
	}
}

func TestRefresh_TerminatesFirstBelowAHundredPercent(t *testing.T) {
	f := newFleet(t, 2, plain)
	p := safe()
	p.MinHealthy = 90
	f.ok(f.start(second, p))
	f.ends("Successful")
	if f.least != 1 || f.most != 2 {
		t.Errorf("there were %d healthy at least, want 1, and %d instances at most, want 2", f.least, f.most)
	}
}

func TestRefresh_SkipsWhatMatchesIfAsked(t *testing.T) {
	f := newFleet(t, 2, plain)
	f.ok(f.start(&compute.TemplateRef{Name: "web", Version: "1"}, safe()))
	f.ends("Successful")
	if f.most > 2 || f.last().Total != 0 {
		t.Errorf("it replaced %d, and there were %d instances", f.last().Total, f.most)
	}
	p := safe()
	p.SkipMatching = false
	f.ok(f.start(nil, p))
	f.ends("Successful")
	if f.last().Total != 2 || f.most != 3 {
		t.Errorf("it replaced %d, and there were %d instances at most; want 2 and 3", f.last().Total, f.most)
	}
}

// TestRefresh_ToAnotherTemplate brings the group to another launch template, whose instances are what it is after.
func TestRefresh_ToAnotherTemplate(t *testing.T) {
	f := newFleet(t, 2, plain)
	f.do(func(tx *world.Tx) error {
		image := compute.LatestImages("eu-west-1")["/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"]
		_, err := compute.CreateLaunchTemplate(tx, "other", compute.NewVersion{Data: compute.Parameters{ImageID: image, Type: "t3.micro"}}, "", nil)
		return err
	})
	f.ok(f.start(&compute.TemplateRef{Name: "other", Version: "1"}, safe()))
	f.ends("Successful")
	if f.last().Total != 2 || f.most != 3 {
		t.Errorf("it replaced %d, and there were %d instances at most; want 2 and 3", f.last().Total, f.most)
	}
	if got := f.members(func(i *model.Instance) bool { return i.Template.Name == "other" }); len(got) != 2 {
		t.Errorf("of the other template are %q, want 2", got)
	}
}

// Each change is followed by a look at once: a refresh that changed the world with each look would leave the local cloud no rest.
func TestRefresh_ChangesNothingWhileItWaits(t *testing.T) {
	f := newFleet(t, 2, plain)
	f.bad["2"] = true
	f.ok(f.start(second, safe()))
	f.until("it waits for the new instance", func() bool { return strings.Contains(f.last().Reason, "is unhealthy") })
	f.rests("unhealthy")
	f.ok(f.w.Update("eu-west-1", func(tx *world.Tx) error { return model.Suspend(tx, "web", []string{"InstanceRefresh"}, false) }))
	f.until("it is suspended", func() bool { return strings.Contains(f.last().Reason, "suspended") })
	f.rests("suspended")
}

// rests wants a look a moment after another to change nothing, and the next within what groups have between two.
func (f *fleet) rests(when string) {
	f.t.Helper()
	f.step()
	changed := f.w.Changed()
	f.now = f.now.Add(time.Nanosecond)
	f.do(func(tx *world.Tx) error { model.Work(tx, f.health(tx)); return nil })
	select {
	case <-changed:
		f.t.Errorf("%s: a look a moment after another has changed the world", when)
	default:
	}
	if at, due := f.w.NextDue(); !due || at.Sub(f.now) > time.Minute {
		f.t.Errorf("%s: the next look is at %v (%v), want it within a minute of %v", when, at, due, f.now)
	}
}

func TestRefresh_TakesABadVersionBack(t *testing.T) {
	f := newFleet(t, 2, plain)
	f.bad["2"] = true
	p := safe()
	p.AutoRollback = true
	f.ok(f.start(second, p))
	f.until("it waits for the new instance", func() bool { return strings.Contains(f.last().Reason, "is unhealthy") })
	f.until("it rolls back", func() bool { return f.last().Status == "RollbackInProgress" })
	f.ends("RollbackSuccessful")
	if f.least < 2 {
		t.Errorf("there were %d healthy at least, want 2", f.least)
	}
	f.until("the bad one has gone", func() bool { return len(f.members(func(*model.Instance) bool { return true })) == 2 })
	if got := f.members(inService); !slices.Equal(got, []string{"1 eu-west-1a InService", "1 eu-west-1b InService"}) || f.version() != "1" {
		t.Errorf("got %q of a group of version %s", got, f.version())
	}
	if r := f.last(); !strings.Contains(r.Rollback.Reason, "is unhealthy") || r.Rollback.Percent != 0 || r.Rollback.Left != 2 {
		t.Errorf("the rollback says %+v", *r.Rollback)
	}
}

func TestRefresh_FailsWithoutRollback(t *testing.T) {
	f := newFleet(t, 2, plain)
	f.bad["2"] = true
	f.ok(f.start(second, safe()))
	f.ends("Failed")
	if f.version() != "1" || f.least < 2 {
		t.Errorf("the group has version %s, and there were %d healthy at least", f.version(), f.least)
	}
}

func TestRefresh_RollsBackHalfWayByACall(t *testing.T) {
	f := newFleet(t, 2, plain)
	f.ok(f.start(second, safe()))
	f.until("one is replaced", func() bool { r := f.last(); return r.Percent() == 50 })
	f.do(func(tx *world.Tx) error { _, err := model.RollbackRefresh(tx, "web"); return err })
	f.ends("RollbackSuccessful")
	f.until("the others have gone", func() bool { return len(f.members(func(*model.Instance) bool { return true })) == 2 })
	if got := f.members(inService); f.least < 2 || !slices.Equal(got, []string{"1 eu-west-1a InService", "1 eu-west-1b InService"}) {
		t.Errorf("got %q, and there were %d healthy at least", got, f.least)
	}
	if r := f.last(); r.Percent() != 0 || r.Rollback.Percent != 50 {
		t.Errorf("%d percent, %d when the rollback began; want 0 and 50", r.Percent(), r.Rollback.Percent)
	}
}

func TestRefresh_BakesBeforeTheGroupIsOfTheVersion(t *testing.T) {
	f := newFleet(t, 1, plain)
	p := safe()
	p.BakeTime = 60
	f.ok(f.start(second, p))
	f.until("it bakes", func() bool { return f.last().Status == "Baking" })
	if f.version() != "1" || f.healthy() != 1 {
		t.Errorf("the group has version %s and %d healthy", f.version(), f.healthy())
	}
	f.ends("Successful")
	if f.version() != "2" {
		t.Errorf("the group has version %s", f.version())
	}
}

func TestRefresh_WaitsForProtectedAndStandbyOrNot(t *testing.T) {
	for _, tt := range []struct {
		name, protected, standby, status string
		left                             []string // of version 1
	}{
		{"wait", "Wait", "Wait", "Failed", []string{"1 eu-west-1a Standby", "1 eu-west-1b InService"}},
		{"ignore", "Ignore", "Ignore", "Successful", []string{"1 eu-west-1a Standby", "1 eu-west-1b InService"}},
		{"replace", "Refresh", "Terminate", "Successful", nil},
	} {
		t.Run(tt.name, func(t *testing.T) {
			f := newFleet(t, 3, func(s *model.Settings) { s.Min = 1 })
			f.do(func(tx *world.Tx) error {
				byZone := map[string][]string{}
				for _, i := range model.InstancesOf(tx, "web") {
					byZone[i.Zone] = append(byZone[i.Zone], i.ID)
				}
				if len(byZone["eu-west-1a"]) != 2 {
					t.Fatalf("zones %v", byZone)
				}
				if err := model.Protect(tx, "web", byZone["eu-west-1b"], true); err != nil {
					return err
				}
				_, err := model.EnterStandby(tx, "web", byZone["eu-west-1a"][:1], true)
				return err
			})
			f.until("one stands by", func() bool {
				return f.healthy() == 2 && len(f.members(func(i *model.Instance) bool { return i.State == model.Standby })) == 1
			})
			p := safe()
			p.Protected, p.Standby = tt.protected, tt.standby
			f.ok(f.start(second, p))
			f.ends(tt.status)
			f.until("all is at rest", func() bool {
				return len(f.members(func(i *model.Instance) bool { return i.State != model.InService && i.State != model.Standby })) == 0
			})
			if got := f.members(func(i *model.Instance) bool { return i.Template.Version == "1" }); !slices.Equal(got, tt.left) {
				t.Errorf("of version 1 there are %q, want %q", got, tt.left)
			}
		})
	}
}

func TestRefresh_PausesAtCheckpointsAndWhileSuspended(t *testing.T) {
	f := newFleet(t, 4, plain)
	p := safe()
	p.Checkpoints, p.CheckpointDelay = []int{50, 100}, 3600
	f.ok(f.start(second, p))
	f.until("it is at the checkpoint", func() bool { return strings.Contains(f.last().Reason, "checkpoint") })
	if r := f.last(); r.Percent() != 50 || f.healthy() != 4 {
		t.Errorf("%d percent, %d healthy", r.Percent(), f.healthy())
	}
	suspend := func(resume bool) {
		f.do(func(tx *world.Tx) error { return model.Suspend(tx, "web", []string{"InstanceRefresh"}, resume) })
	}
	suspend(false)
	for range 1000 {
		f.step()
	}
	if r := f.last(); r.Percent() != 50 || !r.Active() {
		t.Errorf("a suspended refresh went on: %d percent, %s", r.Percent(), r.Status)
	}
	suspend(true)
	f.ends("Successful")
	if f.least < 4 {
		t.Errorf("there were %d healthy at least", f.least)
	}
}

func TestRefresh_CancelsAndRefuses(t *testing.T) {
	f := newFleet(t, 2, plain)
	call := func(do func(tx *world.Tx) error) error { return f.w.Update("eu-west-1", do) }
	cancel := func(waits bool) error {
		return call(func(tx *world.Tx) error { _, err := model.CancelRefresh(tx, "web", waits); return err })
	}
	rollback := func() error {
		return call(func(tx *world.Tx) error { _, err := model.RollbackRefresh(tx, "web"); return err })
	}
	refused(t, cancel(false), "ActiveInstanceRefreshNotFound", "web")
	refused(t, rollback(), "ActiveInstanceRefreshNotFound", "web")
	back := safe()
	back.AutoRollback = true
	refused(t, f.start(nil, back), "ValidationError", "no desired configuration")
	refused(t, f.start(&compute.TemplateRef{Name: "web", Version: "9"}, safe()), "ValidationError", "You must use a valid fully-formed launch template.")

	f.ok(f.start(second, safe()))
	refused(t, f.start(second, safe()), "InstanceRefreshInProgress", "An Instance Refresh is already in progress")
	refused(t, call(func(tx *world.Tx) error {
		return model.UpdateGroup(tx, "web", func(s *model.Settings) { s.Template.Version = "2" }, nil)
	}), "ValidationError", "An active instance refresh with a desired configuration exists.")
	f.until("a new one comes", func() bool { return f.most == 3 })
	f.ok(cancel(true))
	if status := f.last().Status; status != "Cancelling" {
		t.Errorf("it is %s", status)
	}
	f.ends("Cancelled")
	f.until("there are two again", func() bool { return len(f.members(func(*model.Instance) bool { return true })) == 2 })
	if f.version() != "1" {
		t.Errorf("the group has version %s", f.version())
	}
	f.ok(f.start(nil, safe()))
	refused(t, rollback(), "IrreversibleInstanceRefresh", "no desired configuration")
	f.ok(cancel(false))
	if status := f.last().Status; status != "Cancelled" {
		t.Errorf("it is %s", status)
	}
	f.ok(f.start(second, safe()))
	f.ends("Successful")
}

func TestRefresh_IrreversibleWithLatestOrAnAlias(t *testing.T) {
	back := safe()
	back.AutoRollback = true
	f := newFleet(t, 1, func(s *model.Settings) { s.Template.Version = "$Default" })
	refused(t, f.start(second, back), "ValidationError", "$Default")
	f = newFleet(t, 1, func(s *model.Settings) { s.Template = compute.TemplateRef{Name: "web", Version: "1"} })
	f.do(func(tx *world.Tx) error {
		alias := compute.Parameters{ImageID: "resolve:ssm:/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"}
		if _, err := compute.CreateVersion(tx, "", "web", "1", compute.NewVersion{Data: alias}, ""); err != nil {
			return err
		}
		return model.UpdateGroup(tx, "web", func(s *model.Settings) { s.Template.Version = "3" }, nil)
	})
	refused(t, f.start(second, back), "ValidationError", "Systems Manager")
}
