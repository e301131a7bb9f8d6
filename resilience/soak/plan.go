package soak

import (
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/resilience/kills"
	"github.com/platformctl/platformctl/resilience/lab"
)

// step is one step of a soak. Everything about it is drawn before the first is done, so that a seed's steps are the same
// however each of them ends. One that makes no sense where it comes, such as drift of what isn't there, is passed over.
type step struct {
	do    string
	shape lab.Shape     // for up
	cut   cut           // for up and down
	fault faults.Config // for faults
	pick  uint64        // for drift and lose: which, of those that there are
	aged  bool          // for drift: it comes an hour after what was done before
}

// The steps.
const (
	doUp      = "up"
	doDown    = "down"
	doStatus  = "status"
	doPlan    = "plan"
	doFaults  = "faults"
	doCalm    = "no more faults"
	doDrift   = "drift"
	doCloud   = "the local cloud is killed"
	doLose    = "the state is lost"
	doBlocker = "something of another's in the way"
	doRivals  = "two at once"
)

// cut is how a command is cut short.
type cut struct {
	by        string // "" isn't
	at        int    // number of the call, or the event
	operation string // the call's; "" counts all
	moment    lab.Moment
	delay     time.Duration // from a reply to the end of the process, or from the end of the cloud to its return
}

// What cuts a command short.
const (
	byKill      = "kill -9 at a call"
	byWrite     = "kill -9 at a write of the state"
	byInterrupt = "Ctrl-C"
	byCloud     = "the local cloud is killed meanwhile"
)

func (c cut) String() string {
	switch {
	case c.by == "":
		return ""
	case c.by == byWrite:
		return fmt.Sprintf("%s, number %d", c.by, c.at)
	case c.operation == "":
		return fmt.Sprintf("%s, number %d, %s", c.by, c.at, c.moment)
	}
	return fmt.Sprintf("%s, %s number %d, %s", c.by, c.operation, c.at, c.moment)
}

// ending is how a soak ends.
type ending struct {
	up bool // once more, before down
}

// planned draws the steps of a seed.
func planned(seed uint64, n int) ([]step, ending) {
	d := dice{rand.New(rand.NewPCG(seed, 0x736f616b))} //nolint:gosec // it must come again, and is no secret
	steps := make([]step, n)
	shape := d.shape(lab.Shape{})
	for i := range steps {
		s := &steps[i]
		s.do = d.kind()
		if i == 0 {
			s.do = doUp
		}
		s.pick, s.aged, s.cut, s.fault = d.Uint64(), d.IntN(10) < 7, d.cut(), d.faults()
		if next := d.shape(shape); d.IntN(10) < 5 && s.do == doUp {
			shape = next
		}
		s.shape = shape
	}
	return steps, ending{up: d.IntN(2) == 0}
}

// dice draws all that is random.
type dice struct{ *rand.Rand }

// one draws one of the values.
func one[T any](d dice, of ...T) T { return of[d.IntN(len(of))] }

func (d dice) kind() string {
	weights := []struct {
		do     string
		weight int
	}{
		{doUp, 34}, {doDown, 8}, {doStatus, 5}, {doPlan, 4}, {doFaults, 9}, {doCalm, 6}, {doDrift, 15}, {doCloud, 4}, {doLose, 4},
		{doBlocker, 3}, {doRivals, 3},
	}
	sum := 0
	for _, w := range weights {
		sum += w.weight
	}
	at := d.IntN(sum)
	for _, w := range weights {
		if at -= w.weight; at < 0 {
			return w.do
		}
	}
	return doUp // not reached
}

// shape draws a configuration that differs from another in some ways, or in all.
func (d dice) shape(from lab.Shape) lab.Shape {
	all := from.Zones == 0 || d.IntN(4) == 0
	change := func() bool { return all || d.IntN(4) == 0 }
	if change() {
		from.Zones = 2 + d.IntN(3)
	}
	if change() {
		from.Instances = 2 + d.IntN(5)
	}
	if change() {
		from.Egress = one(d, "nat-per-zone", "nat-single", "none")
	}
	if change() {
		from.Page = one(d, "", "<h1>one page</h1>\n", "<h1>another page</h1>\n")
	}
	if change() {
		from.Max = one(d, 0, 0, 1) // a group of as many as instances say
	}
	if change() {
		from.CheckEvery = one(d, 5*time.Second, 6*time.Second, 10*time.Second)
	}
	if change() {
		from.Tags = one(d, nil, map[string]string{"team": "web"}, map[string]string{"team": "shop"}, map[string]string{"team": "web", "cost": "42"})
	}
	return from
}

