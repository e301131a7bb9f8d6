package loadbalancing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Listener takes a load balancer's traffic on one port and forwards all of it
// to a target group, or sends it to HTTPS.
type Listener struct {
	LoadBalancer resource.Ref
	Port         int32
	// Protocol is "HTTP" or "HTTPS".
	Protocol string
	// TargetGroup gets all requests. The zero Ref: clients are sent to HTTPS.
	TargetGroup resource.Ref
	// TLS is of HTTPS; the zero TLS of HTTP.
	TLS TLS
}

// Refs implements resource.Spec.
func (l Listener) Refs() []resource.Ref {
	return []resource.Ref{l.LoadBalancer, l.TargetGroup, l.TLS.Certificate}
}

// LiveListener is a listener as ELBv2 reports it.
type LiveListener struct {
	types.Listener
	Attributes map[string]string
	// Rules are those that come before the default action: a platform makes none.
	Rules []types.Rule
	Tags  map[string]string
}

// ListenerKind is the kind "listener". Its ID is the ARN.
func ListenerKind() resource.Kind[Listener, LiveListener] {
	return resource.Kind[Listener, LiveListener]{
		Traits: resource.Traits{
			Name:       "listener",
			TagCommand: awsapi.TagCommandELB,
			Actions: resource.Actions{
				Read:   []string{"elasticloadbalancing:DescribeListeners", "elasticloadbalancing:DescribeListenerAttributes", "elasticloadbalancing:DescribeRules", "elasticloadbalancing:DescribeTags", "elasticloadbalancing:DescribeSSLPolicies", "acm:DescribeCertificate"},
				Make:   []string{"elasticloadbalancing:CreateListener", "elasticloadbalancing:AddTags"},
				Change: []string{"elasticloadbalancing:ModifyListener", "elasticloadbalancing:ModifyListenerAttributes", "elasticloadbalancing:DeleteRule"},
				Delete: []string{"elasticloadbalancing:DeleteListener"},
			},
			Compared: listenerFields(),
			Quotas:   []resource.Quota{{Service: "elasticloadbalancing", Code: "L-B6DF7632", Name: "Listeners per Application Load Balancer", Refusals: []string{"TooManyListeners"}}},
			// Of a certificate that was issued a moment ago: "must have a fully-qualified domain name, …".
			Propagating:  []awsapi.Refusal{{Code: "UnsupportedCertificate"}},
			Unmakeable:   unserveable,
			Unchangeable: []string{fieldCertificate, fieldPolicy},
			Removal: resource.Removal{
				Delete: deleteListener, Foreign: untaggedListeners,
				// Source: Terraform's issues 3866 and 4537 of its AWS provider, 10 s to minutes.
				Holds: resource.Hold{
					Expectation: resource.Expectation{Least: 10 * time.Second, Usual: 40 * time.Second, Most: 2 * time.Minute},
					What:        "certificate", Kinds: []string{"certificate"},
				},
				DeletedWith: func(arn string) string {
					return resource.Handle(LoadBalancerKind().Name, balancerOf(arn))
				},
			},
		},
		Reading: resource.Reading[LiveListener]{
			List:      listListeners,
			ListBasic: listBasicListeners,
			ID:        func(l LiveListener) string { return aws.ToString(l.ListenerArn) },
			Tags:      func(l LiveListener) map[string]string { return l.Tags },
			Status:    func(LiveListener) resource.Status { return resource.Status{Phase: resource.Ready} },
		},
		Writing: resource.Writing[Listener, LiveListener]{
			Diff: diffListener,
			Kept: func(_ Listener, live LiveListener) []resource.Change {
				return keptSettings(keptResponseAttributes(), live.Attributes)
			},
			Create:    createListener,
			AsCreated: listenerAsCreated,
			Update:    updateListener,
			Retag:     awsapi.RetagELB,
		},
		Impact: listenerImpact,
	}
}

// balancerOf is the ARN of a listener's load balancer: the listener's own begins with its
// path.
func balancerOf(arn string) string {
	balancer := strings.Replace(arn, ":listener/", ":loadbalancer/", 1)
	return balancer[:max(0, strings.LastIndex(balancer, "/"))]
}

