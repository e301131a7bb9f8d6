package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for Service Quotas".
func Asks() service.Asks {
	return service.Asks{
		"GetServiceQuota": {{On: func(tx *world.Tx, c *wire.Call) []service.Resource {
			return []service.Resource{{ARN: "arn:aws:servicequotas:" + tx.Region() + ":" + world.AccountID + ":" + c.Value("ServiceCode") + "/" + c.Value("QuotaCode")}}
		}}},
		"ListServiceQuotas": service.Anything(),
	}
}
