package services_test

import (
	"errors"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

func TestDashboard_IsOfNoRegion(t *testing.T) {
	c, ctx := newCloudWatchClient(t), t.Context()
	body, name := `{"widgets":[{"type":"text","properties":{"markdown":"x"}}]}`, aws.String("shop-dashboard")
	elsewhere := func(o *sdk.Options) { o.Region = "us-east-1" }
	out, err := c.PutDashboard(ctx, &sdk.PutDashboardInput{DashboardName: name, DashboardBody: &body, Tags: []types.Tag{{Key: aws.String("k"), Value: aws.String("v")}}})
	if err != nil || len(out.DashboardValidationMessages) != 0 {
		t.Fatalf("%+v, %v", out, err)
	}
	got, err := c.GetDashboard(ctx, &sdk.GetDashboardInput{DashboardName: name}, elsewhere)
	if err != nil || *got.DashboardBody != body || *got.DashboardArn != "arn:aws:cloudwatch::123456789012:dashboard/shop-dashboard" {
		t.Fatalf("%+v, %v", got, err)
	}
	other := `{"widgets":[],"colour":"red"}`
	if out, err = c.PutDashboard(ctx, &sdk.PutDashboardInput{DashboardName: name, DashboardBody: &other}, elsewhere); err != nil || len(out.DashboardValidationMessages) != 1 {
		t.Errorf("%+v, %v", out, err)
	}
	for prefix, many := range map[string]int{"": 1, "shop": 1, "other": 0} {
		in := &sdk.ListDashboardsInput{}
		if prefix != "" {
			in.DashboardNamePrefix = &prefix
		}
		if list, err := c.ListDashboards(ctx, in); err != nil || len(list.DashboardEntries) != many || many > 0 && (*list.DashboardEntries[0].Size != int64(len(other)) || !list.DashboardEntries[0].LastModified.Equal(now)) {
			t.Errorf("%q: %+v, %v", prefix, list, err)
		}
	}
	if _, err := c.TagResource(ctx, &sdk.TagResourceInput{ResourceARN: got.DashboardArn, Tags: []types.Tag{{Key: aws.String("k2"), Value: aws.String("v2")}}}); err != nil {
		t.Error(err)
	}
	if _, err := c.UntagResource(ctx, &sdk.UntagResourceInput{ResourceARN: got.DashboardArn, TagKeys: []string{"k"}}); err != nil {
		t.Error(err)
	}
	if tags, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceARN: got.DashboardArn}); err != nil || len(tags.Tags) != 1 || *tags.Tags[0].Key != "k2" {
		t.Errorf("%+v, %v", tags, err)
	}
	_, err = c.DeleteDashboards(ctx, &sdk.DeleteDashboardsInput{DashboardNames: []string{*name, "other"}})
	if _, is := errors.AsType[*types.DashboardNotFoundError](err); !is {
		t.Errorf("%T %[1]v", err)
	}
	if _, err := c.DeleteDashboards(ctx, &sdk.DeleteDashboardsInput{DashboardNames: []string{*name}}, elsewhere); err != nil {
		t.Error(err)
	}
	_, err = c.GetDashboard(ctx, &sdk.GetDashboardInput{DashboardName: name})
	refusedByCloudWatch(t, err, "ResourceNotFound", "shop-dashboard")
	_, err = c.PutDashboard(ctx, &sdk.PutDashboardInput{DashboardName: aws.String("with space"), DashboardBody: &body})
	refusedByCloudWatch(t, err, "InvalidParameterValue", "It can only contain alphanumerics, dash (-) and underscore (_).\n")
	_, err = c.PutDashboard(ctx, &sdk.PutDashboardInput{DashboardName: name, DashboardBody: aws.String(`{}`)})
	if _, is := errors.AsType[*types.DashboardInvalidInputError](err); !is {
		t.Errorf("%T %[1]v", err)
	}
}
