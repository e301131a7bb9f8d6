package loadbalancing

import (
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// loadBalancerAttributesOf are the attributes that a load balancer should have.
// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html
func loadBalancerAttributesOf(spec LoadBalancer) []setting {
	asMade := func(name, value string) setting { return setting{name: name, value: value, initial: value} }
	return []setting{
		{name: "idle_timeout.timeout_seconds", value: seconds(spec.IdleTimeout)},
		{name: "routing.http.drop_invalid_header_fields.enabled", value: "true"},
		// What looks like request smuggling is stopped; requests that merely
		// break the RFC are let through, as old clients make them.
		{name: "routing.http.desync_mitigation_mode", value: "defensive", stricter: []string{"strictest"}},
		asMade("client_keep_alive.seconds", "3600"),
		asMade("routing.http.preserve_host_header.enabled", "false"),
		asMade("routing.http.xff_header_processing.mode", "append"),
		asMade("routing.http.xff_client_port.enabled", "false"),
		asMade("routing.http2.enabled", "true"),
		asMade("waf.fail_open.enabled", "false"),
	}
}

// attributeLogs begins the attributes of access logs.
const attributeLogs = "access_logs.s3."

// logAttributesOf are the attributes of access logs that a load balancer should have. Where there is to be none, it ends those into
// the platform's own bucket, before that goes: who took its name then would get them. Another bucket is the operator's choice.
func logAttributesOf(spec LoadBalancer, live LiveLoadBalancer, ids resource.IDs) []setting {
	const enabled = attributeLogs + "enabled"
	if !spec.Logs.IsZero() {
		return []setting{
			{name: enabled, value: "true", initial: "false"},
			{name: attributeLogs + "bucket", value: ids.Of(spec.Logs)},
			{name: attributeLogs + "prefix"},
		}
	}
	if at, err := arn.Parse(aws.ToString(live.LoadBalancerArn)); err == nil && live.Attributes[enabled] == "true" &&
		live.Attributes[attributeLogs+"bucket"] == awsapi.BucketName(live.Tags[awsapi.TagPlatform], at.AccountID, at.Region) {
		return []setting{{name: enabled, value: "false"}}
	}
	return nil
}

// AccessLog is the bucket that the access logs go to, and how their keys begin there; false where there are none.
func (b LiveLoadBalancer) AccessLog() (bucket, prefix string, on bool) {
	return b.Attributes[attributeLogs+"bucket"], b.Attributes[attributeLogs+"prefix"], b.Attributes[attributeLogs+"enabled"] == "true"
}

// settingsOf are all attributes that a load balancer should have.
func settingsOf(spec LoadBalancer, live LiveLoadBalancer, ids resource.IDs) []setting {
	return slices.Concat(loadBalancerAttributesOf(spec), logAttributesOf(spec, live, ids))
}

// keptAttributes are the operator's to set.
func keptAttributes() []setting {
	off := func(name string) setting { return setting{name: name, value: "false", initial: "false"} }
	return []setting{
		off("zonal_shift.config.enabled"),
		off(attributeLogs + "enabled"),
		off("connection_logs.s3.enabled"),
		off("health_check_logs.s3.enabled"),
	}
}

func keptOfLoadBalancer(spec LoadBalancer, live LiveLoadBalancer) []resource.Change {
	stricter := slices.DeleteFunc(loadBalancerAttributesOf(spec), func(s setting) bool { return s.stricter == nil })
	kept := slices.DeleteFunc(keptAttributes(), func(s setting) bool { return s.name == attributeLogs+"enabled" && !spec.Logs.IsZero() })
	return slices.Concat(keptSettings(stricter, live.Attributes), keptSettings(kept, live.Attributes), keptProtection(spec, live))
}

// loadBalancerFields declares what is compared of a load balancer.
func loadBalancerFields() []resource.Field {
	const served = "it decides who is served, and what reaches the instances"
	fields := []resource.Field{
		resource.Identity("LoadBalancerArn", "LoadBalancerName", "DNSName", "CanonicalHostedZoneId", "CreatedTime", "State", "VpcId", "Tags"),
		{Name: "type", Of: []string{"Type"}, How: resource.Repaired, Why: "AWS can't change it: another load balancer takes its place"},
		{Name: "scheme", Of: []string{"Scheme"}, How: resource.Repaired, Why: "AWS can't change it: another load balancer takes its place"},
		{Name: fieldSubnets, Of: []string{"AvailabilityZones"}, How: resource.Repaired, Why: "without its node a zone is not served"},
		{Name: fieldGroups, Of: []string{"SecurityGroups"}, How: resource.Repaired, Why: "they decide who gets in"},
		{Name: fieldAddress, Of: []string{"IpAddressType"}, How: resource.Repaired, Why: served},
		{Name: "listener *", Of: []string{"Listeners"}, How: resource.Repaired, Why: "one that isn't the platform's is removed"},
		{Name: "address pools, PrivateLink's rules", Of: []string{"CustomerOwnedIpv4Pool", "IpamPools", "EnablePrefixForIpv6SourceNat", "EnforceSecurityGroupInboundRulesOnPrivateLinkTraffic"}, How: resource.Ignored, Why: "no load balancer of this type and scheme has them, or they decide its addresses alone"},
		{Name: "attributes", Of: []string{"Attributes"}, How: resource.Repaired, Why: "one by one, as follows"},
	}
	for _, s := range loadBalancerAttributesOf(LoadBalancer{}) {
		why := served
		if s.stricter != nil {
			why = "`" + s.value + "`; `" + s.stricter[0] + "`, which is stricter, is kept as found"
		}
		fields = append(fields, resource.Field{Name: s.name, How: resource.Repaired, Why: why})
	}
	return slices.Concat(fields, []resource.Field{
		{Name: attributeProtection, How: resource.Repaired, Why: "`protect: true` sets it; set by hand it is kept as found, and holds `down` up"},
		{Name: "zonal_shift.config.enabled", How: resource.Kept, Why: "a shift out of an impaired zone outlives `up`"},
		{Name: "access_logs.*", Of: []string{"access_logs.s3.enabled", "access_logs.s3.bucket", "access_logs.s3.prefix"}, How: resource.Repaired, Why: "`logs.access` sets them; without it who logs is the operator's choice"},
		{Name: "connection_logs.*", Of: []string{"connection_logs.s3.enabled", "connection_logs.s3.bucket", "connection_logs.s3.prefix"}, How: resource.Kept, Why: "who logs is the operator's choice"},
		{Name: "health_check_logs.*", Of: []string{"health_check_logs.s3.enabled", "health_check_logs.s3.bucket", "health_check_logs.s3.prefix"}, How: resource.Kept, Why: "who logs is the operator's choice"},
		{Name: "load_balancing.cross_zone.enabled", How: resource.Ignored, Why: "of an application load balancer it is always on"},
		{Name: "ipv6.deny_all_igw_traffic", How: resource.Ignored, Why: "the platform has no IPv6"},
		{Name: "routing.http.x_amzn_tls_version_and_cipher_suite.enabled", How: resource.Ignored, Why: "instances don't read the headers"},
	})
}
