package model

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Settings are what a group is to be, as the calls give it.
type Settings struct {
	Template            compute.TemplateRef
	Min, Max            int
	Cooldown            int // seconds
	Subnets             []string
	TargetGroups        []string // ARNs
	HealthCheckType     string   // EC2, or with ELB
	Grace               int      // seconds
	Warmup              *int     // seconds
	Maintenance         Maintenance
	Distribution        string // balanced-best-effort, balanced-only
	Impairment          Impairment
	ProtectNew          bool
	TerminationPolicies []string
	MaxLifetime         int // seconds; 0: none
	CapacityRebalance   *bool
	DeletionProtection  string
	ServiceLinkedRole   string
	Context             string
}

// Maintenance is an instance maintenance policy, in percent of the desired capacity; nil: none.
type Maintenance struct{ MinHealthy, MaxHealthy *int }

// LaunchesFirst says that what is replaced goes only once what replaces it serves.
func (m Maintenance) LaunchesFirst() bool { return m.MinHealthy != nil && *m.MinHealthy >= 100 }

// Impairment is what a group does about a zone that traffic is shifted away from.
type Impairment struct {
	ZonalShift *bool
	Behavior   string
}

// Group is an Auto Scaling group.
type Group struct {
	world.Object // ID: its name
	Settings
	ARN       string
	Desired   int
	Propagate map[string]bool   // by the keys of tags
	Suspended map[string]string // process -> why
	Metrics   []string          // that are collected
	Hooks     []Hook
	Deleting  bool
	Forced    bool // its deletion ends its instances, too

	// Cause is the sentence on the last change of the desired capacity, for the activities that follow.
	Cause string
	// Replacing is how many instances are gone that others are to take the place of.
	Replacing int
	// NextCheck is when instances are looked at next; RetryAt when a launch is tried again that failed.
	NextCheck, RetryAt time.Time
	Failures           int
}

// groupsPerRegion is a quota. Source: Amazon EC2 Auto Scaling User Guide, "Quotas".
func groupsPerRegion() world.Quota {
	return world.Quota{Key: "auto_scaling_groups", Service: "autoscaling", ServiceName: "Amazon EC2 Auto Scaling", Code: "L-CDE20ADC", Name: "Auto Scaling groups per region", Default: 500}
}

// GroupsLimit is how many groups the account may have.
func GroupsLimit(tx *world.Tx) int { return tx.Limit(groupsPerRegion()) }

// work is the transition by which a group comes to its work at a time of its own.
const work = "work"

func groupKind() world.AnyKind {
	return world.Kind[Group, *Group]{
		Traits:      world.Traits{Noun: "Auto Scaling group", Quotas: []world.Quota{groupsPerRegion()}},
		Name:        "auto-scaling-group",
		Untaggable:  true, // by EC2
		KnownAtOnce: true,
		NotFound:    func(ids ...string) error { return notFound(ids[0]) },
		Settle:      func(*world.Tx, *Group, string) {}, // that it is due is news enough
	}
}

func notFound(name string) error {
	return Invalid("AutoScalingGroup name not found - AutoScalingGroup %s not found", name)
}

// checkStep is how often a group looks at its instances' health. AWS doesn't publish it; what ended was noticed 36 to 96 s after.
func checkStep() world.Step { return world.Step{Fast: time.Second, AWS: time.Minute, Met: true} }

// startStep is from the mark of an unhealthy instance to the activity that replaces it.
func startStep() world.Step {
	return world.Step{Fast: 100 * time.Millisecond, AWS: 9 * time.Second, Met: true}
}

// deleteStep is how long a group without instances takes to go.
func deleteStep() world.Step {
	return world.Step{Name: "auto-scaling-group deleted", Fast: 50 * time.Millisecond, AWS: 3 * time.Second}
}

// retryStep is the pause after a launch that failed; it doubles, up to eight times.
func retryStep() world.Step { return world.Step{Fast: 500 * time.Millisecond, AWS: 30 * time.Second} }

