package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// serverHeader says whether replies of the load balancer itself name their server.
const serverHeader = "routing.http.response.server.enabled"

// listenerAttributes are the attributes of an HTTP listener; those that rename the
// headers of TLS exist for HTTPS only. Source: API reference of ListenerAttribute.
// Headers that the load balancer would add to replies aren't simulated.
func listenerAttributes() attributeRules {
	rules := attributeRules{"Listener", map[string]attributeRule{serverHeader: {"true", boolean, oneOf("true")}}}
	for _, header := range []string{
		"strict_transport_security", "access_control_allow_origin", "access_control_allow_methods", "access_control_allow_headers",
		"access_control_allow_credentials", "access_control_expose_headers", "access_control_max_age",
		"content_security_policy", "x_content_type_options", "x_frame_options",
	} {
		rules.keys["routing.http.response."+header+".header_value"] = attributeRule{"", atMost(1024), oneOf("")}
	}
	return rules
}

// AllAttributes lists all attributes of the listener.
func (l *Listener) AllAttributes() []Attribute { return listenerAttributes().all(l.Attributes) }

// SetListenerAttributes changes attributes of a listener.
func SetListenerAttributes(tx *world.Tx, arn string, changes []Attribute) error {
	l, err := FindListener(tx, arn)
	if err != nil {
		return err
	}
	merged, err := listenerAttributes().merge(l.Attributes, changes)
	if err != nil {
		return err
	}
	world.Edit(tx, arn, func(l *Listener) { l.Attributes = merged })
	return nil
}
