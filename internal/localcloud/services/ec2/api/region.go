package api

import (
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

func regionOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.View(h, "DescribeRegions", describeRegions),
		requests.View(h, "DescribeAvailabilityZones", describeAvailabilityZones),
		requests.View(h, "DescribeAccountAttributes", describeAccountAttributes),
	}
}

type describeRegionsInput struct {
	Names      []string          `query:"RegionName"`
	AllRegions bool              `query:"AllRegions"`
	Filters    []requests.Filter `query:"Filter"`
}

type describeRegionsOutput struct {
	Regions wire.Items[regionItem] `xml:"regionInfo"`
}

type regionItem struct {
	Name        string `xml:"regionName"`
	Endpoint    string `xml:"regionEndpoint"`
	OptInStatus string `xml:"optInStatus"`
}

func describeRegions(tx *world.Tx, _ *wire.Call, in *describeRegionsInput) (*describeRegionsOutput, error) {
	var all []regionItem
	for _, r := range region.All() {
		if r.Partition != region.Partition(tx.Region()) || r.Asked && !in.AllRegions && !slices.Contains(in.Names, r.Name) {
			continue
		}
		item := regionItem{r.Name, "ec2." + r.Name + "." + region.Domain(r.Name), "opt-in-not-required"}
		if r.Asked {
			item.OptInStatus = "not-opted-in"
		}
		all = append(all, item)
	}
	for _, name := range in.Names {
		if !slices.ContainsFunc(all, func(r regionItem) bool { return r.Name == name }) {
			return nil, refuse.InvalidParameterValue("Invalid region provided: %s", name)
		}
	}
	found, err := requests.Choose(all, in.Names, func(r regionItem) string { return r.Name }, in.Filters, func(r regionItem) map[string]string {
		return map[string]string{"region-name": r.Name, "endpoint": r.Endpoint, "opt-in-status": r.OptInStatus}
	})
	return &describeRegionsOutput{found}, err
}

type describeAvailabilityZonesInput struct {
	Names   []string          `query:"ZoneName"`
	IDs     []string          `query:"ZoneId"`
	All     bool              `query:"AllAvailabilityZones"`
	Filters []requests.Filter `query:"Filter"`
}

type describeAvailabilityZonesOutput struct {
	Zones wire.Items[zoneItem] `xml:"availabilityZoneInfo"`
}

type zoneItem struct {
	Name               string                    `xml:"zoneName"`
	ID                 string                    `xml:"zoneId"`
	State              string                    `xml:"zoneState"`
	Region             string                    `xml:"regionName"`
	Messages           wire.Items[requests.None] `xml:"messageSet"`
	OptInStatus        string                    `xml:"optInStatus"`
	GroupName          string                    `xml:"groupName"`
	NetworkBorderGroup string                    `xml:"networkBorderGroup"`
	ZoneType           string                    `xml:"zoneType"`
}

func describeAvailabilityZones(tx *world.Tx, _ *wire.Call, in *describeAvailabilityZonesInput) (*describeAvailabilityZonesOutput, error) {
	here := tx.Region()
	var all []zoneItem
	for _, z := range network.Zones(here) {
		all = append(all, zoneItem{Name: z.Name, ID: z.ID, State: "available", Region: here, OptInStatus: "opt-in-not-required",
			GroupName: here + "-zg-1", NetworkBorderGroup: here, ZoneType: "availability-zone"})
	}
	for _, name := range in.Names {
		if strings.HasPrefix(name, here+"-") {
			return nil, refuse.NotSimulated("local zone %s is not simulated", name)
		}
		if !slices.ContainsFunc(all, func(z zoneItem) bool { return z.Name == name }) {
			return nil, refuse.InvalidParameterValue("Invalid availability zone: [%s]", name)
		}
	}
	for _, id := range in.IDs {
		if !slices.ContainsFunc(all, func(z zoneItem) bool { return z.ID == id }) {
			return nil, refuse.InvalidParameterValue("Invalid availability zone-id: [%s]", id)
		}
	}
	found, err := requests.Choose(all, in.Names, func(z zoneItem) string { return z.Name }, in.Filters, func(z zoneItem) map[string]string {
		return map[string]string{"zone-name": z.Name, "zone-id": z.ID, "state": z.State, "region-name": here, "opt-in-status": z.OptInStatus,
			"group-name": z.GroupName, "zone-type": z.ZoneType, "message": "", "parent-zone-id": "", "parent-zone-name": ""}
	})
	found = slices.DeleteFunc(found, func(z zoneItem) bool { return len(in.IDs) > 0 && !slices.Contains(in.IDs, z.ID) })
	return &describeAvailabilityZonesOutput{found}, err
}

type describeAccountAttributesInput struct {
	Names []string `query:"AttributeName"`
}

type describeAccountAttributesOutput struct {
	Attributes wire.Items[accountAttributeItem] `xml:"accountAttributeSet"`
}

type accountAttributeItem struct {
	Name   string                            `xml:"attributeName"`
	Values wire.Items[accountAttributeValue] `xml:"attributeValueSet"`
}

type accountAttributeValue struct {
	Value string `xml:"attributeValue"`
}

func describeAccountAttributes(tx *world.Tx, _ *wire.Call, in *describeAccountAttributesInput) (*describeAccountAttributesOutput, error) {
	defaultVPC := "none"
	if v, ok := network.DefaultVPC(tx); ok {
		defaultVPC = v.ID
	}
	out := &describeAccountAttributesOutput{}
	for _, a := range [][2]string{
		{"supported-platforms", "VPC"},
		{"default-vpc", defaultVPC},
		{"vpc-max-security-groups-per-interface", strconv.Itoa(tx.Limit(network.GroupsPerInterface()))},
		{"max-instances", strconv.Itoa(tx.Limit(compute.VCPUs()))},
		{"vpc-max-elastic-ips", strconv.Itoa(tx.Limit(network.Addresses()))},
		{"max-elastic-ips", strconv.Itoa(tx.Limit(network.Addresses()))},
	} {
		if len(in.Names) == 0 || slices.Contains(in.Names, a[0]) {
			out.Attributes = append(out.Attributes, accountAttributeItem{a[0], wire.Items[accountAttributeValue]{{a[1]}}})
		}
	}
	return out, nil
}
