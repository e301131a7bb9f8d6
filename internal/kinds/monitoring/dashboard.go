package monitoring

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

const kindDashboard = "dashboard"

// Dashboard shows a platform on one page: its traffic, errors and latency, targets, instances, and ways out.
type Dashboard struct {
	Platform, Region          string
	LoadBalancer, TargetGroup resource.Ref
	Zones                     []string
	// NATGateways are the ways out, each by a name such as its zone's.
	NATGateways []Named
	// Group is the Auto Scaling group, or else Instances are what there is of it; one zone's after the other.
	Group     resource.Ref
	Instances []Named
}

// Named is an object with what a graph calls it.
type Named struct {
	Name string
	Ref  resource.Ref
}

// Refs implements resource.Spec.
func (d Dashboard) Refs() []resource.Ref {
	refs := []resource.Ref{d.LoadBalancer, d.TargetGroup}
	if d.scales() {
		refs = append(refs, d.Group)
	}
	for _, list := range [][]Named{d.NATGateways, d.Instances} {
		for _, one := range list {
			refs = append(refs, one.Ref)
		}
	}
	return refs
}

func (d Dashboard) scales() bool { return d.Group != resource.Ref{} }

// LiveDashboard is a dashboard as CloudWatch has it.
type LiveDashboard struct {
	cloudwatch.GetDashboardOutput
	Tags map[string]string
}

const fieldBody = "body"

// DashboardKind is the kind "dashboard". Its ID is the ARN.
func DashboardKind() resource.Kind[Dashboard, LiveDashboard] {
	return resource.Kind[Dashboard, LiveDashboard]{
		Traits: resource.Traits{
			Name:    kindDashboard,
			AskedBy: section,
			Console: resource.Console{List: "cloudwatch#dashboards/dashboard/platformctl-{platform}"},
			Actions: resource.Actions{
				Read:   []string{"cloudwatch:GetDashboard", "cloudwatch:ListTagsForResource"},
				Make:   []string{"cloudwatch:PutDashboard", "cloudwatch:TagResource"},
				Delete: []string{"cloudwatch:DeleteDashboards"},
				On: func(owner awsapi.Owner, account string) string {
					return "arn:aws:cloudwatch::" + account + ":dashboard/" + DashboardName(owner.Platform, owner.Region)
				},
			},
			Compared: []resource.Field{
				resource.Identity("DashboardArn", "DashboardName", "ResultMetadata", "Tags"),
				{Name: fieldBody, Of: []string{"DashboardBody"}, How: resource.Repaired, Why: "it shows what there is; what drills have noted in it stays"},
			},
			Unplaceable: unplaceableDashboard,
			Removal: resource.Removal{
				Delete: func(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
					_, err := c.CloudWatch.DeleteDashboards(ctx, &cloudwatch.DeleteDashboardsInput{DashboardNames: []string{nameIn(record.ID)}})
					return err
				},
			},
		},
		Reading: resource.Reading[LiveDashboard]{
			List:   listDashboards,
			ID:     func(l LiveDashboard) string { return aws.ToString(l.DashboardArn) },
			Tags:   func(l LiveDashboard) map[string]string { return l.Tags },
			Status: func(LiveDashboard) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Dashboard, LiveDashboard]{
			Diff:   diffDashboard,
			Create: createDashboard,
			Update: updateDashboard,
			Retag: func(ctx context.Context, c *awsapi.Clients, arn string, tags map[string]string) error {
				_, err := c.CloudWatch.TagResource(ctx, &cloudwatch.TagResourceInput{ResourceARN: &arn, Tags: tagsOf(tags)})
				return err
			},
		},
	}
}

// DashboardName is the name of a platform's dashboard. Dashboards are of no region, so that it has the platform's.
func DashboardName(platform, region string) string { return "platformctl-" + platform + "-" + region }

// nameIn is the name that a dashboard's ARN ends with.
func nameIn(arn string) string { return arn[strings.LastIndexByte(arn, '/')+1:] }

func listDashboards(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveDashboard, error) {
	if !owner.Monitoring || owner.IsEveryone() {
		return nil, nil // each platform has other objects to be known by
	}
	live, err := readDashboard(ctx, c, DashboardName(owner.Platform, owner.Region))
	if err != nil || live == nil || !owner.Owns(live.Tags) {
		return nil, err
	}
	return []LiveDashboard{*live}, nil
}

