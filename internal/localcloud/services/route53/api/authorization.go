package api

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon Route 53".
func Asks() service.Asks {
	asks := service.Asks{
		"GetChange":                on("change", "Id"),
		"ChangeResourceRecordSets": {{On: changedZone}},
		"ListTagsForResources":     {{On: taggedZones}},
	}
	for _, operation := range []string{"GetHostedZone", "UpdateHostedZoneComment", "DeleteHostedZone"} {
		asks[operation] = on("hostedzone", "Id")
	}
	for _, operation := range []string{"ListResourceRecordSets", "GetHostedZoneLimit", "GetDNSSEC"} {
		asks[operation] = on("hostedzone", "HostedZoneId")
	}
	for _, operation := range []string{"ChangeTagsForResource", "ListTagsForResource"} {
		asks[operation] = []service.Ask{{On: func(_ *world.Tx, c *wire.Call) []service.Resource {
			return []service.Resource{{ARN: arn(c.Value("ResourceType"), c.Value("ResourceId"))}}
		}}}
	}
	for _, operation := range []string{"CreateHostedZone", "ListHostedZones", "ListHostedZonesByName", "GetHostedZoneCount", "GetAccountLimit", "TestDNSAnswer"} {
		asks[operation] = service.Anything()
	}
	return asks
}

// arn is that of an object, whose ID may have its prefix.
func arn(resource, id string) string {
	return "arn:aws:route53:::" + resource + "/" + strings.TrimPrefix(id, "/"+resource+"/")
}

// on is the operation's own action on the object whose ID a parameter holds.
func on(resource, parameter string) []service.Ask {
	return []service.Ask{{On: func(_ *world.Tx, c *wire.Call) []service.Resource {
		return []service.Resource{{ARN: arn(resource, c.Value(parameter))}}
	}}}
}

// changedZone is the hosted zone of a batch, with the names, types and actions in it.
func changedZone(_ *world.Tx, c *wire.Call) []service.Resource {
	const change, set = "ChangeBatch.Changes.Change.", "ChangeBatch.Changes.Change.ResourceRecordSet."
	context := policy.Context{}
	for key, values := range map[string][]string{
		"Actions": c.Each(change + "Action"), "RecordTypes": c.Each(set + "Type"), "NormalizedRecordNames": normalized(c.Each(set + "Name")),
	} {
		if len(values) > 0 {
			context["route53:ChangeResourceRecordSets"+key] = values
		}
	}
	return []service.Resource{{ARN: arn("hostedzone", c.Value("HostedZoneId")), Context: context}}
}

// normalized are names as policies have them.
// Source: Amazon Route 53 Developer Guide, "Using IAM policy conditions for fine-grained access control".
func normalized(names []string) (all []string) {
	for _, name := range names {
		all = append(all, strings.TrimSuffix(model.Canonical(name), "."))
	}
	return all
}

func taggedZones(_ *world.Tx, c *wire.Call) (all []service.Resource) {
	for _, id := range c.Each("ResourceIds.ResourceId") {
		all = append(all, service.Resource{ARN: arn(c.Value("ResourceType"), id)})
	}
	return all
}
