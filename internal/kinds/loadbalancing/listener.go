package loadbalancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Listener takes a load balancer's traffic on one port and forwards all of it
// to a target group.
type Listener struct {
	LoadBalancer resource.Ref
	Port         int32
	// Protocol is "HTTP".
	Protocol    string
	TargetGroup resource.Ref
}

// Refs implements resource.Spec.
func (l Listener) Refs() []resource.Ref { return []resource.Ref{l.LoadBalancer, l.TargetGroup} }

// LiveListener is a listener as ELBv2 reports it.
type LiveListener struct {
	types.Listener
	Tags map[string]string
}

// ListenerKind is the kind "listener". Its ID is the ARN.
func ListenerKind() resource.Kind[Listener, LiveListener] {
	return resource.Kind[Listener, LiveListener]{
		Traits: resource.Traits{
			Name: "listener",
			Actions: resource.Actions{
				Read:   []string{"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeTags"},
				Make:   []string{"elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"},
				Change: []string{"elasticloadbalancing:ModifyListener"},
				Delete: []string{"elasticloadbalancing:DeleteListener"},
			},
			Quotas: []resource.Quota{{Service: "elasticloadbalancing", Code: "L-B6DF7632", Name: "Listeners per Application Load Balancer", Refusals: []string{"TooManyListeners"}}},
			Removal: resource.Removal{
				Delete: deleteListener,
				DeletedWith: func(arn string) string {
					return resource.Handle(LoadBalancerKind().Name, balancerOf(arn))
				},
			},
		},
		Reading: resource.Reading[LiveListener]{
			List:   listListeners,
			ID:     func(l LiveListener) string { return aws.ToString(l.ListenerArn) },
			Tags:   func(l LiveListener) map[string]string { return l.Tags },
			Status: func(LiveListener) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Listener, LiveListener]{
			Diff:      diffListener,
			Create:    createListener,
			AsCreated: listenerAsCreated,
			Update:    updateListener,
			Retag:     awsapi.RetagELB,
		},
	}
}

// balancerOf is the ARN of a listener's load balancer: the listener's own begins with its
// path.
func balancerOf(arn string) string {
	balancer := strings.Replace(arn, ":listener/", ":loadbalancer/", 1)
	return balancer[:max(0, strings.LastIndex(balancer, "/"))]
}

func listListeners(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveListener, error) {
	lists, err := eachOf(ctx, c, owner, loadBalancers(), listenersOf)
	if err != nil {
		return nil, err
	}
	var arns []string
	for _, list := range lists {
		for _, listener := range list {
			arns = append(arns, aws.ToString(listener.ListenerArn))
		}
	}
	tags, err := tagsOf(ctx, c, arns)
	if err != nil {
		return nil, err
	}
	var live []LiveListener
	for _, list := range lists {
		for _, listener := range list {
			if t := tags[aws.ToString(listener.ListenerArn)]; t != nil {
				live = append(live, LiveListener{Listener: listener, Tags: t})
			}
		}
	}
	return live, nil
}

func listenersOf(ctx context.Context, c *awsapi.Clients, balancer string) ([]types.Listener, error) {
	pages := elb.NewDescribeListenersPaginator(c.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &balancer})
	return awsapi.Collect(ctx, pages, func(page *elb.DescribeListenersOutput) []types.Listener { return page.Listeners })
}

// destination tells what a listener does with traffic: the ARN of the one
// target group that gets it all, or else a description.
func destination(actions []types.Action) string {
	if len(actions) == 1 && actions[0].Type == types.ActionTypeEnumForward {
		action := actions[0]
		if arn := aws.ToString(action.TargetGroupArn); arn != "" {
			return arn
		}
		if f := action.ForwardConfig; f != nil && len(f.TargetGroups) == 1 {
			return aws.ToString(f.TargetGroups[0].TargetGroupArn)
		}
		return "several target groups"
	}
	var kinds []string
	for _, action := range actions {
		kinds = append(kinds, string(action.Type))
	}
	return strings.Join(kinds, ", then ")
}

func diffListener(spec Listener, live LiveListener, ids resource.IDs) []resource.Change {
	changes := resource.Fixed("load balancer", ids.Of(spec.LoadBalancer), aws.ToString(live.LoadBalancerArn))
	return slices.Concat(changes, compareSettings([]setting{
		{"port", strconv.Itoa(int(spec.Port))},
		{"protocol", spec.Protocol},
		{"forwards to", ids.Of(spec.TargetGroup)},
	}, map[string]string{
		"port":        strconv.Itoa(int(aws.ToInt32(live.Port))),
		"protocol":    string(live.Protocol),
		"forwards to": destination(live.DefaultActions),
	}))
}

func forward(call resource.Call[Listener]) []types.Action {
	return []types.Action{{
		Type:           types.ActionTypeEnumForward,
		TargetGroupArn: aws.String(call.IDs.Of(call.Spec.TargetGroup)),
	}}
}

func createListener(ctx context.Context, call resource.Call[Listener]) (string, error) {
	balancer := call.IDs.Of(call.Spec.LoadBalancer)
	out, err := call.Clients.ELB.CreateListener(ctx, &elb.CreateListenerInput{
		LoadBalancerArn: &balancer,
		Port:            &call.Spec.Port,
		Protocol:        types.ProtocolEnum(call.Spec.Protocol),
		DefaultActions:  forward(call),
		Tags:            awsapi.ELBTags(call.Tags),
	})
	if awsapi.HasCode(err, "DuplicateListener") {
		return adoptListener(ctx, call, balancer, err)
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.Listeners[0].ListenerArn), nil
}

// listenerAsCreated is what createListener asked for.
func listenerAsCreated(call resource.Call[Listener], arn string) LiveListener {
	return LiveListener{
		Listener: types.Listener{
			ListenerArn: &arn, LoadBalancerArn: aws.String(call.IDs.Of(call.Spec.LoadBalancer)),
			Port: &call.Spec.Port, Protocol: types.ProtocolEnum(call.Spec.Protocol), DefaultActions: forward(call),
		},
		Tags: call.Tags,
	}
}

// adoptListener finds the listener that has the port, and gives its ARN where
// it is the one that the call would have made.
func adoptListener(ctx context.Context, call resource.Call[Listener], balancer string, duplicate error) (string, error) {
	listeners, err := listenersOf(ctx, call.Clients, balancer)
	if err != nil {
		return "", fmt.Errorf("look which listener has port %d: %w", call.Spec.Port, err)
	}
	i := slices.IndexFunc(listeners, func(l types.Listener) bool { return aws.ToInt32(l.Port) == call.Spec.Port })
	if i < 0 {
		return "", &awsapi.Unseen{Err: duplicate}
	}
	arn := aws.ToString(listeners[i].ListenerArn)
	own, err := isCallsOwn(ctx, call, "listener", arn)
	if err != nil {
		return "", err
	}
	if !own {
		return "", fmt.Errorf("port %d of the load balancer is taken by listener %s, which platform %s did not make; delete that listener: %w",
			call.Spec.Port, arn, call.Owner.Platform, duplicate)
	}
	call.Unconfirmed()
	return arn, nil
}

func updateListener(ctx context.Context, call resource.Call[Listener], _ LiveListener, _ []resource.Change) error {
	_, err := call.Clients.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{
		ListenerArn:    &call.ID,
		Port:           &call.Spec.Port,
		Protocol:       types.ProtocolEnum(call.Spec.Protocol),
		DefaultActions: forward(call),
	})
	if err != nil {
		return fmt.Errorf("modify listener %s: %w", call.ID, err)
	}
	return nil
}

func deleteListener(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &record.ID})
	return err
}
