package model

import (
	"maps"
	"reflect"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Listener accepts requests on a port of a load balancer. What it does by default is
// its default rule's action.
type Listener struct {
	world.Object    // ID: the ARN
	LoadBalancerARN string
	Port            int
	Protocol        string            // HTTP or HTTPS
	SSLPolicy       string            `json:",omitempty"` // of HTTPS
	Certificates    []string          `json:",omitempty"` // of HTTPS: ARNs, the default one first
	Attributes      map[string]string `json:",omitempty"` // those that were set
}

// ListenersPerBalancer is how many listeners a load balancer may have.
func ListenersPerBalancer() world.Quota {
	return quota("listeners_per_load_balancer", "L-B6DF7632", "Listeners per Application Load Balancer", 50)
}

func listenerKind() world.AnyKind {
	return world.Kind[Listener, *Listener]{
		Traits: world.Traits{Noun: "listener", Quotas: []world.Quota{ListenersPerBalancer(), CertificatesPerBalancer()}},
		Name:   "listener", Untaggable: true, KnownAtOnce: true, NotFound: func(...string) error {
			return refuse.New("ListenerNotFound", "One or more listeners not found")
		}, Parent: func(l *Listener) string { return l.LoadBalancerARN }}
}

// ListenerChange is what a call says about a listener; nil leaves a setting.
type ListenerChange struct {
	Port         *int
	Protocol     *string
	SSLPolicy    *string
	Certificates []string // ARNs
	Actions      []Action
}

// CreateListener makes a listener with its default rule. One of the same port and
// settings is returned as it is.
func CreateListener(tx *world.Tx, loadBalancerARN string, in ListenerChange, newTags []Tag) (*Listener, error) {
	b, err := FindLoadBalancer(tx, loadBalancerARN)
	if err != nil {
		return nil, err
	}
	switch {
	case in.Port == nil:
		return nil, invalid("A listener port must be specified")
	case in.Protocol == nil:
		return nil, invalid("A listener protocol must be specified")
	}
	tags, err := mergeTags(nil, newTags)
	if err != nil {
		return nil, err
	}
	if err := in.check(tx, b); err != nil {
		return nil, err
	}
	siblings := ListenersOf(tx, b.ID)
	policy, certificate, err := in.secure(tx, b, &Listener{})
	if err != nil {
		return nil, err
	}
	for _, old := range siblings {
		if old.Port != *in.Port {
			continue
		}
		if old.Protocol == *in.Protocol && old.SSLPolicy == policy && old.defaultCertificate() == certificate && reflect.DeepEqual(DefaultRule(tx, old.ID).Actions, in.Actions) && maps.Equal(old.Tags, tags) {
			return old, nil
		}
		return nil, duplicateListener(b.ID)
	}
	if len(siblings) >= tx.Limit(ListenersPerBalancer()) {
		return nil, refuse.New("TooManyListeners", "You've reached the limit on the number of listeners per load balancer: %d", tx.Limit(ListenersPerBalancer()))
	}
	l := &Listener{Object: tx.NamedObject(newARN(tx, "listener/"+resourceOf(b.ID, "loadbalancer")), tags),
		LoadBalancerARN: b.ID, Port: *in.Port, Protocol: *in.Protocol, SSLPolicy: policy}
	world.Add(tx, l)
	if certificate != "" {
		setCertificates(tx, l, []string{certificate})
	}
	addRule(tx, l, 0, nil, in.Actions, nil)
	return FindListener(tx, l.ID)
}

func duplicateListener(loadBalancerARN string) error {
	return refuse.New("DuplicateListener", "A listener already exists on this port for this load balancer '%s'", loadBalancerARN)
}

func (in ListenerChange) check(tx *world.Tx, b *LoadBalancer) error {
	if in.Port != nil {
		if err := between(*in.Port, "port", 1, 65535); err != nil {
			return err
		}
	}
	if in.Protocol != nil {
		switch *in.Protocol {
		case "HTTP", "HTTPS":
		case "TCP", "TLS", "UDP", "TCP_UDP", "GENEVE", "QUIC", "TCP_QUIC":
			return invalid("Listener protocol '%s' must be one of 'HTTPS, HTTP'", *in.Protocol)
		default:
			return constraint(*in.Protocol, "protocol", "Member must satisfy enum value set: [HTTPS, TCP, TLS, QUIC, TCP_QUIC, TCP_UDP, GENEVE, HTTP, UDP]")
		}
	}
	if in.Actions == nil {
		return nil
	}
	return checkActions(tx, b, in.Actions)
}

// FindListener returns the listener of that ARN.
func FindListener(tx *world.Tx, arn string) (*Listener, error) {
	if err := checkARN(arn, "listener", "listener"); err != nil {
		return nil, err
	}
	return world.Find[Listener](tx, arn)
}

// ListenersOf lists a load balancer's listeners.
func ListenersOf(tx *world.Tx, loadBalancerARN string) []*Listener {
	return world.Of[Listener](tx, loadBalancerARN)
}

// ModifyListener changes a listener.
func ModifyListener(tx *world.Tx, arn string, in ListenerChange) (*Listener, error) {
	l, err := FindListener(tx, arn)
	if err != nil {
		return nil, err
	}
	b, err := FindLoadBalancer(tx, l.LoadBalancerARN)
	if err != nil {
		return nil, err
	}
	if err := in.check(tx, b); err != nil {
		return nil, err
	}
	taken := func(o *Listener) bool { return o.ID != arn && in.Port != nil && o.Port == *in.Port }
	if slices.ContainsFunc(ListenersOf(tx, b.ID), taken) {
		return nil, duplicateListener(b.ID)
	}
	policy, certificate, err := in.secure(tx, b, l)
	if err != nil {
		return nil, err
	}
	switch {
	case certificate == "" && len(l.Certificates) > 0: // from HTTPS to HTTP
		setCertificates(tx, l, nil)
	case certificate != l.defaultCertificate():
		list := []string{certificate}
		for _, other := range l.Certificates[min(1, len(l.Certificates)):] {
			if other != certificate {
				list = append(list, other)
			}
		}
		setCertificates(tx, l, list)
	}
	world.Edit(tx, arn, func(l *Listener) {
		l.SSLPolicy = policy
		if in.Port != nil {
			l.Port = *in.Port
		}
		if in.Protocol != nil {
			l.Protocol = *in.Protocol
		}
	})
	if in.Actions != nil {
		world.Edit(tx, DefaultRule(tx, arn).ID, func(r *Rule) { r.Actions = in.Actions })
	}
	return FindListener(tx, arn)
}

// DeleteListener deletes a listener with its rules.
func DeleteListener(tx *world.Tx, arn string) error {
	l, err := FindListener(tx, arn)
	if err == nil {
		removeListener(tx, l)
	}
	return err
}

func removeListener(tx *world.Tx, l *Listener) {
	for _, r := range RulesOf(tx, l.ID) {
		world.Delete[Rule](tx, r.ID)
	}
	setCertificates(tx, l, nil)
	world.Delete[Listener](tx, l.ID)
}
