package resource

import (
	"context"
	"slices"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Actions are the IAM actions behind a kind's calls, by what they are for, such
// as "ec2:CreateVpc". docs/aws-policy.json is compared with them.
type Actions struct {
	Read   []string // List, Blockers and Foreign
	Make   []string // Create, and the updates that finish what it made
	Change []string // all other updates
	Delete []string
	// On is the ARN of the only object that they are for, where it is known
	// before the object is there. Nil: they are for any.
	On func(owner awsapi.Owner, account string) string
}

// All are the actions for whatever.
func (a Actions) All() []string { return slices.Concat(a.Read, a.Make, a.Change, a.Delete) }

// Quota is a limit of the account that objects of a kind count against. Counts
// are by scope: an Availability Zone, or "" for the region as a whole.
type Quota struct {
	// Refusal is the code with which AWS refuses an object too many, which
	// names the quota: see awsapi.QuotaBehind.
	Refusal string
	// Used counts what the account has, whoever it belongs to.
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
