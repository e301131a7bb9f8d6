package dns

import (
	"context"
	"maps"
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// source is what a platform's records are known by, and where they may be.
type source struct {
	certificates []LiveCertificate
	balancers    []elbtypes.LoadBalancer
	zones        []zone
	names        []string
}

// sources asks for certificates, load balancers and zones at once. A zone that the state has needs no question.
func sources(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (source, error) {
	found := source{names: slices.Clone(owner.Domain.Names)}
	for _, id := range owner.Domain.Records {
		if record, ok := parseRecordID(id); ok {
			found.names = append(found.names, record.name)
			if !slices.Contains(found.zones, record.zone) {
				found.zones = append(found.zones, record.zone)
			}
		}
	}
	var group errgroup.Group // none cuts off the others, whom other lists may share
	group.Go(func() (err error) {
		found.certificates, err = Certificates(ctx, c, owner)
		return err
	})
	group.Go(func() (err error) {
		found.balancers, err = awsapi.LoadBalancers(ctx, c)
		return err
	})
	var named []zone
	known := slices.ContainsFunc(found.zones, func(z zone) bool { return z.Name == owner.Domain.Zone })
	if owner.Domain.Zone != "" && !known {
		group.Go(func() (err error) {
			named, _, err = zonesNamed(ctx, c, owner.Domain.Zone)
			return err
		})
	}
	err := group.Wait()
	found.zones = append(found.zones, named...)
	for _, certificate := range found.certificates {
		for _, option := range certificate.DomainValidationOptions {
			found.names = append(found.names, plain(option.DomainName))
			if option.ResourceRecord != nil {
				found.names = append(found.names, plain(option.ResourceRecord.Name))
			}
		}
	}
	if err == nil && owner.Domain.Lost && len(found.zones) == 0 {
		found.zones, err = zonesAbove(ctx, c, found.names)
	}
	return found, err
}

// zonesAbove are the account's public hosted zones that could hold some names.
func zonesAbove(ctx context.Context, c *awsapi.Clients, names []string) ([]zone, error) {
	above := map[string]bool{}
	for _, name := range names {
		for strings.Contains(name, ".") {
			above[Base(name)] = true
			_, name, _ = strings.Cut(name, ".")
		}
	}
	found, err := awsapi.Each(ctx, slices.Sorted(maps.Keys(above)), func(ctx context.Context, name string) ([]zone, error) {
		public, _, err := zonesNamed(ctx, c, name)
		return public, err
	})
	return slices.Concat(slices.Collect(maps.Values(found))...), err
}

// namesIn are the names that a zone can hold, each once.
func (s source) namesIn(z zone) []string {
	var names []string
	for _, name := range s.names {
		if (name == z.Name || strings.HasSuffix(name, "."+z.Name)) && !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
