package preflight

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// askQuotas asks for the quotas of each kind of which the plan makes an object.
func (p *preflight) askQuotas() {
	for _, kind := range p.subject.Kinds {
		waves := p.subject.Plan.Waves(kind.Name)
		for _, quota := range kind.Quotas {
			if len(waves) > 0 && quota.Used != nil {
				p.ask("quota "+quota.Name, func(ctx context.Context) error { return p.askQuota(ctx, quota, waves) })
			}
		}
	}
}

// valueOf is what the account has of a quota. All that are asked for of a service with
// few quotas come in one call.
func (p *preflight) valueOf(ctx context.Context, quota resource.Quota) (int, error) {
	var value *float64
	if quota.InOneList() {
		all, err := awsapi.Once(ctx, p.subject.Clients, "quotas of "+quota.Service, func(ctx context.Context, c *awsapi.Clients) ([]types.ServiceQuota, error) {
			pages := servicequotas.NewListServiceQuotasPaginator(c.Quotas, &servicequotas.ListServiceQuotasInput{ServiceCode: &quota.Service})
			return awsapi.Collect(ctx, pages, func(page *servicequotas.ListServiceQuotasOutput) []types.ServiceQuota { return page.Quotas })
		})
		if err != nil {
			return 0, err
		}
		for _, found := range all {
			if aws.ToString(found.QuotaCode) == quota.Code {
				value = found.Value
			}
		}
	} else {
		out, err := p.subject.Clients.Quotas.GetServiceQuota(ctx, &servicequotas.GetServiceQuotaInput{ServiceCode: &quota.Service, QuotaCode: &quota.Code})
		if err != nil {
			return 0, err
		}
		if out.Quota != nil {
			value = out.Quota.Value
		}
	}
	if value == nil {
		return 0, fmt.Errorf("AWS tells no value of the quota %s", quota.Code)
	}
	return int(*value), nil
}

func (p *preflight) askQuota(ctx context.Context, quota resource.Quota, waves []plan.Wave) error {
	var most int
	var used, need map[string]int
	group, together := errgroup.WithContext(ctx)
	group.Go(func() (err error) {
		most, err = p.valueOf(ctx, quota) // not to be cut off for the others that share it
		return err
	})
	group.Go(func() (err error) {
		used, err = quota.Used(together, p.subject.Clients)
		return err
	})
	group.Go(func() (err error) {
		need, err = p.most(together, quota, waves)
		return err
	})
	if err := group.Wait(); err != nil {
		return err
	}
	for _, scope := range slices.Sorted(maps.Keys(need)) {
		if used[scope]+need[scope] <= most {
			continue
		}
		where := p.subject.Owner.Region
		if scope != "" {
			where = scope
		}
		p.found(Finding{
			Resource: waves[0].Made[0].Key,
			Problem:  fmt.Sprintf("quota %q in %s: need %s more, have %s, used %s", quota.Name, where, counted(need[scope], quota.Unit), counted(most, quota.Unit), counted(used[scope], quota.Unit)),
			Hint:     p.raise(quota, used[scope]+need[scope]) + ", or delete what isn't needed",
		})
	}
	return nil
}

// counted is a number with its unit, if it has one.
func counted(n int, unit string) string {
	return strings.TrimSpace(fmt.Sprintf("%d %s", n, unit))
}

// raise says how a quota is raised.
func (p *preflight) raise(quota resource.Quota, to int) string {
	if p.subject.Clients.Endpoint != "" {
		return quota.RaiseLocally(strconv.Itoa(to))
	}
	return fmt.Sprintf("ask for %d in the Service Quotas console (%s, %s)", to, quota.Service, quota.Code)
}

// most is the most that a plan needs at any time: with each batch as many come as
// it makes, and then those go that it replaces.
func (p *preflight) most(ctx context.Context, limit resource.Quota, waves []plan.Wave) (map[string]int, error) {
	most, now := map[string]int{}, map[string]int{}
	for _, w := range waves {
		need, err := limit.NeedOf(ctx, p.subject.Clients, p.subject.Graph, w.Made)
		if err != nil {
			return nil, err
		}
		for scope, n := range need {
			now[scope] += n
			most[scope] = max(most[scope], now[scope])
		}
		for scope, n := range limit.HeldBy(w.Ends) {
			now[scope] -= n
		}
	}
	return most, nil
}
