package loadbalancing

import (
	"context"
	"fmt"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// A listener without the platform's tags answers in the platform's name on its port, or keeps
// the platform's own listener from having it.

// listLoadBalancers asks for the listeners that the listener's kind asks for, too.
func listLoadBalancers(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveLoadBalancer, error) {
	lives, foreign, err := both(ctx, c, owner, whole(loadBalancers(), liveLoadBalancer), foreignListeners)
	for i := range lives {
		lives[i].Listeners = foreign[aws.ToString(lives[i].LoadBalancerArn)]
	}
	return lives, err
}

// foreignListeners are those without the owner's tags, by load balancer. One whose tags AWS
// doesn't show may be gone, or new.
func foreignListeners(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (map[string][]types.Listener, error) {
	listeners, err := allListeners(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	all, err := listenerTags(ctx, c, owner)
	foreign := map[string][]types.Listener{}
	for _, listener := range listeners {
		if tags := all[aws.ToString(listener.ListenerArn)]; tags != nil && !owner.Owns(tags) {
			balancer := aws.ToString(listener.LoadBalancerArn)
			foreign[balancer] = append(foreign[balancer], listener)
		}
	}
	return foreign, err
}

// listenerChanges are what listeners that nobody asked for differ by: their being there.
func listenerChanges(listeners []types.Listener) []resource.Change {
	var changes []resource.Change
	for _, listener := range listeners {
		var actions []string
		for _, action := range listener.DefaultActions {
			actions = append(actions, describeAction(action))
		}
		changes = append(changes, resource.Change{
			Field: "listener " + portOf(listener), Have: strings.Join(actions, ", then "), Foreign: resource.Handle("listener", aws.ToString(listener.ListenerArn)),
		})
	}
	return changes
}

func portOf(listener types.Listener) string { return strconv.Itoa(int(aws.ToInt32(listener.Port))) }

// deleteListeners leaves a load balancer with the platform's own.
func deleteListeners(ctx context.Context, c *awsapi.Clients, listeners []types.Listener) error {
	for _, listener := range listeners {
		_, err := c.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: listener.ListenerArn})
		if err != nil && !awsapi.IsNotFound(err) {
			return fmt.Errorf("delete listener %s (%s): %w", portOf(listener), aws.ToString(listener.ListenerArn), err)
		}
	}
	return nil
}
