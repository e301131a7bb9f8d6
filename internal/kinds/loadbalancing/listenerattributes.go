package loadbalancing

import (
	"context"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// responseHeader is the attribute by which a listener adds a header to every answer, or
// replaces it. None does as AWS makes it.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_ListenerAttribute.html
func responseHeader(name string) setting {
	return setting{name: "routing.http.response." + name + ".header_value"}
}

// corsAttributes let pages of other origins read the answers.
func corsAttributes() []setting {
	return []setting{
		responseHeader("access_control_allow_origin"),
		responseHeader("access_control_allow_methods"),
		responseHeader("access_control_allow_headers"),
		responseHeader("access_control_allow_credentials"),
		responseHeader("access_control_expose_headers"),
		responseHeader("access_control_max_age"),
	}
}

// keptResponseAttributes make browsers stricter, or tell less.
func keptResponseAttributes() []setting {
	return []setting{
		{name: "routing.http.response.server.enabled", value: "true", initial: "true"},
		responseHeader("strict_transport_security"),
		responseHeader("content_security_policy"),
		responseHeader("x_content_type_options"),
		responseHeader("x_frame_options"),
	}
}

// listenerFields declares what is compared of a listener.
func listenerFields() []resource.Field {
	return slices.Concat([]resource.Field{
		resource.Identity("ListenerArn", "Tags"),
		{Name: "load balancer", Of: []string{"LoadBalancerArn"}, How: resource.Repaired, Why: "AWS can't change it: another listener takes its place"},
		{Name: "port", Of: []string{"Port"}, How: resource.Repaired, Why: "it is where users are served"},
		{Name: "protocol", Of: []string{"Protocol"}, How: resource.Repaired, Why: "it is how users are served"},
		{Name: "forwards to", Of: []string{"DefaultActions"}, How: resource.Repaired, Why: "one target group gets all requests, without weights and stickiness; with HTTPS, HTTP sends clients there"},
		{Name: "rule *", Of: []string{"Rules"}, How: resource.Repaired, Why: "a rule takes requests from the platform: it is removed"},
		{Name: fieldCertificate, Of: []string{"Certificates"}, How: resource.Repaired, Why: "clients refuse another one; what is added for other names isn't compared"},
		{Name: fieldPolicy, Of: []string{"SslPolicy"}, How: resource.Repaired, Why: "it says which clients are served, and how safely"},
		{Name: fieldMutual, Of: []string{"MutualAuthentication"}, How: resource.Repaired, Why: "with it nobody without a certificate of his own is served"},
		{Name: "ALPN", Of: []string{"AlpnPolicy"}, How: resource.Ignored, Why: "of an application load balancer it can't be set"},
		{Name: "attributes", Of: []string{"Attributes"}, How: resource.Repaired, Why: "one by one, as follows"},
		{Name: "routing.http.request.*", Of: []string{
			"routing.http.request.x_amzn_mtls_clientcert.header_name", "routing.http.request.x_amzn_mtls_clientcert_issuer.header_name",
			"routing.http.request.x_amzn_mtls_clientcert_leaf.header_name", "routing.http.request.x_amzn_mtls_clientcert_serial_number.header_name",
			"routing.http.request.x_amzn_mtls_clientcert_subject.header_name", "routing.http.request.x_amzn_mtls_clientcert_validity.header_name",
			"routing.http.request.x_amzn_tls_cipher_suite.header_name", "routing.http.request.x_amzn_tls_version.header_name",
		}, How: resource.Ignored, Why: "they rename headers of HTTPS listeners"},
	},
		fieldsOf(corsAttributes(), resource.Repaired, "it decides which other sites may read the answers"),
		fieldsOf(keptResponseAttributes(), resource.Kept, "it makes browsers stricter, or tells less"),
	)
}

func listenerAttributes(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (map[string]map[string]string, error) {
	listeners, err := allListeners(ctx, c, owner)
	if err != nil {
		return nil, err
	}
	redirects := map[string]bool{}
	for _, listener := range listeners {
		redirects[aws.ToString(listener.ListenerArn)] = len(listener.DefaultActions) == 1 && isToHTTPS(listener.DefaultActions[0])
	}
	return awsapi.Each(ctx, listenerARNs(listeners), func(ctx context.Context, arn string) (map[string]string, error) {
		if redirects[arn] {
			return map[string]string{}, nil // no browser reads a redirect's headers across sites
		}
		out, err := c.ELB.DescribeListenerAttributes(ctx, &elb.DescribeListenerAttributesInput{ListenerArn: &arn})
		if err != nil {
			return nil, err
		}
		return valuesOf(out.Attributes, func(a types.ListenerAttribute) (name, value *string) { return a.Key, a.Value }), nil
	})
}

func setListenerAttributes(ctx context.Context, c *awsapi.Clients, arn string, settings []setting) error {
	if len(settings) == 0 {
		return nil
	}
	var attributes []types.ListenerAttribute
	for _, s := range settings {
		attributes = append(attributes, types.ListenerAttribute{Key: aws.String(s.name), Value: aws.String(s.value)})
	}
	if _, err := c.ELB.ModifyListenerAttributes(ctx, &elb.ModifyListenerAttributesInput{ListenerArn: &arn, Attributes: attributes}); err != nil {
		return fmt.Errorf("set the attributes of listener %s: %w", arn, err)
	}
	return nil
}
