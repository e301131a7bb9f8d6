package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) limitOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "GetAccountLimit", getAccountLimit).At("GET /2013-04-01/accountlimit/{Type}"),
		view(h, "GetHostedZoneLimit", getHostedZoneLimit).At("GET /2013-04-01/hostedzonelimit/{Id}/{Type}"),
	}
}

type limit struct {
	Type  string
	Value int
}

type limitOutput struct {
	Limit limit
	Count int
}

type getAccountLimitInput struct {
	Type string `query:"Type,required" rest:"path Type" enum:"MAX_HEALTH_CHECKS_BY_OWNER|MAX_HOSTED_ZONES_BY_OWNER|MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER|MAX_REUSABLE_DELEGATION_SETS_BY_OWNER|MAX_TRAFFIC_POLICIES_BY_OWNER"`
}

// getAccountLimit counts hosted zones; of the rest, which nobody can make here, it says AWS's limits.
// Source: Amazon Route 53 Developer Guide, "Quotas".
func getAccountLimit(tx *world.Tx, _ *wire.Call, in *getAccountLimitInput) (*limitOutput, error) {
	if in.Type == "MAX_HOSTED_ZONES_BY_OWNER" {
		return &limitOutput{limit{in.Type, tx.Limit(model.HostedZones())}, len(model.Zones(tx))}, nil
	}
	most := map[string]int{"MAX_HEALTH_CHECKS_BY_OWNER": 200, "MAX_TRAFFIC_POLICY_INSTANCES_BY_OWNER": 5,
		"MAX_REUSABLE_DELEGATION_SETS_BY_OWNER": 100, "MAX_TRAFFIC_POLICIES_BY_OWNER": 50}
	return &limitOutput{limit{in.Type, most[in.Type]}, 0}, nil
}

type getHostedZoneLimitInput struct {
	ID   string `query:"HostedZoneId,required" rest:"path Id" max:"32"`
	Type string `query:"Type,required" rest:"path Type" enum:"MAX_RRSETS_BY_ZONE|MAX_VPCS_ASSOCIATED_BY_ZONE"`
}

func getHostedZoneLimit(tx *world.Tx, _ *wire.Call, in *getHostedZoneLimitInput) (*limitOutput, error) {
	z, err := model.FindZone(tx, in.ID)
	switch {
	case err != nil:
		return nil, err
	case in.Type == "MAX_VPCS_ASSOCIATED_BY_ZONE":
		return nil, refuse.New("HostedZoneNotPrivate", "The specified hosted zone is a public hosted zone.")
	}
	return &limitOutput{limit{in.Type, model.MaxRecordSets}, len(model.RecordSets(tx, z.ID))}, nil
}
