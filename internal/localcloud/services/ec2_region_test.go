package services_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func TestDescribeAvailabilityZones_ChoosesByNameIDAndFilter(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	zones := func(in sdk.DescribeAvailabilityZonesInput) (names []string) {
		for _, z := range must(c.DescribeAvailabilityZones(c.ctx, &in))(t).AvailabilityZones {
			names = append(names, *z.ZoneName)
		}
		return names
	}
	all := must(c.DescribeAvailabilityZones(c.ctx, &sdk.DescribeAvailabilityZonesInput{}))(t).AvailabilityZones
	if len(all) < 3 {
		t.Fatalf("%d zones, want 3 at least", len(all))
	}
	first, second := all[0], all[1]
	for name, in := range map[string]sdk.DescribeAvailabilityZonesInput{
		"name":   {ZoneNames: []string{*first.ZoneName}},
		"ID":     {ZoneIds: []string{*first.ZoneId}},
		"filter": {Filters: []types.Filter{{Name: aws.String("zone-id"), Values: []string{*first.ZoneId}}}},
		"both":   {ZoneNames: []string{*first.ZoneName, *second.ZoneName}, ZoneIds: []string{*first.ZoneId}},
	} {
		if got := zones(in); !slices.Equal(got, []string{*first.ZoneName}) {
			t.Errorf("by %s: zones %v, want %s alone", name, got, *first.ZoneName)
		}
	}
	_, err := c.DescribeAvailabilityZones(c.ctx, &sdk.DescribeAvailabilityZonesInput{ZoneIds: []string{"none-az9"}})
	refused(t, err, 400, "InvalidParameterValue", "Invalid availability zone-id: [none-az9]")
}

// What nothing here can make is listed as the truth: there is none.
func TestDescribe_ListsOfWhatNobodyMade(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	for operation, id := range map[string]string{
		"DescribeKeyPairs": "KeyName.1=deploy", "DescribeVpnGateways": "VpnGatewayId.1=vgw-00000000", "DescribeFlowLogs": "FlowLogId.1=fl-00000000",
		"DescribeVpcPeeringConnections": "VpcPeeringConnectionId.1=pcx-00000000", "DescribeTransitGateways": "TransitGatewayIds.1=tgw-00000000",
		"DescribeEgressOnlyInternetGateways": "EgressOnlyInternetGatewayId.1=eigw-00000000",
	} {
		if status, got := c.post(t, "Action="+operation+"&Filter.1.Name=tag:a&Filter.1.Value.1=b"); status != 200 || strings.Contains(got, "<item>") {
			t.Errorf("%s: %d %s", operation, status, got)
		}
		if status, got := c.post(t, "Action="+operation+"&"+id); status != 400 || !strings.Contains(got, "NotFound") {
			t.Errorf("%s of %s: %d %s", operation, id, status, got)
		}
		if status, got := c.post(t, "Action="+operation+"&Filter.1.Name=moon&Filter.1.Value.1=b"); status != 400 || !strings.Contains(got, "The filter &#39;moon&#39; is invalid") {
			t.Errorf("%s by an unknown filter: %d %s", operation, status, got)
		}
	}
}

func TestDescribeDhcpOptions_OnesOfTheRegion(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	vpc := must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{VpcIds: []string{s.vpc}}))(t).Vpcs[0]
	options := must(c.DescribeDhcpOptions(c.ctx, &sdk.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{*vpc.DhcpOptionsId}}))(t).DhcpOptions
	if len(options) != 1 || *options[0].DhcpConfigurations[0].Values[0].Value != "eu-west-1.compute.internal" {
		t.Errorf("options %+v", options)
	}
	_, err := c.DescribeDhcpOptions(c.ctx, &sdk.DescribeDhcpOptionsInput{DhcpOptionsIds: []string{"dopt-00000000"}})
	refused(t, err, 400, "InvalidDhcpOptionID.NotFound", "The dhcpOption ID 'dopt-00000000' does not exist")
	none := must(c.DescribeDhcpOptions(c.ctx, &sdk.DescribeDhcpOptionsInput{Filters: []types.Filter{{Name: aws.String("value"), Values: []string{"moon"}}}}))(t).DhcpOptions
	if len(none) != 0 {
		t.Errorf("options %+v", none)
	}
}

// A service that AWS has and that isn't here is not told to be absent.
func TestCreateVpcEndpoint_GatewayServicesAndOthers(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	s := buildSite(t, c)
	create := func(service string) error {
		_, err := c.CreateVpcEndpoint(c.ctx, &sdk.CreateVpcEndpointInput{VpcId: &s.vpc, ServiceName: &service, RouteTableIds: []string{s.publicTable}})
		return err
	}
	if err := create("com.amazonaws.eu-west-1.dynamodb"); err != nil {
		t.Error(err)
	}
	routes := must(c.DescribeRouteTables(c.ctx, &sdk.DescribeRouteTablesInput{RouteTableIds: []string{s.publicTable}}))(t).RouteTables[0].Routes
	if !slices.ContainsFunc(routes, func(r types.Route) bool { return aws.ToString(r.DestinationPrefixListId) == "pl-6fa54006" }) {
		t.Errorf("routes %+v", routes)
	}
	refused(t, create("com.amazonaws.eu-west-1.ssm"), 501, "NotSimulated", "")
	refused(t, create("com.amazonaws.us-east-1.s3"), 400, "InvalidServiceName", "The Vpc Endpoint Service 'com.amazonaws.us-east-1.s3' does not exist")
	lists := must(c.DescribePrefixLists(c.ctx, &sdk.DescribePrefixListsInput{}))(t).PrefixLists
	if len(lists) != 2 || *lists[1].PrefixListId != "pl-6da54004" || *lists[1].PrefixListName != "com.amazonaws.eu-west-1.s3" {
		t.Errorf("prefix lists %+v", lists)
	}
	_, err := c.DescribePrefixLists(c.ctx, &sdk.DescribePrefixListsInput{PrefixListIds: []string{"pl-12345678"}})
	refused(t, err, 501, "NotSimulated", "")
	_, err = c.DescribePrefixLists(c.ctx, &sdk.DescribePrefixListsInput{PrefixListIds: []string{"pl-0123456789abcdef0"}})
	refused(t, err, 400, "InvalidPrefixListId.NotFound", "The prefix list ID 'pl-0123456789abcdef0' does not exist")
}

func TestDescribeRegions_ToldApartByOptingIn(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	status := func(in *sdk.DescribeRegionsInput) map[string]string {
		all := map[string]string{}
		for _, r := range must(c.DescribeRegions(c.ctx, in))(t).Regions {
			all[*r.RegionName] = *r.OptInStatus
		}
		return all
	}
	if usual := status(&sdk.DescribeRegionsInput{}); len(usual) != 17 || usual["af-south-1"] != "" || usual["cn-north-1"] != "" {
		t.Errorf("regions %v", usual)
	}
	if all := status(&sdk.DescribeRegionsInput{AllRegions: aws.Bool(true)}); len(all) != 34 || all["af-south-1"] != "not-opted-in" || all["eu-west-1"] != "opt-in-not-required" {
		t.Errorf("all regions %v", all)
	}
	if named := status(&sdk.DescribeRegionsInput{RegionNames: []string{"af-south-1"}}); len(named) != 1 {
		t.Errorf("by name %v", named)
	}
	_, err := c.DescribeRegions(c.ctx, &sdk.DescribeRegionsInput{RegionNames: []string{"moon-1"}})
	refused(t, err, 400, "InvalidParameterValue", "Invalid region provided: moon-1")
}
