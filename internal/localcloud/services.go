package localcloud

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/ec2"
	"github.com/platformctl/platformctl/internal/localcloud/elbv2"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/iam"
	"github.com/platformctl/platformctl/internal/localcloud/servicequotas"
	"github.com/platformctl/platformctl/internal/localcloud/ssm"
	"github.com/platformctl/platformctl/internal/localcloud/sts"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world/identity"
	"github.com/platformctl/platformctl/internal/localcloud/world/loadbalancing"
	"github.com/platformctl/platformctl/internal/localcloud/world/network"
	"github.com/platformctl/platformctl/internal/localcloud/world/runcommand"
)

// kinds are all kinds of object that the world holds.
func kinds() []world.AnyKind {
	return slices.Concat(network.Kinds(), compute.Kinds(), identity.Kinds(), loadbalancing.Kinds(), runcommand.Kinds())
}

// operations are all operations of all services. What the model alone can't know, the
// health of targets and what instances write to their consoles, comes from the plane,
// and what the caller may do from the injector of faults.
//
// Both are asked for while the world is locked for reading, so nothing that the plane
// does under its own lock may wait for the world.
func operations(w *world.World, plane *dataplane.Plane, injector *faults.Injector) []wire.Operation {
	return slices.Concat(
		ec2.Operations(w, ec2.WithConsole(plane.Console)),
		elbv2.Operations(w, elbv2.Options{Instances: findInstance, Health: healthOf(plane)}),
		iam.Operations(w, iam.Caller{ARN: sts.UserARN(), Decide: injector.Decide}),
		sts.Operations(faults.DecodeMessage),
		ssm.Operations(w),
		servicequotas.Operations(w),
	)
}

// SimulatedOperations is the table of all operations, without a cloud that carries them
// out: for what is to be checked before there is one.
func SimulatedOperations() []wire.Operation { return operations(nil, nil, nil) }

// findInstance is how load balancing sees EC2's instances.
func findInstance(tx *world.Tx, id string) (loadbalancing.Instance, bool) {
	i, ok := world.Get[compute.Instance](tx, id)
	if !ok {
		return loadbalancing.Instance{}, false
	}
	return loadbalancing.Instance{ID: i.ID, VPCID: i.VPCID, Zone: i.Zone, State: string(i.State)}, true
}

// healthOf reads what the data plane's checks say about the targets of a group.
func healthOf(plane *dataplane.Plane) elbv2.HealthReader {
	return func(targetGroupARN string) []elbv2.TargetHealth {
		var out []elbv2.TargetHealth
		for _, t := range plane.Health(targetGroupARN) {
			out = append(out, elbv2.TargetHealth{InstanceID: t.InstanceID, Port: t.Port,
				Health: loadbalancing.Health{State: string(t.State), Reason: t.Reason, Description: t.Description}})
		}
		return out
	}
}