// operations are those at which commands are cut short, besides any call.
func operations() []string {
	return []string{
		"CreateVpc", "ModifyVpcAttribute", "CreateInternetGateway", "AttachInternetGateway", "CreateSubnet", "CreateRouteTable",
		"AssociateRouteTable", "CreateRoute", "AllocateAddress", "CreateNatGateway", "CreateVpcEndpoint", "CreateSecurityGroup",
		"AuthorizeSecurityGroupIngress", "CreateRole", "AttachRolePolicy", "CreateInstanceProfile", "AddRoleToInstanceProfile",
		"CreateLaunchTemplate", "CreateLaunchTemplateVersion", "CreateAutoScalingGroup", "UpdateAutoScalingGroup", "DeleteAutoScalingGroup",
		"RunInstances", "CreateTargetGroup", "CreateLoadBalancer", "CreateListener", "RegisterTargets", "ModifyTargetGroup", "SetSubnets",
		"CreateTags", "AddTags", "DeregisterTargets", "TerminateInstances", "DeleteLoadBalancer", "DeleteNatGateway", "ReleaseAddress",
		"DeleteSubnet", "DeleteRouteTable", "DeleteRoute", "DetachInternetGateway", "DeleteVpc", "DeleteRole", "DeleteVpcEndpoints",
	}
}

func (d dice) cut() cut {
	c := cut{moment: one(d, lab.Unsent, lab.Acted, lab.Replied)}
	// Of up to 300 calls, the first are the likelier, as every command has those.
	c.at = int(math.Exp(d.Float64() * math.Log(300)))
	if d.IntN(2) == 0 {
		c.operation, c.at = one(d, operations()...), 1+d.IntN(3)
	}
	wait := time.Duration(d.IntN(2000)) * time.Millisecond
	switch at := d.IntN(100); {
	case at < 30:
		c.by = byKill
		if c.moment == lab.Replied {
			c.delay = kills.DelayAt(d.IntN(100))
		}
	case at < 38:
		c.by, c.at, c.operation = byWrite, 1+d.IntN(60), ""
	case at < 46:
		c.by, c.moment = byInterrupt, lab.Replied
	case at < 56:
		c.by, c.delay = byCloud, wait
		c.moment = one(d, lab.Unsent, lab.Acted)
	default:
		return cut{}
	}
	return c
}

// faults draws troubles. Shares of calls stay within what up and down must get over.
func (d dice) faults() faults.Config {
	c := faults.Config{Seed: int64(d.IntN(1 << 30))}
	rates := func() {
		c.ThrottleRate, c.ErrorRate, c.ResetRate, c.LostReplyRate = 0.3*d.Float64(), 0.1*d.Float64(), 0.05*d.Float64(), 0.05*d.Float64()
	}
	delays := func() {
		late := func(most int) faults.Duration { return faults.Duration(time.Duration(d.IntN(most)) * time.Millisecond) }
		c.DescribeDelay, c.ReferenceDelay, c.IAMPropagation, c.VaryDelays = late(2000), late(2000), late(3000), d.IntN(2) == 0
	}
	zone := "us-east-1" + one(d, "a", "b", "c")
	hard := one(d,
		faults.Config{NoCapacity: []faults.Place{{Zone: zone}}},
		faults.Config{Deny: []string{one(d, "ec2:CreateNatGateway", "ec2:RunInstances", "elasticloadbalancing:Create*", "ec2:CreateSubnet", "iam:Create*",
			"ec2:Delete*", "ec2:TerminateInstances", "elasticloadbalancing:Delete*")}},
		faults.Config{Failures: []faults.Failure{{Object: one(d, "nat-gateway", "instance", "load-balancer"), Times: 1}}},
		faults.Config{Throttle: true},
	)
	switch at := d.IntN(100); {
	case at < 45:
		rates()
	case at < 65:
		delays()
	case at < 80:
		rates()
		delays()
	default:
		seed := c.Seed
		c = hard
		c.Seed = seed
	}
	return c
}

// late reports whether the troubles hide what is new.
func late(c faults.Config) bool {
	return c.DescribeDelay > 0 || c.ReferenceDelay > 0 || c.IAMPropagation > 0
}

// hard reports whether a command may fail because of the troubles. Buckets throttle without end where it has to wait for
// them long enough.
func hard(c faults.Config) bool {
	return len(c.NoCapacity)+len(c.Deny)+len(c.Failures) > 0
}

// said is what the troubles are, in words.
func said(c faults.Config) string {
	text := ""
	for _, part := range []struct {
		on   bool
		what string
	}{
		{c.ThrottleRate > 0, fmt.Sprintf("throttled %.2f, failing %.2f, reset %.2f, lost %.2f", c.ThrottleRate, c.ErrorRate, c.ResetRate, c.LostReplyRate)},
		{late(c), fmt.Sprintf("unseen %s, unknown %s, IAM %s, varying %t", time.Duration(c.DescribeDelay), time.Duration(c.ReferenceDelay), time.Duration(c.IAMPropagation), c.VaryDelays)},
		{c.Throttle, "AWS's token buckets"},
		{len(c.NoCapacity) > 0, fmt.Sprint("no capacity in ", c.NoCapacity)},
		{len(c.Deny) > 0, fmt.Sprint("denied: ", c.Deny)},
		{len(c.Failures) > 0, fmt.Sprintf("failing: %+v", c.Failures)},
	} {
		if part.on {
			if text != "" {
				text += "; "
			}
			text += part.what
		}
	}
	return text
}
