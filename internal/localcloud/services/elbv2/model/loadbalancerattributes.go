package model

import (
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Attributes of load balancers that the model or the data plane acts on.
const (
	deletionProtection = "deletion_protection.enabled"
	idleTimeout        = "idle_timeout.timeout_seconds"
	clientKeepAlive    = "client_keep_alive.seconds"
	desyncMode         = "routing.http.desync_mitigation_mode"
	dropInvalidHeaders = "routing.http.drop_invalid_header_fields.enabled"
	preserveHost       = "routing.http.preserve_host_header.enabled"
	forwardedForMode   = "routing.http.xff_header_processing.mode"
	forwardedForPort   = "routing.http.xff_client_port.enabled"
	tlsHeaders         = "routing.http.x_amzn_tls_version_and_cipher_suite.enabled"
	http2Enabled       = "routing.http2.enabled"
)

// loadBalancerAttributes are the attributes of an application load balancer.
// Source: API reference of LoadBalancerAttribute. What the data plane can't do is
// refused by name.
func loadBalancerAttributes() attributeRules {
	onlyFalse := oneOf("false")
	return attributeRules{"Load balancer", map[string]attributeRule{
		"access_logs.s3.bucket":             {"", atMost(63), nil},
		"access_logs.s3.enabled":            {"false", boolean, nil},
		"access_logs.s3.prefix":             {"", atMost(1024), nil},
		clientKeepAlive:                     {"3600", number(60, 604800), nil},
		"connection_logs.s3.bucket":         {"", atMost(63), nil},
		"connection_logs.s3.enabled":        {"false", boolean, nil},
		"connection_logs.s3.prefix":         {"", atMost(1024), nil},
		"health_check_logs.s3.bucket":       {"", atMost(63), nil},
		"health_check_logs.s3.enabled":      {"false", boolean, nil},
		"health_check_logs.s3.prefix":       {"", atMost(1024), nil},
		deletionProtection:                  {"false", boolean, nil},
		idleTimeout:                         {"60", number(1, 4000), nil},
		"ipv6.deny_all_igw_traffic":         {"false", boolean, nil},
		"load_balancing.cross_zone.enabled": {"true", oneOf("true"), nil},
		desyncMode:                          {"defensive", oneOf("monitor", "defensive", "strictest"), nil},
		dropInvalidHeaders:                  {"false", boolean, nil},
		preserveHost:                        {"false", boolean, onlyFalse},
		forwardedForMode:                    {"append", oneOf("append", "preserve", "remove"), nil},
		forwardedForPort:                    {"false", boolean, nil},
		tlsHeaders:                          {"false", boolean, nil},
		http2Enabled:                        {"true", boolean, nil},
		"waf.fail_open.enabled":             {"false", boolean, nil},
		"zonal_shift.config.enabled":        {"false", boolean, onlyFalse},
	}}
}

// AllAttributes lists all attributes of the load balancer.
func (b *LoadBalancer) AllAttributes() []Attribute {
	return loadBalancerAttributes().all(b.Attributes)
}

// SetLoadBalancerAttributes changes attributes of a load balancer.
func SetLoadBalancerAttributes(tx *world.Tx, arn string, changes []Attribute) error {
	b, err := FindLoadBalancer(tx, arn)
	if err != nil {
		return err
	}
	if len(changes) > 20 {
		return constraint(len(changes), "attributes", "Member must have length less than or equal to 20")
	}
	merged, err := loadBalancerAttributes().merge(b.Attributes, changes)
	if err != nil {
		return err
	}
	after := *b
	after.Attributes = merged
	if err := checkLogs(tx, &after); err != nil {
		return err
	}
	world.Edit(tx, arn, func(b *LoadBalancer) { b.Attributes = merged })
	return nil
}

func (b *LoadBalancer) attribute(key string) string {
	return loadBalancerAttributes().value(b.Attributes, key)
}

// DeletionProtected says whether the load balancer refuses to be deleted.
func (b *LoadBalancer) DeletionProtected() bool { return b.attribute(deletionProtection) == "true" }

// IdleTimeout is how long a connection may carry nothing.
func (b *LoadBalancer) IdleTimeout() time.Duration { return seconds(b.attribute(idleTimeout)) }

// ClientKeepAlive is how long a client's connection may live.
func (b *LoadBalancer) ClientKeepAlive() time.Duration { return seconds(b.attribute(clientKeepAlive)) }

// DesyncMode is monitor, defensive or strictest.
func (b *LoadBalancer) DesyncMode() string { return b.attribute(desyncMode) }

// DropInvalidHeaders says whether header fields with invalid names are removed.
func (b *LoadBalancer) DropInvalidHeaders() bool { return b.attribute(dropInvalidHeaders) == "true" }

// ForwardedForMode is what is done to X-Forwarded-For: append, preserve or remove.
func (b *LoadBalancer) ForwardedForMode() string { return b.attribute(forwardedForMode) }

// ForwardedForPort says whether X-Forwarded-For tells the client's port as well.
func (b *LoadBalancer) ForwardedForPort() bool { return b.attribute(forwardedForPort) == "true" }

// TellsTLS says whether targets are told what was negotiated with the client.
func (b *LoadBalancer) TellsTLS() bool { return b.attribute(tlsHeaders) == "true" }

// HTTP2 says whether clients of HTTPS listeners may speak it.
func (b *LoadBalancer) HTTP2() bool { return b.attribute(http2Enabled) == "true" }

// seconds reads an attribute that was checked to be a whole number.
func seconds(value string) time.Duration {
	n, _ := strconv.Atoi(value)
	return time.Duration(n) * time.Second
}
