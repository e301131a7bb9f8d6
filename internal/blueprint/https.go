package blueprint

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/resource"
)

// addCertificate requests the certificate, and proves its names in the hosted zone, if there is one: beside the network, since
// nothing of that is needed for it. What it returns is ready when the certificate is issued; zero where the configuration names a
// certificate, or none.
func addCertificate(g *resource.Graph, cfg config.Config) resource.Ref {
	https := cfg.LoadBalancer.HTTPS
	if !https.On() || https.Certificate != "" {
		return resource.Ref{}
	}
	certificate := resource.Add(g, dns.CertificateKind(), "main", dns.Certificate{Names: https.Names(), Managed: https.HostedZone != ""})
	var proofs []resource.Ref
	if https.HostedZone != "" {
		for _, name := range dns.Bases(https.Names()) {
			proofs = append(proofs, resource.Add(g, dns.RecordKind(), dns.ProofName(name), dns.Record{
				Zone: https.HostedZone, Name: name, Certificate: certificate,
			}))
		}
	}
	return resource.Add(g, dns.ValidationKind(), "main", dns.Validation{Certificate: certificate}, proofs...)
}

// addListeners returns the listener that leads to the targets. With HTTPS, the one for HTTP sends clients there, and only once it
// serves.
func addListeners(g *resource.Graph, cfg config.Config, alb, targets, certificate resource.Ref) resource.Ref {
	http := loadbalancing.Listener{LoadBalancer: alb, Port: HTTPPort, Protocol: "HTTP", TargetGroup: targets}
	https := cfg.LoadBalancer.HTTPS
	if !https.On() {
		return resource.Add(g, loadbalancing.ListenerKind(), "http", http)
	}
	tls := loadbalancing.TLS{Certificate: certificate, ARN: https.Certificate, Policy: https.Policy}
	if https.Certificate != "" {
		tls.Names = https.Names()
	}
	serves := resource.Add(g, loadbalancing.ListenerKind(), "https", loadbalancing.Listener{
		LoadBalancer: alb, Port: HTTPSPort, Protocol: "HTTPS", TargetGroup: targets, TLS: tls,
	})
	http.TargetGroup = resource.Ref{}
	resource.Add(g, loadbalancing.ListenerKind(), "http", http, serves)
	return serves
}

// addAddresses leads the names to the load balancer once it serves: until then they would lead to errors.
func addAddresses(g *resource.Graph, cfg config.Config, alb resource.Ref, serving []resource.Ref) {
	https := cfg.LoadBalancer.HTTPS
	if https.HostedZone == "" {
		return
	}
	for _, name := range https.Names() {
		resource.Add(g, dns.RecordKind(), dns.AddressName(name), dns.Record{Zone: https.HostedZone, Name: name, LoadBalancer: alb}, serving...)
	}
}

// endsHTTPS reports whether there is a listener for HTTPS that the configuration doesn't want any more.
func endsHTTPS(cfg config.Config, objects []resource.Object) bool {
	return !cfg.LoadBalancer.HTTPS.On() && slices.ContainsFunc(objects, func(object resource.Object) bool {
		listener, ok := object.Live.(loadbalancing.LiveListener)
		return ok && aws.ToInt32(listener.Port) == HTTPSPort
	})
}

// NamesKinds are those whose objects no list finds without knowing where to look: see awsapi.Domain.
func NamesKinds() []string {
	var names []string
	for _, kind := range slices.Concat(dns.Kinds(), dns.RecordKinds()) {
		names = append(names, kind.Name)
	}
	return names
}
