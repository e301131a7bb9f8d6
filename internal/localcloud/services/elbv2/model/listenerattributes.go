package model

import (
	"regexp"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// serverHeader says whether replies of the load balancer itself name their server.
const serverHeader = "routing.http.response.server.enabled"

// Names of header fields that tell targets what was negotiated with the client.
const (
	versionHeader = "routing.http.request.x_amzn_tls_version.header_name"
	suiteHeader   = "routing.http.request.x_amzn_tls_cipher_suite.header_name"
)

// attributes are the attributes of a listener; those that rename the headers of TLS exist for HTTPS only.
// Source: API reference of ListenerAttribute. Headers that the load balancer would add to replies aren't simulated, nor
// are those of client certificates.
func (l *Listener) attributes() attributeRules {
	rules := attributeRules{"Listener", map[string]attributeRule{serverHeader: {"true", boolean, oneOf("true")}}}
	for _, header := range []string{
		"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods", "access_control_allow_headers",
		"access_control_allow_credentials", "access_control_expose_headers", "access_control_max_age",
		"content_security_policy", "x_content_type_options", "x_frame_options",
	} {
		rules.keys["routing.http.response."+header+".header_value"] = attributeRule{"", atMost(1024), oneOf("")}
	}
	if l.Protocol == "HTTPS" {
		rules.keys[versionHeader] = attributeRule{"X-Amzn-Tls-Version", headerName, nil}
		rules.keys[suiteHeader] = attributeRule{"X-Amzn-Tls-Cipher-Suite", headerName, nil}
		for what, name := range map[string]string{"_serial_number": "-Serial-Number", "_issuer": "-Issuer", "_subject": "-Subject", "_validity": "-Validity", "_leaf": "-Leaf", "": ""} {
			rules.keys["routing.http.request.x_amzn_mtls_clientcert"+what+".header_name"] = attributeRule{"X-Amzn-Mtls-Clientcert" + name, headerName, nil}
		}
	}
	return rules
}

var headerNameShape = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z0-9_-]{1,40}$`) })

// headerName is the check of the name of a header field.
// Source: User Guide for Application Load Balancers, "HTTP header modification".
func headerName(value string) bool { return headerNameShape().MatchString(value) }

// TLSHeaders are the names of the fields that tell targets the version of TLS and the cipher suite.
func (l *Listener) TLSHeaders() (version, suite string) {
	return l.attributes().value(l.Attributes, versionHeader), l.attributes().value(l.Attributes, suiteHeader)
}

// AllAttributes lists all attributes of the listener.
func (l *Listener) AllAttributes() []Attribute { return l.attributes().all(l.Attributes) }

// SetListenerAttributes changes attributes of a listener.
func SetListenerAttributes(tx *world.Tx, arn string, changes []Attribute) error {
	l, err := FindListener(tx, arn)
	if err != nil {
		return err
	}
	merged, err := l.attributes().merge(l.Attributes, changes)
	if err != nil {
		return err
	}
	world.Edit(tx, arn, func(l *Listener) { l.Attributes = merged })
	return nil
}
