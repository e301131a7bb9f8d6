package loadbalancing

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Entrance is where users reach a platform: its load balancer's address.
type Entrance struct {
	ARN     string
	Name    string
	DNSName string
	// Zones are the Availability Zones that have a node, in order.
	Zones []string
}

// DNSName asks for the address of one load balancer.
func DNSName(ctx context.Context, c *awsapi.Clients, arn string) (string, error) {
	out, err := c.ELB.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{LoadBalancerArns: []string{arn}})
	if err != nil {
		return "", err
	}
	if len(out.LoadBalancers) == 0 {
		return "", fmt.Errorf("AWS described no load balancer for %s: try again", arn)
	}
	return aws.ToString(out.LoadBalancers[0].DNSName), nil
}

// EntranceOf reads the address of an observed load balancer; false where the
// object is something else.
func EntranceOf(object resource.Object) (Entrance, bool) {
	live, ok := object.Live.(LiveLoadBalancer)
	if !ok {
		return Entrance{}, false
	}
	entrance := Entrance{
		ARN:     aws.ToString(live.LoadBalancerArn),
		Name:    aws.ToString(live.LoadBalancerName),
		DNSName: aws.ToString(live.DNSName),
	}
	for _, zone := range live.AvailabilityZones {
		entrance.Zones = append(entrance.Zones, aws.ToString(zone.ZoneName))
	}
	slices.Sort(entrance.Zones)
	return entrance, true
}
