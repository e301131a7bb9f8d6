package server

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	ec2api "github.com/platformctl/platformctl/internal/localcloud/services/ec2/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbapi "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/api"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iamapi "github.com/platformctl/platformctl/internal/localcloud/services/iam/api"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	servicequotasapi "github.com/platformctl/platformctl/internal/localcloud/services/servicequotas/api"
	ssmapi "github.com/platformctl/platformctl/internal/localcloud/services/ssm/api"
	ssmmodel "github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	stsapi "github.com/platformctl/platformctl/internal/localcloud/services/sts/api"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// kinds are all kinds of object that the world holds.
func kinds() []world.AnyKind {
	return slices.Concat(network.Kinds(), compute.Kinds(), iammodel.Kinds(), elbmodel.Kinds(), ssmmodel.Kinds())
}

// operations are all operations of all services. What the model alone can't know, the
// health of targets and what instances write to their consoles, comes from the plane,
// and what the caller may do from the injector of faults.
//
// Both are asked for while the world is locked for reading, so nothing that the plane
// does under its own lock may wait for the world.
func operations(w *world.World, plane *dataplane.Plane, injector *faults.Injector) []wire.Operation {
	return slices.Concat(
		ec2api.Operations(w, ec2api.WithConsole(plane.Console)),
		elbapi.Operations(w, elbapi.Options{Instances: findInstance, Health: healthOf(plane)}),
		iamapi.Operations(w, iamapi.Caller{ARN: stsapi.UserARN(), Decide: injector.Decide}),
		stsapi.Operations(faults.DecodeMessage),
		ssmapi.Operations(w),
		servicequotasapi.Operations(w),
	)
}

// SimulatedOperations is the table of all operations, without a cloud that carries them
// out: for what is to be checked before there is one.
func SimulatedOperations() []wire.Operation { return operations(nil, nil, nil) }

// findInstance is how load balancing sees EC2's instances.
func findInstance(tx *world.Tx, id string) (elbmodel.Instance, bool) {
	i, ok := world.Get[compute.Instance](tx, id)
	if !ok {
		return elbmodel.Instance{}, false
	}
	return elbmodel.Instance{ID: i.ID, VPCID: i.VPCID, Zone: i.Zone, State: string(i.State)}, true
}

// healthOf reads what the data plane's checks say about the targets of a group.
func healthOf(plane *dataplane.Plane) elbapi.HealthReader {
	return func(targetGroupARN string) []elbapi.TargetHealth {
		var out []elbapi.TargetHealth
		for _, t := range plane.Health(targetGroupARN) {
			out = append(out, elbapi.TargetHealth{InstanceID: t.InstanceID, Port: t.Port,
				Health: elbmodel.Health{State: string(t.State), Reason: t.Reason, Description: t.Description}})
		}
		return out
	}
}
