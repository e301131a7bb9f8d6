package compute

import (
	"net/netip"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// State is an instance's state.
type State string

// The states of an instance.
const (
	Pending      State = "pending"
	Running      State = "running"
	ShuttingDown State = "shutting-down"
	Terminated   State = "terminated"
	Stopping     State = "stopping"
	Stopped      State = "stopped"
)

// Code is the number that EC2 gives with the state.
func (s State) Code() int {
	return map[State]int{Running: 16, ShuttingDown: 32, Terminated: 48, Stopping: 64, Stopped: 80}[s]
}

// Instance is a virtual machine.
type Instance struct {
	world.Object
	ReservationID string
	LaunchIndex   int
	ImageID       string
	Type          string
	Architecture  string
	VPCID         string
	SubnetID      string
	Zone          string
	PrivateIP     netip.Addr
	State         State
	Launched      time.Time // last start
	Boots         int       // starts and reboots so far, for what runs inside
	Hangs         bool      // the last of them doesn't get as far as the network
	Reason        string    // of the last change of state
	StateReason   Reason
	Unnoticed     bool   // other services don't know yet that it is stopped or terminated
	Fate          Reason // why it will be terminated instead of running, if it will
	UserData      string // base64, as it was given
	Profile       *Profile
	ProfileID     string // of the association with the profile
	Metadata      MetadataOptions
	ClientToken   string

	Monitoring         bool
	EBSOptimized       bool
	DisableTermination bool
	DisableStop        bool
	ShutdownBehavior   string // stop, terminate
	CPUCredits         string // standard, unlimited; empty unless burstable
	Tenancy            string
}

// noticed is the step at which others learn that an instance is stopped or terminated.
const noticed = "noticed"

// Reason says why an instance is in its state.
type Reason struct{ Code, Message string }

// Profile is an IAM instance profile as EC2 knows it.
type Profile struct{ Name, ARN, ID string }

// MetadataOptions are those of the instance metadata service.
type MetadataOptions struct {
	Tokens   string // optional, required
	HopLimit int    // 1–64
	Endpoint string // enabled, disabled
	Tags     string // enabled, disabled
}

func launchStep() world.Step {
	return world.Step{Name: "instance running", Fast: 150 * time.Millisecond, AWS: 25 * time.Second}
}

// startStep is how long an instance takes that was stopped: what served before is away until then.
func startStep() world.Step {
	return world.Step{Fast: launchStep().Fast, AWS: launchStep().AWS, Met: true}
}
func stopStep() world.Step {
	return world.Step{Fast: 150 * time.Millisecond, AWS: 30 * time.Second, Met: true}
}
func terminateStep() world.Step {
	return world.Step{Name: "instance terminated", Fast: 150 * time.Millisecond, AWS: 38 * time.Second}
}

// noticeStep is how long other services, such as load balancers, take to learn that an
// instance is stopped or terminated. AWS doesn't publish it.
func noticeStep() world.Step {
	return world.Step{Fast: 100 * time.Millisecond, AWS: 10 * time.Second, Met: true}
}

func checksStep() world.Step {
	return world.Step{Fast: 300 * time.Millisecond, AWS: 120 * time.Second}
}

// lingerStep is how long a terminated instance stays visible.
// Source: Amazon EC2 User Guide, "Terminate instances": about an hour.
func lingerStep() world.Step { return world.Step{Fast: time.Minute, AWS: time.Hour} }

// VCPUs is how many virtual processors the running on-demand standard instances of a region
// may have. Source of the code: Amazon EC2 User Guide, "On-Demand Instance quotas"; the
// default is what a new account commonly has.
func VCPUs() world.Quota {
	return world.Quota{Key: "vcpus", Service: "ec2", ServiceName: "Amazon Elastic Compute Cloud (Amazon EC2)", Code: "L-1216C47A",
		Name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances", Default: 32}
}

// instanceKind fails as the Amazon EC2 API Reference says in "StateReason".
func instanceKind() world.AnyKind {
	return world.Kind[Instance, *Instance]{
		Traits: world.Traits{
			Noun: "instance", Steps: []world.Step{launchStep(), terminateStep()}, Quotas: []world.Quota{VCPUs()},
			Failing: world.Failing{Object: "instance", Code: "Server.InternalError", Message: "Server.InternalError: Internal error on launch"},
		},
		Counts: func(_ *world.Tx, i *Instance) bool { return i.State != Terminated },
		Name:   "instance", Prefix: "i",
		NotFound: func(ids ...string) error {
			return refuse.NotFound("InvalidInstanceID.NotFound", "instance ID", ids...)
		},
		Malformed: func(id string) error { return refuse.New("InvalidInstanceID.Malformed", "Invalid id: %q", id) },
		Settle:    settleInstance,
	}
}

func settleInstance(tx *world.Tx, i *Instance, to string) {
	switch State(to) {
	case Running:
		world.Edit(tx, i.ID, func(i *Instance) {
			i.State, i.Reason, i.StateReason = Running, "", Reason{}
			i.boot(tx)
		})
	case Stopped:
		for _, x := range network.InterfacesOf(tx, i.ID) {
			network.ReclaimPublicIP(tx, x.ID)
		}
		world.Edit(tx, i.ID, func(i *Instance) {
			i.State, i.Unnoticed = Stopped, true
			i.Become(tx, noticed, noticeStep())
		})
	case Terminated:
		dismantle(tx, i)
	case noticed:
		world.Edit(tx, i.ID, func(i *Instance) {
			i.Unnoticed = false
			if i.State == Terminated {
				i.Become(tx, "gone", lingerStep())
			}
		})
	default: // gone
		world.Delete[Instance](tx, i.ID)
	}
}

// dismantle frees all that a terminated instance held.
func dismantle(tx *world.Tx, i *Instance) {
	for _, x := range network.InterfacesOf(tx, i.ID) {
		if x.Attachment.DeleteOnTermination {
			network.RemoveInterface(tx, x.ID)
		} else {
			network.DetachFromInstance(tx, x.ID)
		}
	}
	for _, v := range VolumesOf(tx, i.ID) {
		if v.DeleteOnTermination {
			world.Delete[Volume](tx, v.ID)
			continue
		}
		world.Edit(tx, v.ID, func(v *Volume) { v.State, v.InstanceID, v.Device = "available", "", "" })
	}
	world.Edit(tx, i.ID, func(i *Instance) {
		i.State, i.PrivateIP = Terminated, netip.Addr{}
		if i.Fate.Code != "" {
			i.StateReason, i.Reason = i.Fate, i.Fate.Code
		}
		i.Unnoticed = true
		i.Become(tx, noticed, noticeStep())
	})
}

// boot notes that what is inside starts again.
func (i *Instance) boot(tx *world.Tx) {
	i.Boots++
	i.Hangs = slices.Contains(tx.Switches().NoBoot, i.ImageID)
}

// Checks are what the status checks of a running instance have found.
type Checks struct {
	Done             bool // they take a while after the start
	Instance, System bool // failed: the instance itself doesn't answer, or EC2 finds the machine under it broken
}

// Impaired reports whether either has failed.
func (c Checks) Impaired() bool { return c.Instance || c.System }

// ChecksOf are those of an instance.
func ChecksOf(tx *world.Tx, i *Instance) Checks {
	if !checked(tx, i) {
		return Checks{}
	}
	s := tx.Switches()
	return Checks{Done: true, Instance: i.Hangs || slices.Contains(s.ImpairedInstances, i.ID), System: slices.Contains(s.ImpairedSystems, i.ID)}
}

// checked reports whether a running instance has had the time for its status checks.
func checked(tx *world.Tx, i *Instance) bool {
	start := launchStep()
	if i.Boots > 1 {
		start = startStep()
	}
	return i.State == Running && !tx.Now().Before(i.Launched.Add(tx.Duration(start)+tx.Duration(checksStep())))
}

// Groups are the IDs of the security groups of an instance's primary interface.
func Groups(tx *world.Tx, i *Instance) []string {
	if interfaces := network.InterfacesOf(tx, i.ID); len(interfaces) > 0 {
		return interfaces[0].Groups
	}
	return nil
}