// readDashboard is the dashboard of a name with its tags; nil where there is none.
func readDashboard(ctx context.Context, c *awsapi.Clients, name string) (*LiveDashboard, error) {
	out, err := c.CloudWatch.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: &name})
	if awsapi.IsNotFound(err) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("get dashboard %s: %w", name, err)
	}
	tags, err := c.CloudWatch.ListTagsForResource(ctx, &cloudwatch.ListTagsForResourceInput{ResourceARN: out.DashboardArn})
	if err != nil {
		return nil, fmt.Errorf("list the tags of dashboard %s: %w", name, err)
	}
	live := &LiveDashboard{*out, map[string]string{}}
	for _, tag := range tags.Tags {
		live.Tags[aws.ToString(tag.Key)] = aws.ToString(tag.Value)
	}
	return live, nil
}

// unplaceableDashboard names a new dashboard whose name somebody else's has: to put one would replace it.
func unplaceableDashboard(ctx context.Context, c *awsapi.Clients, _ awsapi.Owner, creations []resource.Creation) ([]resource.Problem, error) {
	var problems []resource.Problem
	for _, node := range creations {
		spec := node.Spec.(Dashboard)
		name := DashboardName(spec.Platform, spec.Region)
		live, err := readDashboard(ctx, c, name)
		if err != nil {
			return nil, err
		}
		if live != nil && live.Tags[awsapi.TagPlatform] != spec.Platform {
			problems = append(problems, resource.Problem{Key: node.Key, Text: "somebody else's dashboard has the name " + name, Hint: "rename it, or set monitoring.dashboard: false"})
		}
	}
	return problems, nil
}

func diffDashboard(spec Dashboard, live LiveDashboard, ids resource.IDs) []resource.Change {
	drawn, _ := split(aws.ToString(live.DashboardBody))
	if want, _ := split(bodyOf(spec, ids)); drawn != want {
		return []resource.Change{{Field: fieldBody, Want: want, Have: drawn, Text: "it shows something else than there is"}}
	}
	return nil
}

func createDashboard(ctx context.Context, call resource.Call[Dashboard]) (string, error) {
	call.Unconfirmed() // a call whose reply was lost may have made it
	name := DashboardName(call.Spec.Platform, call.Spec.Region)
	if err := putDashboard(ctx, call.Clients, name, bodyOf(call.Spec, call.IDs), call.Tags); err != nil {
		return "", err
	}
	out, err := call.Clients.CloudWatch.GetDashboard(ctx, &cloudwatch.GetDashboardInput{DashboardName: &name})
	if err != nil {
		return "", fmt.Errorf("get dashboard %s, which was made: %w", name, err)
	}
	return aws.ToString(out.DashboardArn), nil
}

// updateDashboard draws what there is, and keeps what drills have noted.
func updateDashboard(ctx context.Context, call resource.Call[Dashboard], live LiveDashboard, _ []resource.Change) error {
	_, notes := split(aws.ToString(live.DashboardBody))
	return putDashboard(ctx, call.Clients, aws.ToString(live.DashboardName), withNotes(bodyOf(call.Spec, call.IDs), notes), nil)
}

// putDashboard makes a dashboard, with tags, or gives one another body.
func putDashboard(ctx context.Context, c *awsapi.Clients, name, body string, tags map[string]string) error {
	out, err := c.CloudWatch.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: &name, DashboardBody: &body, Tags: tagsOf(tags)})
	if err != nil {
		return fmt.Errorf("put dashboard %s: %w", name, err)
	}
	for _, message := range out.DashboardValidationMessages {
		return fmt.Errorf("CloudWatch doesn't draw a part of dashboard %s: %s %s", name, aws.ToString(message.DataPath), aws.ToString(message.Message))
	}
	return nil
}

func tagsOf(tags map[string]string) (list []types.Tag) {
	for _, key := range slices.Sorted(maps.Keys(tags)) {
		list = append(list, types.Tag{Key: aws.String(key), Value: aws.String(tags[key])})
	}
	return list
}

// DashboardURL is the page of a dashboard in AWS's console.
func DashboardURL(platform, region string) string {
	return "https://" + region + ".console.aws.amazon.com/cloudwatch/home?region=" + region + "#dashboards/dashboard/" + DashboardName(platform, region)
}
