package diagram

import (
	"github.com/platformctl/platformctl/internal/resource"
)

// Platform is all that a drawing shows.
type Platform struct {
	Name, Target, Region string
	// Health is healthy, degraded, down or absent; "" where nobody looked.
	Health string
	URL    string
	// CIDR is the VPC's range.
	CIDR string

	VPC, Gateway                    Object
	Balancer, Listener, TargetGroup Object
	Zones                           []Zone
	// Endpoint is the S3 gateway endpoint; nil where there is none.
	Endpoint *Object
	Groups   []Group
	// Identity is what lets instances act: instance profile and role.
	Identity []Object
	// Scaling is what keeps the instances: launch template, Auto Scaling group and policy. None for a fixed number.
	Scaling []Object
	// Others are of kinds that have no place of their own.
	Others []Object

	// Wrong is what isn't as configured, and what isn't ready.
	Wrong []Difference
	// Total is how many objects there should be, and are too many.
	Total int
}

// Planned says that nothing is there, or that nobody looked: the drawing is of
// the configuration alone.
func (p Platform) Planned() bool { return p.Health == "" || p.Health == healthAbsent }

const (
	healthHealthy  = "healthy"
	healthDegraded = "degraded"
	healthAbsent   = "absent"
)

// Object is one object of a drawing.
type Object struct {
	Key resource.Key
	// ID is what AWS calls it; "" where it isn't there, or nobody looked.
	ID string
	// Nth tells objects of the same key apart; 0 where there is one.
	Nth int
	// Detail says what it is set to.
	Detail []string
	State  State
	// Serves says of an instance that the load balancer calls it healthy.
	Serves bool
}

// State is how an object is: always a sign and, where it isn't as it should be,
// a word, because a colour alone tells not everybody.
type State struct {
	Mark Mark
	Word string
	// Note is AWS's own word on it.
	Note string
}

// Mark is what is thought of a state.
type Mark int

// The marks.
const (
	Planned Mark = iota // nobody looked, or nothing is there yet
	Good
	Waiting // on its way, or unwell without having drifted
	Bad     // drifted, missing or failed
	Missing // bad, and not there at all
)

// Sign is the mark as a symbol; "" where nothing is known. They are those of
// `platformctl status`.
func (m Mark) Sign() string {
	switch m {
	case Good:
		return "✓"
	case Waiting:
		return "~"
	case Bad, Missing:
		return "✗"
	default:
		return ""
	}
}

// class is the mark's name in style sheets.
func (m Mark) class() string {
	return [...]string{"planned", "good", "waiting", "bad", "missing"}[m]
}

// Zone is an Availability Zone's lane.
type Zone struct {
	Name            string
	Public, Private Subnet
	// NAT is its NAT gateway; nil where it has none.
	NAT *Object
	// Out is the place in Platform.Zones of the NAT gateway that the zone's
	// instances use; -1 where they have none.
	Out       int
	Instances []Object
}

// healthyInstances is how many of the zone's are.
func (z Zone) healthyInstances() int {
	n := 0
	for _, i := range z.Instances {
		if i.Serves {
			n++
		}
	}
	return n
}

// Subnet is a subnet with its route table.
type Subnet struct {
	Object
	CIDR  string
	Table Object
}

// Group is a security group with its rules.
type Group struct {
	Object
	Rules Object
}

// Difference is an object that isn't as it should be.
type Difference struct {
	Object
	Reasons []string
}
