package services_test

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func TestDescribeTags_FiltersByTagInPages(t *testing.T) {
	c := newEC2Cloud(t, world.Options{})
	var want []string
	for i := range 12 {
		name := "shop"
		if i%2 == 1 {
			name = "other"
		}
		table := must(c.CreateRouteTable(c.ctx, &sdk.CreateRouteTableInput{VpcId: firstVPC(t, c), TagSpecifications: tagged("route-table", "platform", name, "role", "any")}))(t).RouteTable
		if name == "shop" {
			want = append(want, *table.RouteTableId)
		}
	}
	for _, filters := range [][]types.Filter{
		byTag("platform", "sh*"),
		{{Name: aws.String("key"), Values: []string{"platform"}}, {Name: aws.String("value"), Values: []string{"shop"}}},
	} {
		var got []string
		pages := sdk.NewDescribeTagsPaginator(c.Client, &sdk.DescribeTagsInput{Filters: filters, MaxResults: aws.Int32(5)})
		for pages.HasMorePages() {
			for _, tag := range must(pages.NextPage(c.ctx))(t).Tags {
				if *tag.Key != "platform" || *tag.Value != "shop" {
					t.Errorf("%v: %s=%s", filters, *tag.Key, *tag.Value)
				}
				got = append(got, *tag.ResourceId)
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("tags of\n%v, want\n%v", got, want)
		}
	}
	none := append(byTag("platform", "shop"), byTag("role", "any")...) // no tag is both
	if tags := must(c.DescribeTags(c.ctx, &sdk.DescribeTagsInput{Filters: none}))(t).Tags; len(tags) != 0 {
		t.Errorf("tags that are two at once: %d", len(tags))
	}
}

// firstVPC is the ID of the region's default VPC.
func firstVPC(t *testing.T, c *ec2Cloud) *string {
	t.Helper()
	return must(c.DescribeVpcs(c.ctx, &sdk.DescribeVpcsInput{}))(t).Vpcs[0].VpcId
}
