package provision

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/resource"
)

// askQuotas asks for the quota of each kind of which the plan makes an object.
func (p *preflight) askQuotas(ctx context.Context) {
	for _, kind := range blueprint.Kinds() {
		waves := p.view.Plan.waves(kind.Name)
		quota, known := awsapi.QuotaBehind(kind.Quota.Refusal)
		if len(waves) == 0 || !known {
			continue
		}
		p.ask("quota "+quota.Name, func() error { return p.askQuota(ctx, kind.Quota, quota, waves) })
	}
}

func (p *preflight) askQuota(ctx context.Context, limit resource.Quota, quota awsapi.Quota, waves []wave) error {
	var most int
	var used, need map[string]int
	group, together := errgroup.WithContext(ctx)
	group.Go(func() error {
		out, err := p.clients.Quotas.GetServiceQuota(together, &servicequotas.GetServiceQuotaInput{ServiceCode: &quota.Service, QuotaCode: &quota.Code})
		if err != nil {
			return err
		}
		if out.Quota == nil || out.Quota.Value == nil {
			return fmt.Errorf("AWS knows the quota %s, but not its value", quota.Code)
		}
		most = int(*out.Quota.Value)
		return nil
	})
	group.Go(func() (err error) {
		used, err = limit.Used(together, p.clients)
		return err
	})
	group.Go(func() (err error) {
		need, err = p.most(together, limit, waves)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for _, scope := range slices.Sorted(maps.Keys(need)) {
		if used[scope]+need[scope] <= most {
			continue
		}
		where := p.view.Owner.Region
		if scope != "" {
			where = scope
		}
		p.found(Finding{
			Resource: waves[0].made[0].Key,
			Problem:  fmt.Sprintf("quota %q in %s: need %d more, have %d, used %d", quota.Name, where, need[scope], most, used[scope]),
			Hint: fmt.Sprintf("ask for %d in the Service Quotas console (%s, %s), or delete what isn't needed",
				used[scope]+need[scope], quota.Service, quota.Code),
		})
	}
	return nil
}

// most is the most that a plan needs at any time: with each turn as many come as
// it makes, and then those go that it replaces.
func (p *preflight) most(ctx context.Context, limit resource.Quota, waves []wave) (map[string]int, error) {
	most, now := map[string]int{}, map[string]int{}
	for _, w := range waves {
		need, err := limit.NeedOf(ctx, p.clients, p.view.Graph, w.made)
		if err != nil {
			return nil, err
		}
		for scope, n := range need {
			now[scope] += n
			most[scope] = max(most[scope], now[scope])
		}
		for scope, n := range limit.HeldBy(w.ends) {
			now[scope] -= n
		}
	}
	return most, nil
}
