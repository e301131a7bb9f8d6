package prices

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// Name is what AWS has a price for, and per which unit: an hour where it ends with "-hour".
type Name string

// The names. Those of traffic are in the list to explain a bill: nobody knows beforehand how much there will be.
const (
	NATGateway   Name = "nat-gateway-hour"
	LoadBalancer Name = "load-balancer-hour"
	PublicIPv4   Name = "public-ipv4-hour"
	GP3          Name = "gp3-gb-month"
	Metric       Name = "cloudwatch-metric-month" // of detailed monitoring, and of one's own
	Alarm        Name = "cloudwatch-alarm-month"  // of a period of a minute and more, for each of its metrics
	KMSKey       Name = "kms-key-month"           // of one's own, without requests

	NATGatewayTraffic   Name = "nat-gateway-gb"
	LoadBalancerTraffic Name = "lcu-hour"
)

// instance begins the names of instance types, of Linux on demand.
const instance = "instance-hour/"

// Instance is the name of an instance type, such as "t3.micro", of Linux on demand.
func Instance(instanceType string) Name { return Name(instance + instanceType) }

// HoursPerMonth is how long a month is, as AWS's calculator has it.
const HoursPerMonth = 730

// perMonth is how many of the name's units one of it takes in a month.
func (n Name) perMonth() Amount {
	if strings.HasSuffix(string(n), "-hour") || strings.HasPrefix(string(n), instance) {
		return HoursPerMonth
	}
	return 1
}

// Per is the unit that a price is for, such as "an hour".
func (n Name) Per() string {
	switch {
	case n.perMonth() == HoursPerMonth:
		return "an hour"
	case n == NATGatewayTraffic:
		return "a GB"
	default:
		return "a month"
	}
}

// Title is what people call it.
func (n Name) Title() string {
	switch n {
	case NATGateway:
		return "NAT gateway"
	case LoadBalancer:
		return "Application Load Balancer"
	case PublicIPv4:
		return "Public IPv4 address"
	case GP3:
		return "gp3 volume, GB"
	case Metric:
		return "CloudWatch metric"
	case Alarm:
		return "CloudWatch alarm"
	case KMSKey:
		return "KMS key"
	case NATGatewayTraffic:
		return "NAT gateway, GB processed"
	case LoadBalancerTraffic:
		return "load balancer capacity unit"
	default:
		return strings.TrimPrefix(string(n), instance)
	}
}

// Item is so many of what has a price, all month long.
type Item struct {
	Name  Name
	Count int64
}

// Sum adds up items of the same name. They are in the order of their names.
func Sum(items []Item) []Item {
	counts := map[Name]int64{}
	for _, item := range items {
		counts[item.Name] += item.Count
	}
	sum := make([]Item, 0, len(counts))
	for _, name := range slices.SortedFunc(maps.Keys(counts), cmp.Compare[Name]) {
		sum = append(sum, Item{name, counts[name]})
	}
	return sum
}
