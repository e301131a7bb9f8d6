// Package api is the wire side of Service Quotas: the account's limits, as far
// as the local cloud enforces them, under the codes that AWS gives them. Nobody can ask
// for an increase here: the quotas are part of the faults that a user sets.
package api

import (
	"regexp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/awsjson"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{Name: "servicequotas", Protocols: []wire.Protocol{awsjson.Protocol{Version: "1.1"}}}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	return []wire.Operation{
		service.View(e.World, Wire(), "GetServiceQuota", getServiceQuota),
		service.View(e.World, Wire(), "ListServiceQuotas", listServiceQuotas),
	}
}

type quotaItem struct {
	ServiceCode         string
	ServiceName         string
	QuotaArn            string
	QuotaCode           string
	QuotaName           string
	Value               float64
	Unit                string
	Adjustable          bool
	GlobalQuota         bool
	QuotaAppliedAtLevel string
}

// render writes the quotas of a service, as the account has them in a region.
func render(tx *world.Tx, serviceCode string) (items []quotaItem, err error) {
	var known []string
	for _, q := range tx.Quotas() {
		known = append(known, q.Service)
		if q.Service != serviceCode {
			continue
		}
		items = append(items, quotaItem{
			ServiceCode: q.Service, ServiceName: q.ServiceName, QuotaCode: q.Code, QuotaName: q.Name,
			QuotaArn: "arn:" + region.Partition(tx.Region()) + ":servicequotas:" + tx.Region() + ":" + world.AccountID + ":" + q.Service + "/" + q.Code,
			Value:    float64(tx.Limit(q)), Unit: "None", Adjustable: !q.Fixed, QuotaAppliedAtLevel: "ACCOUNT",
		})
	}
	if len(items) == 0 {
		slices.Sort(known)
		return nil, refuse.NotSimulated("the quotas of service %q are not simulated, only those of %s", serviceCode, strings.Join(slices.Compact(known), ", "))
	}
	return items, nil
}

type getServiceQuotaInput struct {
	ServiceCode string `query:"ServiceCode,required" min:"1" max:"63" pattern:"[a-zA-Z][a-zA-Z0-9-]{1,63}"`
	QuotaCode   string `query:"QuotaCode,required" min:"1" max:"128" pattern:"[a-zA-Z][a-zA-Z0-9-]{1,128}"`
}

type getServiceQuotaOutput struct{ Quota quotaItem }

func getServiceQuota(tx *world.Tx, c *wire.Call, in *getServiceQuotaInput) (*getServiceQuotaOutput, error) {
	c.Resource = in.ServiceCode + "/" + in.QuotaCode
	items, err := render(tx, in.ServiceCode)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(items, func(q quotaItem) bool { return q.QuotaCode == in.QuotaCode })
	if i < 0 {
		return nil, noSuchQuota(in.ServiceCode, in.QuotaCode)
	}
	return &getServiceQuotaOutput{items[i]}, nil
}

// quotaCode is the form of AWS's codes.
var quotaCode = regexp.MustCompile(`^L-[0-9A-F]{8}$`)

// noSuchQuota is what AWS says of a quota that it doesn't know, and of many that have
// never been changed from their default. One that AWS may have isn't refused as AWS does.
// Source: Service Quotas API Reference, "GetServiceQuota", as reported in public logs.
func noSuchQuota(service, code string) error {
	if quotaCode.MatchString(code) {
		return refuse.NotSimulated("quota %s of service %s is not simulated, only those that ListServiceQuotas lists", code, service)
	}
	return refuse.New("NoSuchResourceException", "The request failed because the specified service quota does not exist.")
}

type listServiceQuotasInput struct {
	ServiceCode string `query:"ServiceCode,required" min:"1" max:"63" pattern:"[a-zA-Z][a-zA-Z0-9-]{1,63}"`
	QuotaCode   string `query:"QuotaCode" min:"1" max:"128" pattern:"[a-zA-Z][a-zA-Z0-9-]{1,128}"`
	MaxResults  *int   `query:"MaxResults" min:"1" max:"100"`
	NextToken   string `query:"NextToken" max:"2048" pattern:"^[a-zA-Z0-9/+]*={0,2}$"`
}

type listServiceQuotasOutput struct {
	Quotas    []quotaItem
	NextToken string `json:",omitempty"`
}

func listServiceQuotas(tx *world.Tx, c *wire.Call, in *listServiceQuotasInput) (*listServiceQuotasOutput, error) {
	c.Resource = in.ServiceCode
	items, err := render(tx, in.ServiceCode)
	if err != nil {
		return nil, err
	}
	if in.QuotaCode != "" {
		items = slices.DeleteFunc(items, func(q quotaItem) bool { return q.QuotaCode != in.QuotaCode })
		if len(items) == 0 {
			return nil, noSuchQuota(in.ServiceCode, in.QuotaCode)
		}
	}
	items, next, ok := wire.Page(items, in.NextToken, in.MaxResults, 100)
	if !ok {
		return nil, refuse.New("InvalidPaginationTokenException", "Invalid NextToken.")
	}
	return &listServiceQuotasOutput{items, next}, nil
}
