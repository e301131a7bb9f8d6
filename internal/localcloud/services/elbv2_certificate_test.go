package services_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/tlspolicy"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const recommended = "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09"

// certificate puts a certificate into the world.
func (c *elbCloud) certificate(id string, change ...func(*acmmodel.Certificate)) string {
	c.t.Helper()
	arn := "arn:aws:acm:" + region + ":" + world.AccountID + ":certificate/" + id
	c.update(func(tx *world.Tx) error {
		made := &acmmodel.Certificate{Object: tx.NamedObject(arn, nil), Names: []string{id + ".example"}, Type: acmmodel.Imported, Status: acmmodel.Issued,
			KeyAlgorithm: "EC_prime256v1", Signature: "SHA256WITHECDSA"}
		for _, f := range change {
			f(made)
		}
		world.Add(tx, made)
		return nil
	})
	return arn
}

// users lists what ACM knows of who uses certificates, by how often.
func (c *elbCloud) users() map[string]int {
	all := map[string]int{}
	c.update(func(tx *world.Tx) error {
		for _, u := range world.All[acmmodel.InUse](tx) {
			if u.Times > 0 {
				all[u.CertificateARN] = u.Times
			}
		}
		return nil
	})
	return all
}

func (c *elbCloud) wantUsers(want map[string]int) {
	c.t.Helper()
	if got := c.users(); fmt.Sprint(got) != fmt.Sprint(want) {
		c.t.Fatalf("in use %v, want %v", got, want)
	}
}

func list(arns ...string) (certificates []types.Certificate) {
	for _, arn := range arns {
		certificates = append(certificates, types.Certificate{CertificateArn: &arn})
	}
	return certificates
}

func secureListener(balancer string, port int32, actions []types.Action, certificate, policy string) *sdk.CreateListenerInput {
	in := newListener(balancer, port, actions)
	in.Protocol, in.Certificates = types.ProtocolEnumHttps, list(certificate)
	if policy != "" {
		in.SslPolicy = &policy
	}
	return in
}

func TestListener_HTTPS(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	balancer, group := *c.loadBalancer("web").LoadBalancerArn, c.targetGroup("blue")
	first, second, third := c.certificate("first"), c.certificate("second"), c.certificate("third")
	in := secureListener(balancer, 443, forwardTo(group), first, "")
	l := do(c.CreateListener(c.ctx, in))(t).Listeners[0]
	if l.Protocol != types.ProtocolEnumHttps || *l.SslPolicy != tlspolicy.Default || len(l.Certificates) != 1 || *l.Certificates[0].CertificateArn != first ||
		l.Certificates[0].IsDefault != nil || *l.MutualAuthentication.Mode != "off" {
		t.Fatalf("made %+v", l)
	}
	if again := do(c.CreateListener(c.ctx, in))(t).Listeners[0]; *again.ListenerArn != *l.ListenerArn {
		t.Fatal("made twice")
	}
	_, err := c.CreateListener(c.ctx, secureListener(balancer, 443, forwardTo(group), second, ""))
	refusedByELB(t, err, "DuplicateListener", "")
	c.wantUsers(map[string]int{first: 1})

	// The policy alone, then the certificate alone: each leaves the other.
	changed := do(c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: l.ListenerArn, SslPolicy: aws.String(recommended)}))(t).Listeners[0]
	if *changed.SslPolicy != recommended || *changed.Certificates[0].CertificateArn != first {
		t.Fatalf("changed %+v", changed)
	}
	do(c.AddListenerCertificates(c.ctx, &sdk.AddListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: list(second)}))(t)
	do(c.AddListenerCertificates(c.ctx, &sdk.AddListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: list(third)}))(t)
	do(c.AddListenerCertificates(c.ctx, &sdk.AddListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: list(third)}))(t)
	c.wantUsers(map[string]int{first: 1, second: 1, third: 1})
	changed = do(c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: l.ListenerArn, Certificates: list(second)}))(t).Listeners[0]
	if *changed.SslPolicy != recommended || *changed.Certificates[0].CertificateArn != second {
		t.Fatalf("changed %+v", changed)
	}
	var shown []string
	for _, certificate := range do(c.DescribeListenerCertificates(c.ctx, &sdk.DescribeListenerCertificatesInput{ListenerArn: l.ListenerArn}))(t).Certificates {
		shown = append(shown, fmt.Sprint(*certificate.CertificateArn, *certificate.IsDefault))
	}
	if !slices.Equal(shown, []string{second + "true", third + "false"}) {
		t.Fatalf("certificates %v", shown)
	}
	c.wantUsers(map[string]int{second: 1, third: 1})
	_, err = c.RemoveListenerCertificates(c.ctx, &sdk.RemoveListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: list(second)})
	refusedByELB(t, err, "OperationNotPermitted", "Default Certificate cannot be removed")
	for range 2 { // one that is gone already is a success
		do(c.RemoveListenerCertificates(c.ctx, &sdk.RemoveListenerCertificatesInput{ListenerArn: l.ListenerArn, Certificates: list(third)}))(t)
	}
	c.wantUsers(map[string]int{second: 1})

	// HTTP has neither a policy nor certificates, and HTTPS after it needs them again.
	plain := do(c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: l.ListenerArn, Protocol: types.ProtocolEnumHttp}))(t).Listeners[0]
	if plain.SslPolicy != nil || len(plain.Certificates) > 0 || plain.MutualAuthentication != nil {
		t.Fatalf("changed %+v", plain)
	}
	c.wantUsers(map[string]int{})
	_, err = c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: l.ListenerArn, Protocol: types.ProtocolEnumHttps})
	refusedByELB(t, err, "ValidationError", "A certificate must be specified for HTTPS listeners")
	do(c.ModifyListener(c.ctx, &sdk.ModifyListenerInput{ListenerArn: l.ListenerArn, Protocol: types.ProtocolEnumHttps, Certificates: list(first)}))(t)
	do(c.CreateListener(c.ctx, secureListener(balancer, 8443, forwardTo(group), first, recommended)))(t)
	c.wantUsers(map[string]int{first: 2})
	do(c.DeleteListener(c.ctx, &sdk.DeleteListenerInput{ListenerArn: l.ListenerArn}))(t)
	c.wantUsers(map[string]int{first: 1})
	do(c.DeleteLoadBalancer(c.ctx, &sdk.DeleteLoadBalancerInput{LoadBalancerArn: &balancer}))(t)
	c.wantUsers(map[string]int{})
}

