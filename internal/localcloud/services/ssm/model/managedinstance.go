package model

import (
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// connection is how things stand between Systems Manager and an agent.
type connection string

const (
	registering connection = "registering" // not known yet
	online      connection = "online"
	losing      connection = "losing" // gone, and not missed yet
	lost        connection = "lost"
	returning   connection = "returning" // there again, and not noticed yet
)

// ManagedInstance is an instance whose agent has registered with Systems Manager, or is
// about to.
type ManagedInstance struct {
	world.Object // ID: the instance's
	Connection   connection
	Registered   time.Time
	LastHeard    time.Time // when it was lost
	Boots        int       // of the instance, when it was last online
}

// registerStep is the time from an instance's start to its agent being registered.
func registerStep() world.Step {
	return world.Step{Fast: 150 * time.Millisecond, AWS: 45 * time.Second}
}

// loseStep is the time until a silent agent counts as lost. AWS doesn't publish it; the
// agent reports every five minutes.
func loseStep() world.Step { return world.Step{Fast: 300 * time.Millisecond, AWS: 5 * time.Minute} }

// reportEvery is how often an agent says that it is there.
// Source: Systems Manager User Guide, "Working with SSM Agent".
const reportEvery = 5 * time.Minute

func managedInstanceKind() world.AnyKind {
	return world.Kind[ManagedInstance, *ManagedInstance]{
		Name: "ssm-managed-instance", Untaggable: true, NotFound: func(ids ...string) error { return invalidState(ids) },
		Settle: func(tx *world.Tx, m *ManagedInstance, to string) {
			world.Edit(tx, m.ID, func(m *ManagedInstance) {
				if connection(to) == online && m.Connection == registering {
					m.Registered = tx.Now()
				}
				m.Connection = connection(to)
			})
		},
	}
}

// invalidState is the refusal of instances that commands can't be sent to.
// Source: seen in public logs; the API reference lists the causes under InvalidInstanceId.
func invalidState(ids []string) error {
	return refuse.New("InvalidInstanceId", "Instances [[%s]] not in a valid state for account %s", strings.Join(ids, ", "), world.AccountID)
}

// Known reports whether Systems Manager lists the instance.
func (m *ManagedInstance) Known() bool { return m.Connection != registering }

// PingStatus is the connection as Systems Manager tells it.
func (m *ManagedInstance) PingStatus() string {
	if m.Connection == online || m.Connection == losing {
		return "Online"
	}
	return "ConnectionLost"
}

// LastPing is when Systems Manager last heard of the agent.
func (m *ManagedInstance) LastPing(now time.Time) time.Time {
	if m.Connection != online {
		return m.LastHeard
	}
	return m.Registered.Add(now.Sub(m.Registered).Truncate(reportEvery))
}

// agentRequests are what an instance's agent must be allowed to do to be of any use.
// Source: AWS Managed Policy Reference Guide, AmazonSSMManagedInstanceCore, without what
// other features than Run Command need.
func agentRequests(i *compute.Instance) []policy.Request {
	requests := []policy.Request{{Action: "ssm:UpdateInstanceInformation", Resource: "arn:aws:ec2:" + i.Region + ":" + world.AccountID + ":instance/" + i.ID}}
	for _, action := range []string{"CreateControlChannel", "OpenControlChannel", "CreateDataChannel", "OpenDataChannel"} {
		requests = append(requests, policy.Request{Action: "ssmmessages:" + action, Resource: "*"})
	}
	for n := range requests {
		requests[n].Context = policy.Context{"aws:RequestedRegion": {i.Region}}
	}
	return requests
}

// reaches says whether an instance's agent can talk to Systems Manager: the instance
// runs, has credentials with the permission to, and has a way to the service's endpoint.
func reaches(tx *world.Tx, i *compute.Instance) bool {
	if i.State != compute.Running || i.Hangs || i.Profile == nil || i.Metadata.Endpoint == "disabled" {
		return false
	}
	p, ok := world.Get[iammodel.InstanceProfile](tx.In(""), strings.ToLower(i.Profile.Name))
	return ok && p.Role != "" && iammodel.Allows(tx, p.Role, agentRequests(i)...) && network.Egress(tx, i.ID, 443).Open
}

// Stale reports whether [Refresh] would change anything.
func Stale(tx *world.Tx) bool {
	for _, i := range world.All[compute.Instance](tx) {
		if _, change := next(tx, i); change {
			return true
		}
	}
	return len(forgotten(tx)) > 0
}

// Refresh lets the agents of all instances notice what has changed around them.
func Refresh(tx *world.Tx) {
	for _, i := range world.All[compute.Instance](tx) {
		to, change := next(tx, i)
		if !change {
			continue
		}
		edit := func(f func(*ManagedInstance)) { world.Edit(tx, i.ID, f) }
		switch to {
		case registering:
			m := &ManagedInstance{Object: tx.NamedObject(i.ID, nil), Connection: registering, Boots: i.Boots}
			m.Become(tx, string(online), registerStep())
			world.Add(tx, m)
		case online:
			edit(func(m *ManagedInstance) { m.Connection, m.Boots = online, i.Boots; m.Stay() })
		case losing:
			edit(func(m *ManagedInstance) {
				m.Connection, m.LastHeard = losing, m.LastPing(tx.Now())
				m.Become(tx, string(lost), loseStep())
			})
		case lost:
			edit(func(m *ManagedInstance) { m.Connection = lost; m.Stay() })
		case returning:
			edit(func(m *ManagedInstance) {
				m.Connection, m.Boots = returning, i.Boots
				m.Become(tx, string(online), registerStep())
			})
		default:
			world.Delete[ManagedInstance](tx, i.ID)
		}
	}
	for _, id := range forgotten(tx) {
		world.Delete[ManagedInstance](tx, id)
	}
}

// next is what the connection to an instance's agent becomes; "" means that there is none
// to speak of.
func next(tx *world.Tx, i *compute.Instance) (to connection, change bool) {
	m, known := world.Get[ManagedInstance](tx, i.ID)
	there := reaches(tx, i)
	if !known {
		return registering, there
	}
	switch m.Connection {
	case registering:
		return "", !there
	case online:
		return losing, !there
	case losing:
		if there && i.Boots == m.Boots {
			return online, true
		}
		return returning, there
	case returning:
		return lost, !there
	case lost:
		return returning, there
	}
	return "", false
}

// forgotten are the managed instances whose instance is no more.
func forgotten(tx *world.Tx) (ids []string) {
	for _, m := range world.All[ManagedInstance](tx) {
		if _, there := world.Get[compute.Instance](tx, m.ID); !there {
			ids = append(ids, m.ID)
		}
	}
	return ids
}
