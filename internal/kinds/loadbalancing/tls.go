package loadbalancing

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	acmtypes "github.com/aws/aws-sdk-go-v2/service/acm/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// TLS is how a listener speaks HTTPS.
type TLS struct {
	// Certificate is one that the platform has, by its validation; or else ARN is one that exists.
	Certificate resource.Ref
	ARN         string
	// Names are those that the certificate at ARN must cover.
	Names []string
	// Policy is a security policy's name. AWS's default is one of 2016.
	Policy string
}

const (
	fieldCertificate = "certificate"
	fieldPolicy      = "TLS policy"
	fieldMutual      = "mutual TLS"

	// toHTTPS is what a listener does that sends clients to HTTPS.
	toHTTPS   = "HTTPS on port 443, by 301"
	httpsPort = "443"
)

// HasTLS reports whether a listener among objects has a certificate.
func HasTLS(objects []resource.Object) bool {
	return slices.ContainsFunc(objects, func(o resource.Object) bool {
		live, ok := o.Live.(LiveListener)
		return ok && len(live.Certificates) > 0
	})
}

// redirect sends clients to the same host, path and query.
func redirect() []types.Action {
	return []types.Action{{
		Type: types.ActionTypeEnumRedirect,
		RedirectConfig: &types.RedirectActionConfig{
			Protocol: aws.String("HTTPS"), Port: aws.String(httpsPort), StatusCode: types.RedirectActionStatusCodeEnumHttp301,
			Host: aws.String("#{host}"), Path: aws.String("/#{path}"), Query: aws.String("#{query}"),
		},
	}}
}

// isToHTTPS reports whether an action is that of redirect.
func isToHTTPS(action types.Action) bool {
	have, want := action.RedirectConfig, redirect()[0].RedirectConfig
	same := func(have, want *string) bool { return have == nil || *have == *want }
	return have != nil && aws.ToString(have.Protocol) == *want.Protocol && aws.ToString(have.Port) == *want.Port && have.StatusCode == want.StatusCode &&
		same(have.Host, want.Host) && same(have.Path, want.Path) && same(have.Query, want.Query)
}

// arn is that of the listener's certificate; "" of HTTP.
func (t TLS) arn(ids resource.IDs) string { return cmp.Or(t.ARN, ids.Of(t.Certificate)) }

func certificatesOf(spec Listener, ids resource.IDs) []types.Certificate {
	if arn := spec.TLS.arn(ids); arn != "" {
		return []types.Certificate{{CertificateArn: &arn}}
	}
	return nil
}

func policyOf(spec Listener) *string {
	if spec.TLS.Policy == "" {
		return nil
	}
	return &spec.TLS.Policy
}

// compareTLS has nothing to say of a listener for HTTP.
func compareTLS(spec Listener, live LiveListener, ids resource.IDs) []resource.Change {
	if spec.TLS.Policy == "" {
		return nil
	}
	have := ""
	if len(live.Certificates) > 0 {
		have = aws.ToString(live.Certificates[0].CertificateArn)
	}
	changes := compareSettings([]setting{{name: fieldCertificate, value: spec.TLS.arn(ids)}, {name: fieldPolicy, value: spec.TLS.Policy}},
		map[string]string{fieldCertificate: have, fieldPolicy: aws.ToString(live.SslPolicy)})
	if mutual := live.MutualAuthentication; mutual != nil && aws.ToString(mutual.Mode) != mutualOff && mutual.Mode != nil {
		changes = append(changes, resource.Change{Field: fieldMutual, Want: mutualOff, Have: *mutual.Mode})
	}
	return changes
}

const mutualOff = "off"

func changesTLS(changes []resource.Change) bool {
	return slices.ContainsFunc(changes, func(c resource.Change) bool {
		return slices.Contains([]string{fieldCertificate, fieldPolicy, fieldMutual}, c.Field)
	})
}

// mutualTLS takes mutual TLS off where that is a change; nil leaves it.
func mutualTLS(live LiveListener, changes []resource.Change) *types.MutualAuthenticationAttributes {
	if live.MutualAuthentication == nil || !slices.ContainsFunc(changes, func(c resource.Change) bool { return c.Field == fieldMutual }) {
		return nil
	}
	return &types.MutualAuthenticationAttributes{Mode: aws.String(mutualOff)}
}