func TestListener_RefusesWhatCannotBeSecured(t *testing.T) {
	c := newELBCloud(t, world.Options{Quotas: world.Quotas{"certificates_per_load_balancer": 1}})
	balancer, group := *c.loadBalancer("web").LoadBalancerArn, c.targetGroup("blue")
	good, more, most := c.certificate("good"), c.certificate("more"), c.certificate("most")
	pending := c.certificate("pending", func(c *acmmodel.Certificate) { c.Status = acmmodel.PendingValidation })
	weak := c.certificate("weak", func(c *acmmodel.Certificate) { c.KeyAlgorithm = "RSA_1024" })
	secure := *do(c.CreateListener(c.ctx, secureListener(balancer, 443, forwardTo(group), good, recommended)))(t).Listeners[0].ListenerArn
	plain := c.listener(balancer, 80, forwardTo(group))
	do(c.AddListenerCertificates(c.ctx, &sdk.AddListenerCertificatesInput{ListenerArn: &secure, Certificates: list(more)}))(t)
	create := func(certificate, policy string, changes ...func(*sdk.CreateListenerInput)) func() error {
		return func() error {
			in := secureListener(balancer, 8443, forwardTo(group), certificate, policy)
			for _, change := range changes {
				change(in)
			}
			_, err := c.CreateListener(c.ctx, in)
			return err
		}
	}
	add := func(listener string, certificates ...types.Certificate) func() error {
		return func() error {
			_, err := c.AddListenerCertificates(c.ctx, &sdk.AddListenerCertificatesInput{ListenerArn: &listener, Certificates: certificates})
			return err
		}
	}
	unsupported := func(arn string) string {
		return "The certificate '" + arn + "' must have a fully-qualified domain name, a supported signature, and a supported key size."
	}
	for title, test := range map[string]struct {
		call          func() error
		code, message string
	}{
		"pending":        {create(pending, ""), "UnsupportedCertificate", unsupported(pending)},
		"short key":      {create(weak, ""), "UnsupportedCertificate", unsupported(weak)},
		"unknown":        {create(good+"x", ""), "CertificateNotFound", "Certificate '" + good + "x' not found"},
		"no policy":      {create(good, "ELBexample-2016-08"), "SSLPolicyNotFound", "SSL policy 'ELBexample-2016-08' not found"},
		"CNSA":           {create(good, "ELBSecurityPolicy-TLS13-1-3-RFC9151-FIPS-2023-07"), "NotSimulated", ""},
		"FIPS and other": {create(good, "ELBSecurityPolicy-TLS13-1-3-FIPS-2023-04"), "InvalidConfigurationRequest", ""},
		"two": {create(good, "", func(in *sdk.CreateListenerInput) { in.Certificates = list(good, more) }), "ValidationError",
			"You must provide a list containing exactly one certificate if the listener protocol is HTTPS"},
		"default given": {create(good, "", func(in *sdk.CreateListenerInput) { in.Certificates[0].IsDefault = aws.Bool(true) }), "ValidationError",
			"You cannot set the isDefault parameter for a certificate"},
		"mutual": {create(good, "", func(in *sdk.CreateListenerInput) {
			in.MutualAuthentication = &types.MutualAuthenticationAttributes{Mode: aws.String("verify")}
		}), "NotSimulated", ""},
		"certificate of HTTP": {create(good, "", func(in *sdk.CreateListenerInput) { in.Protocol = types.ProtocolEnumHttp }), "ValidationError",
			"A certificate cannot be specified for HTTP listeners"},
		"policy of HTTP": {create(good, recommended, func(in *sdk.CreateListenerInput) { in.Protocol, in.Certificates = types.ProtocolEnumHttp, nil }), "ValidationError",
			"An SSL policy cannot be specified for HTTP listeners"},
		"added to HTTP":   {add(plain, list(good)...), "ValidationError", "A certificate cannot be specified for HTTP listeners"},
		"pending added":   {add(secure, list(pending)...), "UnsupportedCertificate", unsupported(pending)},
		"too many":        {add(secure, list(most)...), "TooManyCertificates", ""},
		"two added":       {add(secure, list(more, most)...), "ValidationError", ""},
		"absent listener": {add(secure+"x", list(more)...), "ListenerNotFound", ""},
	} {
		t.Run(title, func(t *testing.T) { refusedByELB(t, test.call(), test.code, test.message) })
	}
	c.wantUsers(map[string]int{good: 1, more: 1})
}