// FindGroup finds a group that isn't gone.
func FindGroup(tx *world.Tx, name string) (*Group, error) { return world.Find[Group](tx, name) }

// FindLiveGroup finds a group that may be changed.
func FindLiveGroup(tx *world.Tx, name string) (*Group, error) {
	g, err := FindGroup(tx, name)
	if err == nil && g.Deleting {
		return nil, Invalid("You cannot perform this operation on AutoScalingGroup %s, it is being deleted.", name)
	}
	return g, err
}

// IsSuspended says whether one of the group's processes is.
func (g *Group) IsSuspended(process string) bool { _, is := g.Suspended[process]; return is }

// ByELB says whether the load balancer's checks count.
func (g *Group) ByELB() bool { return strings.Contains(g.HealthCheckType, "ELB") }

// CreateGroup makes a group, whose instances follow.
func CreateGroup(tx *world.Tx, name string, s Settings, desired *int, tags world.Tags, propagate map[string]bool, hooks []Hook) error {
	if old, there := world.Get[Group](tx, name); there {
		if old.Deleting {
			return refuse.New("AlreadyExists", "AutoScalingGroup by this name already exists and is pending delete - A group with the name %s already exists and is pending delete", name)
		}
		return refuse.New("AlreadyExists", "AutoScalingGroup by this name already exists - A group with the name %s already exists", name)
	}
	if len(world.All[Group](tx)) >= GroupsLimit(tx) {
		return refuse.New("LimitExceeded", "Your quota for Auto Scaling groups in this region is exceeded: %d", GroupsLimit(tx))
	}
	if len(s.TerminationPolicies) == 0 {
		s.TerminationPolicies = []string{"Default"}
	}
	want := s.Min
	if desired != nil {
		want = *desired
	}
	if err := s.check(tx, want); err != nil {
		return err
	}
	g := &Group{Object: tx.NamedObject(name, tags), Settings: s, ARN: newARN(tx, "autoScalingGroup", "autoScalingGroupName/"+name), Desired: want,
		Propagate: propagate, Suspended: map[string]string{}, Hooks: hooks, NextCheck: tx.Now().Add(tx.Duration(checkStep()))}
	if err := checkTags(tags); err != nil {
		return err
	}
	if err := checkHooks(hooks); err != nil {
		return err
	}
	g.Cause = "At " + stamp(tx) + " a user request created an AutoScalingGroup changing the desired capacity from 0 to " + number(want) + "."
	world.Add(tx, g)
	return nil
}

