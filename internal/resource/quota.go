package resource

import (
	"context"
	"slices"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Quota is a limit of the account that objects of a kind count against, by its names in
// Service Quotas. Counts are by scope: an Availability Zone, or "" for the region as a
// whole.
//
// Source: the AWS General Reference's pages of endpoints and quotas of Amazon VPC, EC2
// and Elastic Load Balancing.
type Quota struct {
	Service string // such as "vpc"
	Code    string // such as "L-F678F1CE"
	Name    string // such as "VPCs per Region"
	Unit    string // such as "vCPU"; "" where it counts what its name says
	// Refusals are the error codes with which AWS refuses what is too many.
	Refusals []string
	// Used counts what the account has, whichever platform it belongs to. Nil: the quota isn't
	// asked for before an apply.
	Used func(context.Context, *awsapi.Clients) (map[string]int, error)
	// Need counts what new nodes add. Nil: one each, in the region.
	Need func(context.Context, *awsapi.Clients, *Graph, []*Node) (map[string]int, error)
	// Held counts what objects that are there take up. Nil: one each, in the
	// region.
	Held func([]Object) map[string]int
}

// NeedOf is what new nodes add.
func (q Quota) NeedOf(ctx context.Context, c *awsapi.Clients, graph *Graph, nodes []*Node) (map[string]int, error) {
	if q.Need == nil {
		return map[string]int{"": len(nodes)}, nil
	}
	return q.Need(ctx, c, graph, nodes)
}

// HeldBy is what objects that are there take up.
func (q Quota) HeldBy(objects []Object) map[string]int {
	if q.Held == nil {
		return map[string]int{"": len(objects)}
	}
	return q.Held(objects)
}

// RaiseLocally says how the local cloud gives so many.
func (q Quota) RaiseLocally(many string) string {
	return "the local cloud gives more by platformctl local faults FILE, with quotas: {" + q.Code + ": " + many + "} in that file"
}

// InOneList says that the service has so few quotas that one call of ListServiceQuotas,
// with 100 on a page, returns them all. EC2 has more.
func (q Quota) InOneList() bool { return q.Service != "ec2" }

// QuotaBehind is the quota that a refusal with this code is about; false where no kind
// has one.
func QuotaBehind(kinds []Handler, code string) (Quota, bool) {
	for _, kind := range kinds {
		for _, quota := range kind.Quotas {
			if slices.Contains(quota.Refusals, code) {
				return quota, true
			}
		}
	}
	return Quota{}, false
}
