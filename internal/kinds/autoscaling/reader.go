package autoscaling

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// The kinds of this package share one read: groups and templates at once, and then the versions of the templates that are in use.
// Its calls grow with the number of templates, and not with that of instances.

// latest is the version that a template is compared by.
const latest = "$Latest"

// templatesPage is how many launch templates AWS gives in one reply: the most it may.
const templatesPage = 200

// Version says which version of which launch template.
type Version struct {
	Template string // ID
	Number   int64
}

// String is the form for people.
func (v Version) String() string { return strconv.FormatInt(v.Number, 10) }

// versionOf is the version that a group or an instance of it names; false where that is none by its number.
func versionOf(spec *types.LaunchTemplateSpecification) (Version, bool) {
	if spec == nil {
		return Version{}, false
	}
	number, err := strconv.ParseInt(aws.ToString(spec.Version), 10, 64)
	return Version{aws.ToString(spec.LaunchTemplateId), number}, err == nil
}

// inventory is what a platform has of Auto Scaling.
type inventory struct {
	groups    []types.AutoScalingGroup
	templates []ec2types.LaunchTemplate
	// versions are the latest ones of the templates, and those that groups and their instances use.
	versions map[Version]ec2types.ResponseLaunchTemplateData
	// refreshes are the last instance refreshes, by the names of the groups.
	refreshes map[string]*types.InstanceRefresh
}

func inventoryOf(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (inventory, error) {
	return awsapi.Once(ctx, c, "Auto Scaling of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) (inventory, error) {
		found := inventory{versions: map[Version]ec2types.ResponseLaunchTemplateData{}}
		if may, err := awsapi.MayScale(ctx, c, owner); err != nil || !may {
			return found, err
		}
		var g errgroup.Group // others share the reads
		g.Go(func() (err error) { found.groups, err = awsapi.AutoScalingGroups(ctx, c, owner); return err })
		g.Go(func() (err error) { found.templates, err = templatesOf(ctx, c, owner); return err })
		if err := g.Wait(); err != nil {
			return found, err
		}
		if !owner.IsEveryone() {
			g.Go(func() (err error) { found.refreshes, err = refreshesOf(ctx, c, found.groups); return err })
		}
		g.Go(func() error { return found.readVersions(ctx, c) }) // they say what the instances cost
		return found, g.Wait()
	})
}

// readVersions reads the versions of all templates, and of those that groups use and that aren't listed: somebody took their tags.
func (i *inventory) readVersions(ctx context.Context, c *awsapi.Clients) error {
	var ids []string
	for _, template := range i.templates {
		ids = append(ids, aws.ToString(template.LaunchTemplateId))
	}
	for _, group := range i.groups {
		if v, ok := versionOf(group.LaunchTemplate); ok && !slices.Contains(ids, v.Template) {
			ids = append(ids, v.Template)
		}
	}
	for _, id := range ids {
		versions, err := versionsOf(ctx, c, id, used(i.groups, id)...)
		if err != nil {
			return err
		}
		for _, version := range versions {
			if version.LaunchTemplateData != nil {
				i.versions[Version{id, aws.ToInt64(version.VersionNumber)}] = *version.LaunchTemplateData
			}
		}
	}
	return nil
}

func templatesOf(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]ec2types.LaunchTemplate, error) {
	filter := awsapi.OwnedBy(owner)
	pages := ec2.NewDescribeLaunchTemplatesPaginator(c.EC2, &ec2.DescribeLaunchTemplatesInput{
		Filters: []ec2types.Filter{filter}, MaxResults: aws.Int32(templatesPage),
	})
	return awsapi.Collect(ctx, pages, func(page *ec2.DescribeLaunchTemplatesOutput) []ec2types.LaunchTemplate { return page.LaunchTemplates })
}

// used are the numbers of a template's versions that groups and their instances name.
func used(groups []types.AutoScalingGroup, template string) []string {
	var numbers []string
	add := func(spec *types.LaunchTemplateSpecification) {
		if v, ok := versionOf(spec); ok && v.Template == template && !slices.Contains(numbers, v.String()) {
			numbers = append(numbers, v.String())
		}
	}
	for _, group := range groups {
		add(group.LaunchTemplate)
		for _, instance := range group.Instances {
			add(instance.LaunchTemplate)
		}
	}
	slices.Sort(numbers)
	return numbers
}

// codeVersionNotFound is how EC2 answers for a version that somebody has deleted, and for one that it doesn't show yet.
const codeVersionNotFound = "InvalidLaunchTemplateId.VersionNotFound"

// versionsOf reads the latest version of a template, and those of some numbers. What is gone is left out.
func versionsOf(ctx context.Context, c *awsapi.Clients, template string, numbers ...string) ([]ec2types.LaunchTemplateVersion, error) {
	read := func(versions []string) ([]ec2types.LaunchTemplateVersion, error) {
		out, err := c.EC2.DescribeLaunchTemplateVersions(ctx, &ec2.DescribeLaunchTemplateVersionsInput{LaunchTemplateId: &template, Versions: versions})
		if err != nil {
			return nil, err
		}
		return out.LaunchTemplateVersions, nil
	}
	all, err := read(append([]string{latest}, numbers...))
	if awsapi.HasCode(err, codeVersionNotFound) && len(numbers) > 0 {
		all, err = read([]string{latest})
	}
	if awsapi.HasCode(err, codeVersionNotFound) { // the template is there: its latest version was made a moment ago
		all, err = read(nil)
	}
	if awsapi.IsNotFound(err) {
		return nil, nil // it was deleted since it was listed
	}
	if err != nil {
		return nil, fmt.Errorf("read the versions of the launch template %s: %w", template, err)
	}
	return all, nil
}
