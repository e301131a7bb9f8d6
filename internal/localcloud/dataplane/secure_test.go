package dataplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/big"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
)

func selfSigned(t *testing.T, name string) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{name}, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// shown is the name in the certificate that a new connection gets, or why there is none.
func (s *story) shown(server string, version uint16) string {
	address, _ := s.plane.Address(lbARN, 443)
	c, err := tls.Dial("tcp", address, &tls.Config{ServerName: server, InsecureSkipVerify: true, MaxVersion: version})
	if err != nil {
		return "refused"
	}
	defer c.Close()
	return c.ConnectionState().PeerCertificates[0].DNSNames[0]
}

func TestListener_SpeaksTLS(t *testing.T) {
	s := newStory(t)
	keys := map[string]*tls.Certificate{}
	s.top.Certificate = func(arn string) (*tls.Certificate, error) {
		if c := keys[arn]; c != nil {
			return c, nil
		}
		return nil, errors.New("no such key")
	}
	lb := &s.top.LoadBalancers[0]
	lb.Nodes[0].ClientReach[443], lb.Nodes[1].ClientReach[443] = Verdict{Allowed: true}, Verdict{Allowed: true}
	secure := Listener{ARN: "arn:secure", Port: 443, TLS: &TLS{Policy: "ELBSecurityPolicy-TLS13-1-2-Res-PQ-2025-09", Certificate: "shop", SNI: []string{"other"}, HTTP2: true},
		Default: Action{Fixed: &proxy.FixedResponse{StatusCode: 200, Body: "hello"}}}
	lb.Listeners[0].Default = Action{Redirect: &proxy.Redirect{Protocol: "HTTPS", Port: "443", StatusCode: 301}}
	lb.Listeners = append(lb.Listeners, secure)

	// Without its key the listener is there, and lets nobody in, least of all without TLS.
	keys["shop"] = selfSigned(t, "shop.example")
	if err := s.plane.Apply(t.Context(), s.top); err == nil || !strings.Contains(err.Error(), "no such key") {
		t.Fatalf("applied: %v", err)
	}
	if got := s.shown("shop.example", 0); got != "refused" {
		t.Errorf("shown %s", got)
	}
	keys["other"] = selfSigned(t, "other.example")
	s.apply()
	for server, want := range map[string]string{"shop.example": "shop.example", "other.example": "other.example", "third.example": "shop.example"} {
		if got := s.shown(server, 0); got != want {
			t.Errorf("%s is shown %s, want %s", server, got, want)
		}
	}
	if got := s.shown("shop.example", tls.VersionTLS11); got != "refused" {
		t.Errorf("TLS 1.1 got %s", got)
	}

	// The redirect leads to the port of this machine.
	plain, _ := s.plane.Address(lbARN, 80)
	reached, _ := s.plane.Address(lbARN, 443)
	client := &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: true}}
	defer client.CloseIdleConnections()
	response, err := client.Get("http://" + plain + "/a?b")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if u := response.Request.URL.String(); u != "https://"+reached+"/a?b" || response.StatusCode != 200 || response.ProtoMajor != 2 {
		t.Errorf("%s got %v", u, response)
	}

	// A renewed certificate has the same ARN; one that can't be had leaves what was before.
	keys["shop"] = selfSigned(t, "renewed.example")
	s.apply()
	if got := s.shown("shop.example", 0); got != "renewed.example" {
		t.Errorf("shown %s", got)
	}
	for _, h2 := range []bool{false, true} { // as routing.http2.enabled says
		lb.Listeners[1].TLS = &TLS{Policy: secure.TLS.Policy, Certificate: "shop", HTTP2: h2}
		s.apply()
		c, err := tls.Dial("tcp", reached, &tls.Config{InsecureSkipVerify: true, NextProtos: []string{"h2", "http/1.1"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := c.ConnectionState().NegotiatedProtocol; (got == "h2") != h2 {
			t.Errorf("with HTTP/2 %v: %s", h2, got)
		}
		c.Close()
	}
	lb.Listeners[1].TLS = &TLS{Policy: secure.TLS.Policy, Certificate: "gone"}
	if err := s.plane.Apply(t.Context(), s.top); err == nil {
		t.Error("no error")
	}
	if got := s.shown("shop.example", 0); got != "renewed.example" {
		t.Errorf("shown %s", got)
	}
}

// What a load balancer speaks with targets follows from its listeners.
// Source: User Guide for Application Load Balancers, "Security policies", considerations.
func TestTargetTLS_FollowsFromListeners(t *testing.T) {
	for policy, newest := range map[string]uint16{"": tls.VersionTLS12, "ELBSecurityPolicy-2016-08": tls.VersionTLS12, "ELBSecurityPolicy-TLS13-1-3-PQ-2025-09": tls.VersionTLS13} {
		lb := LoadBalancer{Listeners: []Listener{{}, {TLS: &TLS{Policy: policy}}}}
		if c := targetTLS(lb); c.MinVersion != tls.VersionTLS10 || c.MaxVersion != newest || !c.InsecureSkipVerify {
			t.Errorf("%s: TLS from %#x to %#x", policy, c.MinVersion, c.MaxVersion)
		}
	}
}