// listenerImpact tells of HTTPS that ends.
func listenerImpact(t resource.Transition[Listener, LiveListener]) []resource.Impact {
	if t.Spec != nil || t.Live.Protocol != types.ProtocolEnumHttps {
		return nil
	}
	return []resource.Impact{{What: fmt.Sprintf("HTTPS on port %s stops answering: links to https:// fail", portOf(t.Live.Listener))}}
}

// unserveable asks whether a load balancer takes the policy and the certificate of some listeners.
func unserveable(ctx context.Context, c *awsapi.Clients, nodes []*resource.Node) ([]resource.Problem, error) {
	var problems []resource.Problem
	for _, node := range nodes {
		tls := node.Spec.(Listener).TLS
		if tls.Policy == "" {
			continue
		}
		found := func(text, hint string) {
			problems = append(problems, resource.Problem{Key: node.Key, Configuration: true, Text: text, Hint: hint})
		}
		out, err := c.ELB.DescribeSSLPolicies(ctx, &elb.DescribeSSLPoliciesInput{LoadBalancerType: types.LoadBalancerTypeEnumApplication})
		if err != nil {
			return problems, err
		}
		if !slices.ContainsFunc(out.SslPolicies, func(p types.SslPolicy) bool { return aws.ToString(p.Name) == tls.Policy }) {
			found("Elastic Load Balancing has no security policy "+tls.Policy+" in "+c.Region, "correct load_balancer.https.policy, or leave it out for the recommended one")
		}
		if tls.ARN == "" {
			continue
		}
		detail, err := c.ACM.DescribeCertificate(ctx, &acm.DescribeCertificateInput{CertificateArn: &tls.ARN})
		if awsapi.IsNotFound(err) {
			found(fmt.Sprintf("the account has no certificate %s in %s", tls.ARN, c.Region), "correct load_balancer.https.certificate, or leave it out: up requests one")
			continue
		}
		if err != nil {
			return problems, err
		}
		unfit(*detail.Certificate, tls, found)
	}
	return problems, nil
}

// unfit says for what a certificate can't serve the names.
func unfit(detail acmtypes.CertificateDetail, tls TLS, found func(text, hint string)) {
	const another = "name another in load_balancer.https.certificate, or none: up requests one"
	switch detail.Status {
	case acmtypes.CertificateStatusIssued:
	case acmtypes.CertificateStatusPendingValidation:
		found("the certificate "+tls.ARN+" isn't issued: its validation is pending", "make the DNS records that ACM wants for it, wait until it is issued, or "+another)
	default:
		found(fmt.Sprintf("the certificate %s can't be used: it is %s", tls.ARN, detail.Status), another)
	}
	var uncovered []string
	for _, name := range tls.Names {
		if !covers(append(slices.Clone(detail.SubjectAlternativeNames), aws.ToString(detail.DomainName)), name) {
			uncovered = append(uncovered, name)
		}
	}
	if len(uncovered) > 0 {
		found(fmt.Sprintf("the certificate %s doesn't cover %s: it is for %s", tls.ARN, strings.Join(uncovered, ", "), strings.Join(detail.SubjectAlternativeNames, ", ")), another)
	}
	// ACM writes key algorithms with hyphens, too.
	key, signature := strings.ReplaceAll(string(detail.KeyAlgorithm), "-", "_"), strings.ToUpper(aws.ToString(detail.SignatureAlgorithm))
	if key == string(acmtypes.KeyAlgorithmRsa1024) || strings.HasPrefix(signature, "SHA1") || strings.HasPrefix(signature, "MD5") {
		found(fmt.Sprintf("the certificate %s has a key of %s and a signature of %s, which clients refuse", tls.ARN, key, signature), another)
	}
}

// covers reports whether one of a certificate's names is a name, or its wildcard, which stands for one label.
func covers(names []string, name string) bool {
	_, parent, _ := strings.Cut(name, ".")
	return slices.Contains(names, name) || !strings.HasPrefix(name, "*.") && slices.Contains(names, "*."+parent)
}