// listBasicListeners leaves out the attributes and the rules.
func listBasicListeners(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveListener, error) {
	listeners, err := allListeners(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	tags, err := listenerTags(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	var live []LiveListener
	for _, listener := range listeners {
		if t := tags[aws.ToString(listener.ListenerArn)]; t != nil {
			live = append(live, LiveListener{Listener: listener, Tags: t})
		}
	}
	return live, nil
}

// listListeners leaves out what vanishes while its attributes and rules are read.
func listListeners(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveListener, error) {
	details := func(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (map[string]LiveListener, error) {
		attributes, rules, err := both(ctx, c, owner, listenerAttributes, foreignRules)
		whole := map[string]LiveListener{}
		for arn := range attributes {
			if of, there := rules[arn]; there {
				whole[arn] = LiveListener{Attributes: attributes[arn], Rules: of}
			}
		}
		return whole, err
	}
	listeners, whole, err := both(ctx, c, owner, listBasicListeners, details)
	var lives []LiveListener
	for _, live := range listeners {
		if of, there := whole[aws.ToString(live.ListenerArn)]; there {
			live.Attributes, live.Rules = of.Attributes, of.Rules
			lives = append(lives, live)
		}
	}
	return lives, err
}

// allListeners are those of the load balancers whose name may be of the owner.
func allListeners(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]types.Listener, error) {
	return awsapi.Once(ctx, c, "listeners of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) ([]types.Listener, error) {
		lists, err := eachOf(ctx, c, owner, loadBalancers(), listenersOf)
		var listeners []types.Listener
		for _, list := range lists {
			listeners = append(listeners, list...)
		}
		return listeners, err
	})
}

// listenerTags are the tags of allListeners.
func listenerTags(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (tagSets, error) {
	if owner.Domain.Look && !owner.IsEveryone() {
		return tagsOfAll(ctx, c, owner)
	}
	return awsapi.Once(ctx, c, "listener tags of "+owner.Platform, func(ctx context.Context, c *awsapi.Clients) (tagSets, error) {
		listeners, err := allListeners(ctx, c, owner)
		if err != nil {
			return nil, err
		}
		return tagsOf(ctx, c, listenerARNs(listeners))
	})
}

func listenerARNs(list []types.Listener) []string {
	arns := make([]string, len(list))
	for i := range list {
		arns[i] = aws.ToString(list[i].ListenerArn)
	}
	return arns
}

func listenersOf(ctx context.Context, c *awsapi.Clients, balancer string) ([]types.Listener, error) {
	pages := elb.NewDescribeListenersPaginator(c.ELB, &elb.DescribeListenersInput{LoadBalancerArn: &balancer})
	return awsapi.Collect(ctx, pages, func(page *elb.DescribeListenersOutput) []types.Listener { return page.Listeners })
}

// destination tells what a listener does with traffic: the ARN of the one
// target group that gets it all, or else a description.
func destination(actions []types.Action) string {
	if len(actions) == 1 && isToHTTPS(actions[0]) {
		return toHTTPS
	}
	if len(actions) == 1 && actions[0].Type == types.ActionTypeEnumForward {
		action := actions[0]
		f := action.ForwardConfig
		switch sticky := f != nil && f.TargetGroupStickinessConfig != nil && aws.ToBool(f.TargetGroupStickinessConfig.Enabled); {
		case sticky:
			return "target groups, with stickiness"
		case aws.ToString(action.TargetGroupArn) != "":
			return *action.TargetGroupArn
		case f != nil && len(f.TargetGroups) == 1:
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
	return slices.Concat(changes, compareSettings(listenerSettings(spec, ids), map[string]string{
		"port":        strconv.Itoa(int(aws.ToInt32(live.Port))),
		"protocol":    string(live.Protocol),
		"forwards to": destination(live.DefaultActions),
	}), compareTLS(spec, live, ids), compareSettings(corsAttributes(), live.Attributes), ruleChanges(live.Rules))
}

// listenerSettings are what ModifyListener sets.
func listenerSettings(spec Listener, ids resource.IDs) []setting {
	return []setting{
		{name: "port", value: strconv.Itoa(int(spec.Port))},
		{name: "protocol", value: spec.Protocol},
		{name: "forwards to", value: cmp.Or(ids.Of(spec.TargetGroup), toHTTPS)},
	}
}

func forward(call resource.Call[Listener]) []types.Action {
	if call.Spec.TargetGroup.IsZero() {
		return redirect()
	}
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
		Certificates:    certificatesOf(call.Spec, call.IDs),
		SslPolicy:       policyOf(call.Spec),
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
			Certificates: certificatesOf(call.Spec, call.IDs), SslPolicy: policyOf(call.Spec),
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

// updateListener takes the rules away last: until then they may hide that nothing is behind
// the listener.
func updateListener(ctx context.Context, call resource.Call[Listener], live LiveListener, changes []resource.Change) error {
	mutual := mutualTLS(live, changes)
	if len(changedSettings(listenerSettings(call.Spec, call.IDs), changes)) > 0 || changesTLS(changes) {
		if _, err := call.Clients.ELB.ModifyListener(ctx, &elb.ModifyListenerInput{
			ListenerArn:          &call.ID,
			Port:                 &call.Spec.Port,
			Protocol:             types.ProtocolEnum(call.Spec.Protocol),
			DefaultActions:       forward(call),
			Certificates:         certificatesOf(call.Spec, call.IDs),
			SslPolicy:            policyOf(call.Spec),
			MutualAuthentication: mutual,
		}); err != nil {
			return fmt.Errorf("modify listener %s: %w", call.ID, err)
		}
	}
	if err := setListenerAttributes(ctx, call.Clients, call.ID, changedSettings(corsAttributes(), changes)); err != nil {
		return err
	}
	return deleteRules(ctx, call.Clients, live.Rules)
}

func deleteListener(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	_, err := c.ELB.DeleteListener(ctx, &elb.DeleteListenerInput{ListenerArn: &record.ID})
	return err
}
