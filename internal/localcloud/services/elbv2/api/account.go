package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/tlspolicy"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) accountOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "DescribeAccountLimits", describeAccountLimits),
		view(h, "DescribeSSLPolicies", describeSSLPolicies),
		view(h, "DescribeCapacityReservation", describeCapacityReservation),
		view(h, "DescribeTrustStores", describeTrustStores),
	}
}

type limitItem struct {
	Name string `xml:"Name"`
	Max  string `xml:"Max"`
}

type describeAccountLimitsInput struct{ paging }

type describeAccountLimitsOutput struct {
	Limits     wire.Members[limitItem] `xml:"Limits"`
	NextMarker string                  `xml:"NextMarker,omitempty"`
}

func describeAccountLimits(tx *world.Tx, _ *wire.Call, in *describeAccountLimitsInput) (*describeAccountLimitsOutput, error) {
	limit := func(name string, q world.Quota) limitItem { return limitItem{name, strconv.Itoa(tx.Limit(q))} }
	limits, next, err := page([]limitItem{
		limit("application-load-balancers", model.LoadBalancers()),
		limit("target-groups", model.TargetGroups()),
		limit("targets-per-target-group", model.TargetsPerTargetGroup()),
		limit("targets-per-application-load-balancer", model.TargetsPerTargetGroup()),
		limit("listeners-per-application-load-balancer", model.ListenersPerBalancer()),
		limit("rules-per-application-load-balancer", model.RulesPerBalancer()),
		limit("certificates-per-application-load-balancer", model.CertificatesPerBalancer()),
		limit("target-groups-per-application-load-balancer", model.TargetGroupsPerBalancer()),
		{"target-groups-per-action-on-application-load-balancer", "5"},
		{"condition-values-per-alb-rule", "5"},
		{"condition-wildcards-per-alb-rule", "6"},
	}, in.paging, func(l limitItem) limitItem { return l })
	return &describeAccountLimitsOutput{limits, next}, err
}

type describeSSLPoliciesInput struct {
	Names            []string `query:"Names"`
	LoadBalancerType string   `query:"LoadBalancerType" enum:"application|network|gateway"`
	paging
}

type sslPolicyItem struct {
	Name      string                   `xml:"Name"`
	Protocols wire.Members[string]     `xml:"SslProtocols"`
	Ciphers   wire.Members[cipherItem] `xml:"Ciphers"`
	Types     wire.Members[string]     `xml:"SupportedLoadBalancerTypes"`
}

type cipherItem struct {
	Name     string `xml:"Name"`
	Priority int    `xml:"Priority"`
}

type describeSSLPoliciesOutput struct {
	Policies   wire.Members[sslPolicyItem] `xml:"SslPolicies"`
	NextMarker string                      `xml:"NextMarker,omitempty"`
}

// sslPolicies are those that are simulated.
func sslPolicies() (items []sslPolicyItem) {
	for _, p := range tlspolicy.All() {
		item := sslPolicyItem{Name: p.Name, Protocols: p.Protocols(), Types: wire.Members[string]{"application", "network"}}
		for i, cipher := range p.Ciphers() {
			item.Ciphers = append(item.Ciphers, cipherItem{cipher, i + 1})
		}
		items = append(items, item)
	}
	return items
}

func describeSSLPolicies(_ *world.Tx, _ *wire.Call, in *describeSSLPoliciesInput) (*describeSSLPoliciesOutput, error) {
	policies := sslPolicies()
	if in.LoadBalancerType != "" {
		policies = slices.DeleteFunc(policies, func(p sslPolicyItem) bool { return !slices.Contains(p.Types, in.LoadBalancerType) })
	}
	if len(in.Names) > 0 {
		var err error
		policies, err = named(policies, in.Names, func(p sslPolicyItem) string { return p.Name }, func(name string) error {
			if strings.Contains(name, "-RFC9151-") {
				return refuse.NotSimulated("SSL policy %s is not simulated", name)
			}
			return refuse.New("SSLPolicyNotFound", "SSL policy '%s' not found", name)
		})
		if err != nil {
			return nil, err
		}
	}
	items, next, err := page(policies, in.paging, func(p sslPolicyItem) sslPolicyItem { return p })
	return &describeSSLPoliciesOutput{items, next}, err
}

type describeCapacityReservationOutput struct {
	DecreaseRequestsRemaining int                    `xml:"DecreaseRequestsRemaining"`
	State                     wire.Members[struct{}] `xml:"CapacityReservationState"`
}

// describeCapacityReservation finds that no capacity is reserved, as by default.
func describeCapacityReservation(tx *world.Tx, _ *wire.Call, in *loadBalancerArnInput) (*describeCapacityReservationOutput, error) {
	_, err := model.FindLoadBalancer(tx, in.Arn)
	return &describeCapacityReservationOutput{DecreaseRequestsRemaining: 2}, err
}

type describeTrustStoresInput struct {
	Arns  []string `query:"TrustStoreArns"`
	Names []string `query:"Names" eachmin:"1" eachmax:"32" eachpattern:"^([a-zA-Z0-9]+-)*[a-zA-Z0-9]+$"`
	paging
}

type describeTrustStoresOutput struct {
	TrustStores wire.Members[struct{}] `xml:"TrustStores"`
}

// describeTrustStores finds none: mutual TLS isn't simulated.
func describeTrustStores(_ *world.Tx, _ *wire.Call, in *describeTrustStoresInput) (*describeTrustStoresOutput, error) {
	if len(in.Arns)+len(in.Names) > 0 {
		return nil, refuse.New("TrustStoreNotFound", "One or more trust stores not found")
	}
	return &describeTrustStoresOutput{}, nil
}
