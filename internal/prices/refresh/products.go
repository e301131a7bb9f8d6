package main

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/pricing"
	"github.com/aws/aws-sdk-go-v2/service/pricing/types"

	"github.com/platformctl/platformctl/internal/prices"
)

// query asks for products, and says which of them are meant.
type query struct {
	service string
	// filters are attributes of the product, beside the region. AWS compares whole values.
	filters map[string]string
	// usage matches the usage type after the region's mark, and unit is the price's.
	usage, unit string
	// name is what the list calls the product with these attributes. "" leaves it out.
	name func(attributes map[string]string) prices.Name
}

// regionMark begins the usage types of most regions: "EUW2-" and the like, and in Ireland "EU-". "TS-" is none.
const regionMark = `^(EU-|[A-Z]{2,4}[0-9]{1,2}-)?`

// queries are all that is asked of a region. AWS Outposts, Trust Store and regional NAT gateways have products beside these
// that differ in the usage type alone.
func queries() []query {
	is := func(name prices.Name) func(map[string]string) prices.Name {
		return func(map[string]string) prices.Name { return name }
	}
	nat := map[string]string{"productFamily": "NAT Gateway"}
	alb := map[string]string{"operation": "LoadBalancing:Application"}
	return []query{
		{"AmazonEC2", nat, "NatGateway-Hours", "Hrs", is(prices.NATGateway)},
		{"AmazonEC2", nat, "NatGateway-Bytes", "GB", is(prices.NATGatewayTraffic)},
		{"AWSELB", alb, "LoadBalancerUsage", "Hrs", is(prices.LoadBalancer)},
		{"AWSELB", alb, "LCUUsage", "LCU-Hrs", is(prices.LoadBalancerTraffic)},
		{"AmazonVPC", nil, "PublicIPv4:InUseAddress", "Hrs", is(prices.PublicIPv4)},
		{"AmazonEC2", map[string]string{"productFamily": "Storage", "volumeApiName": "gp3"}, `EBS:VolumeUsage\.gp3`, "GB-Mo", is(prices.GP3)},
		{"AmazonCloudWatch", map[string]string{"productFamily": "Metric"}, "CW:MetricMonitorUsage", "Metrics", is(prices.Metric)},
		{"AmazonCloudWatch", map[string]string{"productFamily": "Alarm"}, "CW:AlarmMonitorUsage", "Alarms", is(prices.Alarm)},
		{"awskms", nil, `(?:[a-z]{2}(?:-[a-z]+)+-\d-)?KMS-Keys`, "Keys", is(prices.KMSKey)}, // its usage types have the region's name
		{
			"AmazonEC2", map[string]string{
				"productFamily": "Compute Instance", "operatingSystem": "Linux", "tenancy": "Shared", "preInstalledSw": "NA",
				"capacitystatus": "Used", "marketoption": "OnDemand", "operation": "RunInstances",
			}, `BoxUsage:.*`, "Hrs", instanceName,
		},
	}
}

// listedTypes are the families for web servers: burstable, general purpose, compute and memory optimized.
var listedTypes = regexp.MustCompile(`^[tmcr]\d[a-z0-9-]*\.[a-z0-9]+$`)

func instanceName(attributes map[string]string) prices.Name {
	if t := attributes["instanceType"]; listedTypes.MatchString(t) {
		return prices.Instance(t)
	}
	return ""
}

// product is one of GetProducts' documents, as far as it is read.
// https://docs.aws.amazon.com/awsaccountbilling/latest/aboutv2/using-price-list-query-api.html
type product struct {
	Product struct {
		SKU        string            `json:"sku"`
		Attributes map[string]string `json:"attributes"`
	} `json:"product"`
	Terms struct {
		OnDemand map[string]struct {
			PriceDimensions map[string]struct {
				Unit         string            `json:"unit"`
				BeginRange   string            `json:"beginRange"`
				PricePerUnit map[string]string `json:"pricePerUnit"`
			} `json:"priceDimensions"`
		} `json:"OnDemand"`
	} `json:"terms"`
}

// pricesOf asks for all prices of a region. Two prices of one name are an error: nothing says which is meant.
func pricesOf(ctx context.Context, api *pricing.Client, region string) (map[prices.Name]prices.Decimal, error) {
	found := map[prices.Name]prices.Decimal{}
	for _, q := range queries() {
		usage := regexp.MustCompile(regionMark + q.usage + `$`)
		filters := []types.Filter{match("regionCode", region)}
		for field, value := range q.filters {
			filters = append(filters, match(field, value))
		}
		pages := pricing.NewGetProductsPaginator(api, &pricing.GetProductsInput{
			ServiceCode: &q.service, Filters: filters, FormatVersion: aws.String("aws_v1"),
		})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return nil, fmt.Errorf("ask for %s in %s: %w", q.usage, q.service, err)
			}
			for _, document := range page.PriceList {
				var p product
				if err := json.Unmarshal([]byte(document), &p); err != nil {
					return nil, fmt.Errorf("a product of %s: %w", q.service, err)
				}
				attributes := p.Product.Attributes
				name := q.name(attributes)
				if name == "" || !usage.MatchString(attributes["usagetype"]) || attributes["locationType"] != "AWS Region" {
					continue
				}
				price, ok, err := p.price(q.unit)
				if err != nil {
					return nil, fmt.Errorf("product %s, %s: %w", p.Product.SKU, name, err)
				}
				if before, twice := found[name]; ok && twice && before != price {
					return nil, fmt.Errorf("product %s has a second price of %s", p.Product.SKU, name)
				}
				if ok {
					found[name] = price
				}
			}
		}
	}
	return found, nil
}

// price is the first tier's price per unit in dollars; ok is false where there is none above 0.
func (p product) price(unit string) (price prices.Decimal, ok bool, err error) {
	for _, term := range p.Terms.OnDemand {
		for _, dimension := range term.PriceDimensions {
			dollars, found := dimension.PricePerUnit[prices.Currency]
			if !found || dimension.Unit != unit || dimension.BeginRange != "0" {
				continue
			}
			amount, err := prices.ParseAmount(dollars)
			if err != nil {
				return 0, false, err
			}
			if amount == 0 {
				continue
			}
			if ok && prices.Decimal(amount) != price {
				return 0, false, fmt.Errorf("it has two prices per %s", unit)
			}
			price, ok = prices.Decimal(amount), true
		}
	}
	return price, ok, nil
}

// regionCode is a region's, and no Local Zone's or Wavelength Zone's, which have the region's and a suffix.
var regionCode = regexp.MustCompile(`^[a-z]{2}(-[a-z]+)+-\d$`)

// allRegions are those for which AWS publishes prices of EC2.
func allRegions(ctx context.Context, api *pricing.Client) ([]string, error) {
	pages := pricing.NewGetAttributeValuesPaginator(api, &pricing.GetAttributeValuesInput{
		ServiceCode: aws.String("AmazonEC2"), AttributeName: aws.String("regionCode"),
	})
	var regions []string
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask for the regions: %w", err)
		}
		for _, value := range page.AttributeValues {
			if region := aws.ToString(value.Value); regionCode.MatchString(region) {
				regions = append(regions, region)
			}
		}
	}
	return regions, nil
}

func match(field, value string) types.Filter {
	return types.Filter{Type: types.FilterTypeTermMatch, Field: &field, Value: &value}
}
