package api_test

import (
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func TestDescribeAvailabilityZones_ChoosesByNameIDAndFilter(t *testing.T) {
	c := newCloud(t, world.Options{})
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
