package compute

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// InstanceType is a size of virtual machine.
type InstanceType struct {
	Name         string
	VCPUs        int
	MemoryMiB    int
	Architecture string // x86_64, arm64
	Processor    string // manufacturer
	Burstable    bool
	Interfaces   int  // network interfaces at most
	Previous     bool // of a past generation, which isn't Nitro's
}

// defaultType is EC2's where a launch names none, of a generation that is past.
// Source: API reference of RunInstances.
func defaultType() InstanceType {
	return InstanceType{Name: "m1.small", VCPUs: 1, MemoryMiB: 1740, Architecture: "x86_64", Processor: "Intel", Interfaces: 2, Previous: true}
}

// instanceFamily is a row of instance types.
type instanceFamily struct {
	name, architecture, processor string
	burstable                     bool
	sizes                         string // name:vCPUs:GiB×2
}

// instanceFamilies are the common ones. Source: the Amazon EC2 instance types guide.
func instanceFamilies() []instanceFamily {
	return []instanceFamily{
		{"t2", "x86_64", "Intel", true, "nano:1:1 micro:1:2 small:1:4 medium:2:8 large:2:16"},
		{"t3", "x86_64", "Intel", true, "nano:2:1 micro:2:2 small:2:4 medium:2:8 large:2:16 xlarge:4:32 2xlarge:8:64"},
		{"t3a", "x86_64", "AMD", true, "nano:2:1 micro:2:2 small:2:4 medium:2:8 large:2:16 xlarge:4:32 2xlarge:8:64"},
		{"t4g", "arm64", "AWS", true, "nano:2:1 micro:2:2 small:2:4 medium:2:8 large:2:16 xlarge:4:32 2xlarge:8:64"},
		{"m5", "x86_64", "Intel", false, "large:2:16 xlarge:4:32 2xlarge:8:64 4xlarge:16:128"},
		{"m6i", "x86_64", "Intel", false, "large:2:16 xlarge:4:32 2xlarge:8:64 4xlarge:16:128"},
		{"m7i", "x86_64", "Intel", false, "large:2:16 xlarge:4:32 2xlarge:8:64 4xlarge:16:128"},
		{"m7g", "arm64", "AWS", false, "medium:1:8 large:2:16 xlarge:4:32 2xlarge:8:64 4xlarge:16:128"},
		{"c5", "x86_64", "Intel", false, "large:2:8 xlarge:4:16 2xlarge:8:32 4xlarge:16:64"},
		{"c6i", "x86_64", "Intel", false, "large:2:8 xlarge:4:16 2xlarge:8:32 4xlarge:16:64"},
		{"c7g", "arm64", "AWS", false, "medium:1:4 large:2:8 xlarge:4:16 2xlarge:8:32"},
		{"r5", "x86_64", "Intel", false, "large:2:32 xlarge:4:64 2xlarge:8:128"},
	}
}

func (f instanceFamily) types() (list []InstanceType) {
	for size := range strings.FieldsSeq(f.sizes) {
		parts := strings.Split(size, ":")
		vcpus := number(parts[1])
		list = append(list, InstanceType{Name: f.name + "." + parts[0], VCPUs: vcpus, MemoryMiB: number(parts[2]) * 512,
			Architecture: f.architecture, Processor: f.processor, Burstable: f.burstable, Interfaces: min(2+vcpus/2, 8)})
	}
	return list
}

// InstanceTypes lists the common types, and the one of launches that name none.
func InstanceTypes() (all []InstanceType) {
	all = append(all, defaultType())
	for _, family := range instanceFamilies() {
		all = append(all, family.types()...)
	}
	return all
}

func number(digits string) int {
	n := 0
	for _, d := range digits {
		n = n*10 + int(d-'0')
	}
	return n
}

// FindInstanceType returns an instance type, or AWS's refusal of its name.
func FindInstanceType(name string) (InstanceType, error) {
	for _, family := range instanceFamilies() {
		if !strings.HasPrefix(name, family.name+".") {
			continue
		}
		for _, t := range family.types() {
			if t.Name == name {
				return t, nil
			}
		}
	}
	switch {
	case name == defaultType().Name:
		return defaultType(), nil
	case MayBeType(name):
		return InstanceType{}, refuse.NotSimulated("instance type %s is not simulated, only those that DescribeInstanceTypes lists", name)
	}
	return InstanceType{}, refuse.InvalidParameterValue("Invalid value '%s' for InstanceType.", name)
}

// MayBeType reports whether AWS may have an instance type of that name, such as
// "m7i-flex.8xlarge" or "u-6tb1.metal": a family with a generation, and a size.
func MayBeType(name string) bool { return typeShape().MatchString(name) }

var typeShape = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[a-z]+(-[0-9]+tb)?[0-9]+[a-z0-9-]*\.(nano|micro|small|medium|large|[0-9]*xlarge|metal(-[0-9]+xl)?)$`)
})

// Offered reports whether a zone offers an instance type. As on AWS, us-east-1e has old
// families only; [world.Switches] can take away more.
func Offered(tx *world.Tx, typeName, zone string) bool {
	if zone == "us-east-1e" && !strings.HasPrefix(typeName, "t2.") && typeName != defaultType().Name {
		return false
	}
	return !slices.Contains(tx.Switches().NotOffered, typeName+"@"+zone)
}

// checkPlace refuses a type that the zone doesn't offer or has no capacity for.
func checkPlace(tx *world.Tx, typeName, zone string) error {
	short := func(z string) bool {
		c := tx.Switches().NoCapacity
		return slices.Contains(c, z) || slices.Contains(c, typeName+"@"+z)
	}
	var others []string
	for _, z := range network.Zones(tx.Region()) {
		if z.Name != zone && Offered(tx, typeName, z.Name) && !short(z.Name) {
			others = append(others, z.Name)
		}
	}
	if !Offered(tx, typeName, zone) {
		return refuse.New("Unsupported", "Your requested instance type (%s) is not supported in your requested Availability Zone (%s). Please retry your request by not specifying an Availability Zone or choosing %s.",
			typeName, zone, strings.Join(others, ", "))
	}
	if short(zone) {
		return refuse.WithStatus(500, "InsufficientInstanceCapacity", "We currently do not have sufficient %s capacity in the Availability Zone you requested (%s). Our system will be working on provisioning additional capacity. You can currently get %s capacity by not specifying an Availability Zone in your request or choosing %s.",
			typeName, zone, typeName, strings.Join(others, ", "))
	}
	return nil
}
