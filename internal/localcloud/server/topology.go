package server

import (
	"context"
	"encoding/base64"
	"errors"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// applyAgainAfter is the pause after the traffic couldn't be made as the world says.
const applyAgainAfter = time.Second

// bootStep is how long a new machine takes from power on to its network being up.
func bootStep() world.Step {
	return world.Step{Name: "instance booted", Fast: 10 * time.Millisecond, AWS: 15 * time.Second}
}

// bootAgainStep is how long it takes each later time.
func bootAgainStep() world.Step {
	return world.Step{Fast: bootStep().Fast, AWS: bootStep().AWS, Met: true}
}

// shutdownStep is how long an operating system takes from the order to shut down to its
// network being gone: it refuses connections until then. AWS doesn't publish it.
func shutdownStep() world.Step {
	return world.Step{Fast: 100 * time.Millisecond, AWS: 8 * time.Second, Met: true}
}

// follow keeps the traffic as the world says until ctx ends. It sleeps until something
// changes, or is due to change by itself: a local cloud that nobody uses uses nothing.
func (s *Server) follow(ctx context.Context) {
	defer s.agents.wg.Wait()
	for ctx.Err() == nil {
		changed := s.world.Changed() // before reading, so that no change is missed
		if err := s.workOfGroups(); err != nil {
			s.log.Error("the Auto Scaling groups are not as they should be", "error", err)
		}
		complete := s.carry(ctx, false)
		if err := errors.Join(s.agents.refresh(), s.agents.work(ctx)); err != nil {
			s.log.Error("the agents of Systems Manager are not as they should be", "error", err)
		}
		if err := s.meter.act(); err != nil {
			s.log.Error("the actions of alarms are not carried out", "error", err)
		}
		s.sleep(ctx, changed, !complete)
	}
}

// carry makes the traffic as the world says. It reports whether all of it is. To resume
// is to do so for the first time: machines that run in the world have been running all
// along, so they don't take their time to boot.
func (s *Server) carry(ctx context.Context, resume bool) bool {
	topology, logs, err := s.topology()
	s.logs.follow(logs, resume)
	if resume {
		for i := range topology.Instances {
			if topology.Instances[i].State == string(compute.Running) {
				topology.Instances[i].BootDelay = 0
			}
		}
	}
	if err == nil {
		err = s.plane.Apply(ctx, topology)
	}
	if err != nil {
		s.log.Error("the traffic is not as it should be", "error", err)
	}
	return err == nil
}

// sleep returns when the world has changed, is due to change, or ctx has ended.
func (s *Server) sleep(ctx context.Context, changed <-chan struct{}, soon bool) {
	at, due := s.world.NextDue()
	wait := at.Sub(s.options.Clock.Now())
	if soon && (!due || wait > applyAgainAfter) {
		wait, due = applyAgainAfter, true
	}
	var timeout <-chan time.Time
	if due {
		timer := s.options.Clock.NewTimer(wait)
		defer timer.Stop()
		timeout = timer.C()
	}
	select {
	case <-changed:
	case <-timeout:
	case <-ctx.Done():
	}
}

// topology is what the data plane needs to know of the world, of all regions.
func (s *Server) topology() (t dataplane.Topology, logs map[string]elbmodel.LogDestination, err error) {
	logs = map[string]elbmodel.LogDestination{}
	reach := reachability{}
	err = s.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			tx := tx.In(region)
			for _, b := range world.All[elbmodel.LoadBalancer](tx) {
				if to, on := b.AccessLogs(); on {
					logs[b.ID] = to
				}
			}
			for _, i := range world.All[compute.Instance](tx) {
				t.Instances = append(t.Instances, s.instance(tx, i))
			}
			addLoadBalancing(tx, &t, reach)
		}
		return s.authority.Set(acmmodel.Leaves(tx)) // while nobody can import one
	})
	// The verdicts were found above: the data plane asks while it holds its own lock,
	// under which nobody may wait for the world's.
	t.Reach = reach.verdict
	t.Certificate = s.authority.Certificate
	t.Log = s.logs.take
	return t, logs, err
}

func (s *Server) instance(tx *world.Tx, i *compute.Instance) dataplane.Instance {
	region, id := tx.Region(), i.ID
	boot := bootStep()
	if i.Boots > 1 {
		boot = bootAgainStep()
	}
	// What isn't base64 was refused by RunInstances.
	userData, _ := base64.StdEncoding.DecodeString(i.UserData)
	return dataplane.Instance{
		ID: id, Zone: i.Zone, Region: region, PrivateIP: i.PrivateIP.String(), Hostname: network.PrivateDNSName(region, i.PrivateIP),
		ImageID: i.ImageID, Type: i.Type, State: string(i.State), UserData: userData,
		Egress:    func() (bool, string) { return s.egress(region, id, i.Zone) },
		BootDelay: tx.Duration(boot), ShutdownDelay: tx.Duration(shutdownStep()), Unnoticed: i.Unnoticed,
		Reboots: i.Boots, Hangs: i.Hangs,
	}
}

// egress says whether an instance reaches its package repositories at this moment, and
// if not why. Amazon Linux keeps them in S3.
func (s *Server) egress(region, id, zone string) (ok bool, reason string) {
	if slices.Contains(s.world.Switches().NoPackages, zone) {
		return false, "the repositories don't answer in " + zone + ", as the faults say"
	}
	var way network.Way
	err := s.world.View(region, func(tx *world.Tx) error {
		way = network.EgressToS3(tx, id, 443)
		return nil
	})
	if err != nil {
		return false, err.Error()
	}
	return way.Open, way.Why
}

// reachability holds the verdicts on the ways from load balancer nodes to targets.
type reachability map[wayToTarget]dataplane.Verdict

type wayToTarget struct {
	from     string // network interface of the node
	instance string
	port     int
}

func (r reachability) verdict(from dataplane.Node, instanceID string, port int) dataplane.Verdict {
	if v, ok := r[wayToTarget{from.InterfaceID, instanceID, port}]; ok {
		return v
	}
	return dataplane.Verdict{Why: "it has no way there"}
}

// note finds the verdict on the way from a node to a port of an instance.
func (r reachability) note(tx *world.Tx, node dataplane.Node, instanceID string, port int) {
	way := wayToTarget{node.InterfaceID, instanceID, port}
	if _, known := r[way]; known {
		return
	}
	from, ok := world.Get[network.NetworkInterface](tx, node.InterfaceID)
	to := network.InterfacesOf(tx, instanceID)
	if !ok || len(to) == 0 {
		return
	}
	r[way] = verdict(network.Reach(tx, from, to[0], port), func() network.Verdict {
		return network.Reach(tx, tracked(from), tracked(to[0]), port)
	})
}

// verdict is the data plane's form of a verdict; established is that on connections
// which security groups have let through before.
func verdict(v network.Verdict, established func() network.Verdict) dataplane.Verdict {
	if v.Allowed {
		return dataplane.Verdict{Allowed: true, Established: true}
	}
	return dataplane.Verdict{Established: established().Allowed, Why: v.Why}
}

// tracked is a network interface as the packets of an established connection meet it:
// security groups are asked only when a connection begins; routes and network ACLs are
// asked for each packet.
func tracked(i *network.NetworkInterface) *network.NetworkInterface {
	without := *i
	without.Groups = nil
	return &without
}
