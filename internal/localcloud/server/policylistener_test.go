package server_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// Who may make listeners only in a secure way is refused others before anything is looked at.
func TestPolicies_DecideByHowListenersAreSecured(t *testing.T) {
	const recommended, old = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", "ELBSecurityPolicy-2016-08"
	c := newTroubled(t, faults.Config{}, policies(t,
		`"Effect": "Allow", "Action": ["elasticloadbalancing:CreateListener", "elasticloadbalancing:ModifyListener"], "Resource": "*", `+
			`"Condition": {"StringEquals": {"elasticloadbalancing:ListenerProtocol": "HTTPS", "elasticloadbalancing:SecurityPolicy": "`+recommended+`"}}`)...)
	const of = "app/web/0123456789abcdef"
	balancer := "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/" + of
	listener := "arn:aws:elasticloadbalancing:us-east-1:123456789012:listener/" + of + "/0123456789abcdef"
	create := func(protocol elbtypes.ProtocolEnum, policy *string) string {
		_, err := c.elb.CreateListener(t.Context(), &elb.CreateListenerInput{LoadBalancerArn: &balancer, Port: aws.Int32(443), Protocol: protocol, SslPolicy: policy,
			DefaultActions: []elbtypes.Action{{Type: elbtypes.ActionTypeEnumFixedResponse, FixedResponseConfig: &elbtypes.FixedResponseActionConfig{StatusCode: aws.String("200")}}}})
		return lackingOf(err)
	}
	const refused = "elasticloadbalancing:CreateListener loadbalancer/" + of
	c.expect("making listeners", []string{
		create(elbtypes.ProtocolEnumHttp, nil), create(elbtypes.ProtocolEnumHttps, nil), create(elbtypes.ProtocolEnumHttps, aws.String(old)), create(elbtypes.ProtocolEnumHttps, aws.String(recommended)),
	}, refused, refused, refused, "LoadBalancerNotFound")
	modify := func(policy string) string {
		_, err := c.elb.ModifyListener(t.Context(), &elb.ModifyListenerInput{ListenerArn: &listener, Protocol: elbtypes.ProtocolEnumHttps, SslPolicy: &policy})
		return lackingOf(err)
	}
	c.expect("changing them", []string{modify(old), modify(recommended)}, "elasticloadbalancing:ModifyListener listener/"+of+"/0123456789abcdef", "ListenerNotFound")
}