// check refuses settings that don't fit together, or that name what isn't there.
func (s *Settings) check(tx *world.Tx, desired int) error {
	switch {
	case s.Min > s.Max:
		return Invalid("Max bound, %d, must be greater than or equal to min bound, %d", s.Max, s.Min)
	case desired < s.Min:
		return Invalid("Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, s.Min, s.Max)
	case desired > s.Max:
		return Invalid("Desired capacity:%d must be between the specified min size:%d and max size:%d", desired, s.Min, s.Max)
	case len(s.Subnets) == 0:
		return Invalid("At least one Availability Zone or VPC Subnet is required.")
	}
	template, version, err := compute.FindTemplate(tx, s.Template)
	if err != nil {
		return Invalid("You must use a valid fully-formed launch template. %s", refuse.Text(err))
	}
	s.Template.ID, s.Template.Name = template.ID, template.Name
	if err := fullyFormed(tx, version); err != nil {
		return err
	}
	for _, id := range s.Subnets {
		if _, ok := world.Get[network.Subnet](tx, id); !ok {
			return Invalid("The subnet ID '%s' does not exist", id)
		}
	}
	for _, arn := range s.TargetGroups {
		if _, err := elbmodel.FindTargetGroup(tx, arn); err != nil {
			return Invalid("Provided Target Groups may not be valid. Please ensure they exist and try again.")
		}
	}
	return s.Maintenance.check()
}

func (m Maintenance) check() error {
	if (m.MinHealthy == nil) != (m.MaxHealthy == nil) {
		return Invalid("MinHealthyPercentage and MaxHealthyPercentage must both be specified.")
	}
	if m.MinHealthy != nil && *m.MinHealthy >= 0 && (*m.MaxHealthy < 100 || *m.MaxHealthy > 200 || *m.MaxHealthy-*m.MinHealthy > 100) {
		return Invalid("MaxHealthyPercentage must be between 100 and 200, and the difference between MaxHealthyPercentage and MinHealthyPercentage must not exceed 100.")
	}
	return nil
}

// fullyFormed refuses a template that can't launch, as far as AWS looks.
func fullyFormed(tx *world.Tx, version *compute.TemplateVersion) error {
	launch := version.Data.Launch()
	if launch.ImageID == "" {
		return Invalid("You must use a valid fully-formed launch template. The request must contain the parameter ImageId")
	}
	if err := launch.CheckProfile(tx); err != nil {
		return Invalid("You must use a valid fully-formed launch template. %s", refuse.Text(err))
	}
	return nil
}

// UpdateGroup changes settings. A desired capacity outside of new bounds moves to the nearer one.
func UpdateGroup(tx *world.Tx, name string, change func(*Settings), desired *int) error {
	if _, there := world.Get[Group](tx, name); !there { // source: a public test, verified on AWS
		return Invalid("AutoScalingGroup name not found - null")
	}
	g, err := FindLiveGroup(tx, name)
	if err != nil {
		return err
	}
	s := g.Settings
	change(&s)
	if err := lockedByRefresh(tx, g, s.Template); err != nil {
		return err
	}
	want := min(max(g.Desired, s.Min), max(s.Max, s.Min))
	if desired != nil {
		want = *desired
	}
	if err := s.check(tx, want); err != nil {
		return err
	}
	left := slices.DeleteFunc(slices.Clone(g.TargetGroups), func(arn string) bool { return slices.Contains(s.TargetGroups, arn) })
	added := slices.ContainsFunc(s.TargetGroups, func(arn string) bool { return !slices.Contains(g.TargetGroups, arn) })
	world.Edit(tx, name, func(g *Group) {
		g.Settings = s
		if want != g.Desired {
			g.Cause = "At " + stamp(tx) + " a user request update of AutoScalingGroup constraints to min: " + number(s.Min) + ", max: " + number(s.Max) +
				", desired: " + number(want) + " changing the desired capacity from " + number(g.Desired) + " to " + number(want) + "."
			g.Desired = want
			g.RetryAt, g.Failures = time.Time{}, 0
		}
	})
	for _, arn := range left {
		for _, i := range InstancesOf(tx, name) {
			deregister(tx, i, arn)
		}
	}
	if added {
		for _, i := range InstancesOf(tx, name) {
			if i.Unregistered {
				edit(tx, i.ID, func(i *Instance) { i.Unregistered = false })
			}
		}
	}
	return nil
}

// SetDesired changes the desired capacity within the bounds. Why is the beginning of the cause that its activities have.
func SetDesired(tx *world.Tx, name string, n int, why string) error {
	g, err := FindLiveGroup(tx, name)
	if err != nil {
		return err
	}
	switch {
	case n > g.Max:
		return Invalid("New SetDesiredCapacity value %d is above max value %d for the AutoScalingGroup.", n, g.Max)
	case n < g.Min:
		return Invalid("New SetDesiredCapacity value %d is below min value %d for the AutoScalingGroup.", n, g.Min)
	}
	if n != g.Desired {
		world.Edit(tx, name, func(g *Group) {
			g.Cause = why + " changing the desired capacity from " + number(g.Desired) + " to " + number(n) + "."
			g.Desired = n
			g.RetryAt, g.Failures = time.Time{}, 0
		})
	}
	return nil
}

// ByUser begins the cause of what a call asks for.
func ByUser(tx *world.Tx) string {
	return "At " + stamp(tx) + " a user request explicitly set group desired capacity"
}

// DeleteGroup deletes a group that has no instances; by force with its instances.
func DeleteGroup(tx *world.Tx, name string, force bool) error {
	g, err := FindGroup(tx, name)
	if err != nil {
		return err
	}
	switch protection := g.DeletionProtection; {
	case g.Deleting && (g.Forced || !force):
		return nil
	case protection == "prevent-all-deletion", protection == "prevent-force-deletion" && force:
		return Invalid("The Auto Scaling group %s cannot be deleted because deletion protection is set to %s.", name, protection)
	case !force && len(InstancesOf(tx, name)) > 0:
		return refuse.New("ResourceInUse", "You cannot delete an AutoScalingGroup while there are instances or pending Spot instance request(s) still in the group.")
	case !force && slices.ContainsFunc(ActivitiesOf(tx, name), func(a *Activity) bool { return !a.Over() }):
		return refuse.New("ScalingActivityInProgress", "You cannot delete an AutoScalingGroup while there are scaling activities in progress for that group.")
	}
	world.Edit(tx, name, func(g *Group) {
		g.Deleting, g.Forced = true, force
		g.Desired, g.Min = 0, 0
		g.RetryAt = tx.Now().Add(tx.Duration(deleteStep()))
	})
	return nil
}

// Retag sets tags of a group and whether instances get them.
func Retag(tx *world.Tx, name string, tags world.Tags, propagate map[string]bool, remove []string) error {
	if _, err := FindGroup(tx, name); err != nil {
		return err
	}
	world.Edit(tx, name, func(g *Group) {
		g.Tags, g.Propagate = maps.Clone(g.Tags), maps.Clone(g.Propagate)
		if g.Tags == nil {
			g.Tags = world.Tags{}
		}
		if g.Propagate == nil {
			g.Propagate = map[string]bool{}
		}
		maps.Copy(g.Tags, tags)
		maps.Copy(g.Propagate, propagate)
		for _, key := range remove {
			delete(g.Tags, key)
			delete(g.Propagate, key)
		}
	})
	g, _ := world.Get[Group](tx, name)
	return checkTags(g.Tags)
}

// checkTags refuses more than AWS allows. Source: Amazon EC2 Auto Scaling User Guide, "Tag naming and usage restrictions".
func checkTags(tags world.Tags) error {
	if len(tags) > 50 {
		return Invalid("The number of tags must not exceed 50")
	}
	return nil
}

// Processes are those of a group, which can be suspended.
// Source: Amazon EC2 Auto Scaling User Guide, "Suspend-resume processes".
func Processes() []string {
	return []string{"AZRebalance", "AddToLoadBalancer", "AlarmNotification", "HealthCheck", "InstanceRefresh", "Launch", "ReplaceUnhealthy", "ScheduledActions", "Terminate"}
}

// Suspend suspends processes of a group, or resumes them: all, where none is named.
func Suspend(tx *world.Tx, name string, processes []string, resume bool) error {
	g, err := FindLiveGroup(tx, name)
	if err != nil {
		return err
	}
	if len(processes) == 0 {
		processes = Processes()
	}
	for _, p := range processes {
		if !slices.Contains(Processes(), p) {
			return Invalid("Invalid process name %s: must be one of [%s]", p, strings.Join(Processes(), ", "))
		}
	}
	if r := activeRefresh(tx, name); resume && r != nil && g.IsSuspended("InstanceRefresh") && slices.Contains(processes, "InstanceRefresh") {
		world.Edit(tx, r.ID, func(r *Refresh) { r.Progressed = tx.Now() }) // it wasn't its fault
	}
	world.Edit(tx, name, func(g *Group) {
		g.Suspended = maps.Clone(g.Suspended)
		if g.Suspended == nil {
			g.Suspended = map[string]string{}
		}
		for _, p := range processes {
			if resume {
				delete(g.Suspended, p)
			} else {
				g.Suspended[p] = "User suspended at " + stamp(tx)
			}
		}
	})
	return nil
}
