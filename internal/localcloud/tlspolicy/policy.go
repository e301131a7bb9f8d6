// Package tlspolicy holds the security policies of load balancers as AWS publishes them: which versions of TLS, cipher
// suites and groups of the key exchange each has, and what of that becomes a listener's configuration here.
//
// Source: User Guide for Application Load Balancers, "Security policies for your Application Load Balancer".
// Which listener has which policy is the business of elbv2's model; accepting connections that of the data plane.
package tlspolicy

import (
	"crypto/tls"
	"slices"
)

// Names with a meaning of their own.
const (
	// Default is what a listener gets whose maker names no policy.
	Default = "ELBSecurityPolicy-2016-08"
	prefix  = "ELBSecurityPolicy-"
)

// Policy is one security policy.
type Policy struct {
	Name        string
	PostQuantum bool // has the hybrid groups with ML-KEM, too
	FIPS        bool
	min, max    uint16 // versions, such as tls.VersionTLS12
	classes     []class
}

// class is a group of cipher suites of TLS 1.2 and before that policies have or don't have as a whole.
type class int

const (
	gcm           class = iota // ECDHE with AES-GCM
	cbc                        // ECDHE with AES-CBC and SHA-2
	sha1                       // ECDHE with AES-CBC and SHA-1
	transport                  // key transport by RSA, but for those with SHA-1
	transportSHA1              // key transport by RSA, with SHA-1
)

func only(classes ...class) []class { return classes }

// policies lists all that are simulated, in AWS's order.
func policies() []Policy {
	const v10, v11, v12, v13 = tls.VersionTLS10, tls.VersionTLS11, tls.VersionTLS12, tls.VersionTLS13
	none, restricted, usual := only(), only(gcm), only(gcm, cbc)
	secret, older, all := only(gcm, cbc, sha1), only(gcm, cbc, transport), only(gcm, cbc, sha1, transport, transportSHA1)
	var list []Policy
	add := func(name string, low, high uint16, classes []class) {
		list = append(list, Policy{Name: prefix + name, min: low, max: high, classes: classes})
	}
	// Those of TLS 1.3 come in four kinds, which differ in their groups and in ChaCha20.
	family := func(name string, low uint16, classes []class, dates ...string) {
		for _, date := range dates {
			add(name+"-"+date, low, v13, classes)
			p := &list[len(list)-1]
			p.PostQuantum = date == postQuantum || date == fipsPostQuantum
			p.FIPS = date == fips || date == fipsPostQuantum
		}
	}
	family("TLS13-1-3", v13, none, plain, postQuantum)
	family("TLS13-1-2", v12, usual, plain, postQuantum)
	family("TLS13-1-2-Res", v12, restricted, plain, postQuantum)
	family("TLS13-1-2-Ext2", v12, all, plain, postQuantum)
	family("TLS13-1-2-Ext1", v12, older, plain, postQuantum)
	family("TLS13-1-1", v11, all, plain)
	family("TLS13-1-0", v10, all, plain, postQuantum)
	add("TLS-1-2-Ext-2018-06", v12, v12, all)
	add("TLS-1-2-2017-01", v12, v12, older)
	add("TLS-1-1-2017-01", v11, v12, all)
	add("2016-08", v10, v12, all)
	family("TLS13-1-3", v13, none, fips, fipsPostQuantum)
	family("TLS13-1-2", v12, usual, fips, fipsPostQuantum)
	family("TLS13-1-2-Res", v12, restricted, fips, fipsPostQuantum)
	family("TLS13-1-2-Ext2", v12, all, fips, fipsPostQuantum)
	family("TLS13-1-2-Ext1", v12, older, fips, fipsPostQuantum)
	family("TLS13-1-2-Ext0", v12, secret, fips, fipsPostQuantum)
	family("TLS13-1-1", v11, all, fips)
	family("TLS13-1-0", v10, all, fips, fipsPostQuantum)
	add("FS-1-2-Res-2020-10", v12, v12, restricted)
	add("FS-1-2-Res-2019-08", v12, v12, usual)
	add("FS-1-2-2019-08", v12, v12, secret)
	add("FS-1-1-2019-08", v11, v12, secret)
	add("FS-2018-06", v10, v12, secret)
	return list
}

const (
	plain           = "2021-06"
	postQuantum     = "PQ-2025-09"
	fips            = "FIPS-2023-04"
	fipsPostQuantum = "FIPS-PQ-2025-09"
)

// All lists the policies that are simulated, in AWS's order.
func All() []Policy { return policies() }

// Find returns the policy of a name.
func Find(name string) (Policy, bool) {
	list := policies()
	i := slices.IndexFunc(list, func(p Policy) bool { return p.Name == name })
	if i < 0 {
		return Policy{}, false
	}
	return list[i], true
}

// Protocols are the versions, in AWS's words and order.
func (p Policy) Protocols() []string {
	var names []string
	for v := p.max; v >= p.min; v-- {
		names = append(names, VersionName(v))
	}
	return names
}

// Newest is the latest version, such as tls.VersionTLS13.
func (p Policy) Newest() uint16 { return p.max }

// Ciphers are the names of the cipher suites, in the policy's order.
func (p Policy) Ciphers() []string {
	var names []string
	for _, s := range suites() {
		if p.has(s) {
			names = append(names, s.name)
		}
	}
	return names
}

func (p Policy) has(s suite) bool {
	if s.tls13 {
		return p.max == tls.VersionTLS13 && !(p.FIPS && s.id == tls.TLS_CHACHA20_POLY1305_SHA256)
	}
	return slices.Contains(p.classes, s.class)
}

// Config is the policy as a listener's configuration, without certificates: what of it crypto/tls can do. It has no
// ECDHE with AES256-SHA384 and no AES256-SHA256, and ChaCha20 is in every TLS 1.3 that it speaks.
func (p Policy) Config() *tls.Config {
	c := &tls.Config{MinVersion: p.min, MaxVersion: p.max, CurvePreferences: []tls.CurveID{tls.X25519, tls.CurveP256, tls.CurveP384, tls.CurveP521},
		DynamicRecordSizingDisabled: true} //nolint:gosec // old versions are what old policies are about
	if p.PostQuantum {
		c.CurvePreferences = append([]tls.CurveID{tls.X25519MLKEM768, tls.SecP256r1MLKEM768, tls.SecP384r1MLKEM1024}, c.CurvePreferences...)
	}
	c.CipherSuites = []uint16{} // not nil, which would be Go's own
	for _, s := range suites() {
		if !s.tls13 && s.id != 0 && p.has(s) {
			c.CipherSuites = append(c.CipherSuites, s.id)
		}
	}
	return c
}

// Backend is the policy of connections to targets, which nobody can choose: it follows from that of the listener.
// Source: the same page, "Considerations".
func Backend(listener string) Policy {
	name := Default
	if p, _ := Find(listener); p.max == tls.VersionTLS13 {
		name = map[[2]bool]string{
			{false, false}: prefix + "TLS13-1-0-" + plain, {true, false}: prefix + "TLS13-1-0-" + postQuantum,
			{false, true}: prefix + "TLS13-1-0-" + fips, {true, true}: prefix + "TLS13-1-0-" + fipsPostQuantum,
		}[[2]bool{p.PostQuantum, p.FIPS}]
	}
	backend, _ := Find(name)
	return backend
}
