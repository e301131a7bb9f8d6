package awsapi

import (
	"maps"
	"slices"
	"strconv"

	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

// The ownership tags. Tags are the truth about what belongs to a platform;
// this file is the only place that knows how they are written.
const (
	// TagPlatform holds the platform's name.
	TagPlatform = "platformctl:platform"
	// TagKey holds the object's key in the blueprint, "kind/name".
	TagKey = "platformctl:key"
	// TagGeneration counts replacements of the key, from 1.
	TagGeneration = "platformctl:generation"
	// TagOperation marks the create call that made the object: its token.
	TagOperation = "platformctl:operation"
	// TagDrill marks what a failover drill breaks, from before it is broken until it is
	// restored: "<scenario> <drill> [<network ACL before>]". With it alone a drill can be
	// restored whose journal is lost.
	TagDrill = "platformctl:drill"
	// TagName is what the AWS console shows as the name.
	TagName = "Name"
)

// Owner is a platform in one region.
type Owner struct {
	Platform string
	Region   string
	// Tags are the user's own tags, added to every object.
	Tags map[string]string
	// Domain is where the platform may have more than its tags find.
	Domain Domain
	// AutoScaling says that the platform may have an Auto Scaling group, or a launch template, of which no instance tells.
	AutoScaling bool
	// Bucket says that the platform may have a bucket.
	Bucket bool
	// Monitoring says that the platform may have alarms, and what they need.
	Monitoring bool
	// Notify are those whom the platform's alarms are to tell: see config.Monitoring.
	Notify []string
}

// Domain is what of certificates and DNS a platform may have, for lists: no call finds those by tags, and records have none. The
// zero Domain has nothing, and costs no call.
type Domain struct {
	// Look says that there may be any.
	Look bool
	// Names are those that the platform is to be served under.
	Names []string
	// Zone is the name of the hosted zone that is to hold them, and ZoneID its ID, as far as it was asked for; "" for none.
	Zone, ZoneID string
	// Records are the IDs of the DNS records that the state has.
	Records []string
	// Lost says that neither the configuration nor a state tells of them: hosted zones are looked for by the certificates' names,
	// and who may not list certificates is taken to have none.
	Lost bool
}

// anyPlatform stands for the name of every platform: no platform can have it, and in EC2's filters it matches any value.
const anyPlatform = "*"

// Everyone is the owner of what all platforms of a region have. It is for lists alone: nothing is made under it.
func Everyone(region string) Owner { return Owner{Platform: anyPlatform, Region: region} }

// Notified reports whether the platform's alarms are to tell an endpoint.
func (o Owner) Notified(endpoint string) bool { return slices.Contains(o.Notify, endpoint) }

// IsEveryone reports whether the owner is Everyone.
func (o Owner) IsEveryone() bool { return o.Platform == anyPlatform }

// Owns reports whether an object with these tags belongs to the platform.
func (o Owner) Owns(tags map[string]string) bool {
	if o.IsEveryone() {
		return tags[TagPlatform] != ""
	}
	return tags[TagPlatform] == o.Platform
}

// TagsFor are all tags of one object: the user's, its name and its ownership.
// They are set in the create call; only StableTags are compared afterwards.
func (o Owner) TagsFor(key, name string, generation int, token string) map[string]string {
	tags := o.StableTags(key, name)
	tags[TagGeneration] = strconv.Itoa(generation)
	if token != "" {
		tags[TagOperation] = token
	}
	return tags
}

// StableTags are the tags that an object has for as long as it lives.
func (o Owner) StableTags(key, name string) map[string]string {
	tags := map[string]string{}
	maps.Copy(tags, o.Tags)
	if _, ok := tags[TagName]; !ok {
		tags[TagName] = o.Platform + "-" + name
	}
	tags[TagPlatform] = o.Platform
	tags[TagKey] = key
	return tags
}

// Generation reads the generation from an object's tags; 1 where there is none.
func Generation(tags map[string]string) int {
	if n, err := strconv.Atoi(tags[TagGeneration]); err == nil && n > 0 {
		return n
	}
	return 1
}

// OwnedBy is the EC2 filter for everything that the owner has. That of Everyone matches empty names, too.
func OwnedBy(o Owner) ec2types.Filter { return Filter("tag:"+TagPlatform, o.Platform) }

// Filter is an EC2 filter.
func Filter(name string, values ...string) ec2types.Filter {
	return ec2types.Filter{Name: &name, Values: values}
}

// BucketName is the name of a platform's bucket, which no other account can have: buckets share their names with all of AWS.
func BucketName(platform, account, region string) string {
	return "platformctl-" + platform + "-" + account + "-" + region // 12 + 20 + 1 + 12 + 1 + 14 of 63
}
