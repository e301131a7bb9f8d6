package blueprint

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// AvailableZones are the names of the region's Availability Zones. Local and
// Wavelength Zones, which can't hold a load balancer's node and a NAT gateway
// alike, are not among them.
func AvailableZones(ctx context.Context, c *awsapi.Clients) ([]string, error) {
	out, err := c.EC2.DescribeAvailabilityZones(ctx, &ec2.DescribeAvailabilityZonesInput{Filters: []ec2types.Filter{
		awsapi.Filter("zone-type", "availability-zone"), awsapi.Filter("state", "available"),
	}})
	if err != nil {
		return nil, fmt.Errorf("list the Availability Zones of %s: %w", c.Region, err)
	}
	var names []string
	for _, zone := range out.AvailabilityZones {
		names = append(names, aws.ToString(zone.ZoneName))
	}
	return names, nil
}

// Discover finds the facts that Build needs: from what the platform has
// already, so that a new machine image or zone changes nothing that runs, and
// by asking AWS only where the platform doesn't say.
func Discover(ctx context.Context, c *awsapi.Clients, cfg config.Config, available []string, objects []resource.Object, records []resource.Record) (Facts, error) {
	refused := RefusedZones(records, available)
	inUse := slices.DeleteFunc(zonesInUse(objects), func(zone string) bool { return slices.Contains(refused, zone) })
	// A zone in use stays even while AWS doesn't call it available.
	available = slices.Compact(slices.Sorted(slices.Values(slices.Concat(available, inUse))))
	region := Region{Available: available, InUse: inUse, Refused: refused}
	if wantsNewZone(cfg, region.InUse) || wantsNewType(cfg, objects) {
		var err error
		if region.Offered, err = zonesOffering(ctx, c, cfg.Web.InstanceType); err != nil {
			return Facts{}, err
		}
	}
	zones, err := ChooseZones(cfg, region)
	if err != nil {
		return Facts{}, err
	}
	image, err := chooseImage(ctx, c, cfg.Web, objects)
	return Facts{Zones: zones, ImageID: image, EndsHTTPS: endsHTTPS(cfg, objects)}, err
}

// FactsOf are the facts for another configuration of the same platform, of which nobody asks AWS.
func FactsOf(cfg config.Config, available []string, objects []resource.Object, known Facts) (Facts, error) {
	inUse := zonesInUse(objects)
	available = slices.Compact(slices.Sorted(slices.Values(slices.Concat(available, inUse))))
	zones, err := ChooseZones(cfg, Region{Available: available, InUse: inUse})
	facts := Facts{Zones: zones, ImageID: known.ImageID, EndsHTTPS: endsHTTPS(cfg, objects)}
	if cfg.Web.Image != "" && cfg.Web.Image != config.ImageLatest {
		facts.ImageID = cfg.Web.Image
	}
	return facts, err
}

// chooseImage is the image for new instances: the configured one, else that of
// the instances that are there, else the newest.
func chooseImage(ctx context.Context, c *awsapi.Clients, web config.Web, objects []resource.Object) (string, error) {
	parameter := compute.ImageParameter(web.InstanceType)
	image := web.Image
	if image == "" {
		image = imageInUse(objects, parameter)
	}
	if image == "" || image == config.ImageLatest {
		return compute.LatestImage(ctx, c, parameter)
	}
	return image, nil
}

func wantsNewZone(cfg config.Config, inUse []string) bool {
	if cfg.Network.Zones.Names == nil {
		return len(inUse) < cfg.Network.Zones.Count
	}
	return slices.ContainsFunc(cfg.Network.Zones.Names, func(name string) bool { return !slices.Contains(inUse, name) })
}

// wantsNewType reports whether an instance has another type than configured, so
// that its zone may not have what is to replace it.
func wantsNewType(cfg config.Config, objects []resource.Object) bool {
	return slices.ContainsFunc(objects, func(object resource.Object) bool {
		made, ok := madeOf(object)
		return ok && made.instanceType != cfg.Web.InstanceType
	})
}

func zonesInUse(objects []resource.Object) []string {
	var zones []string
	for _, object := range objects {
		if subnet, ok := object.Live.(network.LiveSubnet); ok {
			zones = append(zones, aws.ToString(subnet.AvailabilityZone))
		}
	}
	slices.Sort(zones)
	return slices.Compact(zones)
}

// imageInUse is the image of the running instances, where it suits the
// parameter's architecture; of a launch template, that of those to come.
func imageInUse(objects []resource.Object, parameter string) string {
	for _, object := range objects {
		made, ok := madeOf(object)
		if ok && object.Status.Phase != resource.Deleting && compute.ImageParameter(made.instanceType) == parameter {
			return made.image
		}
	}
	return ""
}

// made is what instances are made of.
type made struct{ instanceType, image string }

// madeOf reads an instance, or a launch template.
func madeOf(object resource.Object) (made, bool) {
	switch live := object.Live.(type) {
	case ec2types.Instance:
		return made{string(live.InstanceType), aws.ToString(live.ImageId)}, object.Status.Phase != resource.Gone
	case autoscaling.LiveTemplate:
		return made{string(live.InstanceType), aws.ToString(live.ImageId)}, true
	}
	return made{}, false
}

// zonesOffering are the zones in which an instance type can be had.
func zonesOffering(ctx context.Context, c *awsapi.Clients, instanceType string) ([]string, error) {
	zones := []string{} // not nil: asked
	pages := ec2.NewDescribeInstanceTypeOfferingsPaginator(c.EC2, &ec2.DescribeInstanceTypeOfferingsInput{
		LocationType: ec2types.LocationTypeAvailabilityZone,
		Filters:      []ec2types.Filter{awsapi.Filter("instance-type", instanceType)},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask which zones offer %s: %w", instanceType, err)
		}
		for _, offering := range page.InstanceTypeOfferings {
			zones = append(zones, aws.ToString(offering.Location))
		}
	}
	return zones, nil
}