func TestListenerAttributes_OfTLS(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	balancer, group := *c.loadBalancer("web").LoadBalancerArn, c.targetGroup("blue")
	secure := do(c.CreateListener(c.ctx, secureListener(balancer, 443, forwardTo(group), c.certificate("good"), "")))(t).Listeners[0].ListenerArn
	plain := c.listener(balancer, 80, forwardTo(group))
	key := aws.String("routing.http.request.x_amzn_tls_version.header_name")
	set := func(listener, value string) error {
		_, err := c.ModifyListenerAttributes(c.ctx, &sdk.ModifyListenerAttributesInput{ListenerArn: &listener, Attributes: []types.ListenerAttribute{{Key: key, Value: &value}}})
		return err
	}
	if err := set(*secure, "X-Seen"); err != nil {
		t.Fatal(err)
	}
	refusedByELB(t, set(*secure, "X Seen"), "ValidationError", "")
	refusedByELB(t, set(plain, "X-Seen"), "ValidationError", "")
	for _, a := range do(c.DescribeListenerAttributes(c.ctx, &sdk.DescribeListenerAttributesInput{ListenerArn: secure}))(t).Attributes {
		if *a.Key == *key && *a.Value != "X-Seen" {
			t.Errorf("%s", *a.Value)
		}
	}
}

func TestTargetGroup_HTTPS(t *testing.T) {
	c := newELBCloud(t, world.Options{})
	in := c.newTargetGroup("secure")
	in.Protocol, in.HealthCheckProtocol = types.ProtocolEnumHttps, types.ProtocolEnumHttps
	g := do(c.CreateTargetGroup(c.ctx, in))(t).TargetGroups[0]
	if g.Protocol != types.ProtocolEnumHttps || g.HealthCheckProtocol != types.ProtocolEnumHttps {
		t.Errorf("made %+v", g)
	}
}
