package runbook

import (
	"cmp"
	"strings"
	"time"
)

// Platform is what a runbook must know of one platform. IDs are empty where the
// objects aren't there, or nobody looked.
type Platform struct {
	Name, Target, Region string
	// Generic makes the text that goes with any platform, in docs/operations.md.
	Generic bool
	// Flags are those that each platformctl command needs to mean this platform,
	// such as "-c eu.yaml".
	Flags string
	// Variables are those of the environment that they need, such as
	// "PLATFORMCTL_WEB_INSTANCES=4".
	Variables []string
	// Endpoint is where the AWS API is, where that isn't AWS.
	Endpoint string
	// Directory is that of the state file; Machines that of the local cloud's
	// instances, "" on AWS.
	Directory, Machines string
	Account             string
	URL                 string
	Health              string
	Written             time.Time

	// HTTPS is how the platform is served over TLS; the zero value of one that isn't.
	HTTPS HTTPS

	// Monitored says that somebody is told of alarms.
	Monitored bool
	// Group is the Auto Scaling group that keeps the instances; the zero value of a fixed number.
	Group Group

	VPC            string
	LoadBalancer   string // ARN
	TargetGroup    string // ARN
	Port           int
	Instances      []Instance
	Zones          []Zone
	SecurityGroups []Named
	Drain          time.Duration // the deregistration delay
	ImageParameter string        // names the newest image
	Wanted         int           // instances
	ZoneCount      int
}

// Instance is a web instance, and how the load balancer sees it.
type Instance struct {
	Name, ID, Zone, State string
}

// Zone is an Availability Zone with what can be broken there.
type Zone struct {
	Name            string
	Public, Private string // subnets
	Table           string // the private subnet's route table
	NAT             string
}

// Group is an Auto Scaling group with how few and how many instances it may have.
type Group struct {
	Name     string // "" where it isn't there
	Min, Max int
}

// HTTPS is a platform's way over TLS.
type HTTPS struct {
	Domain string
	// Certificate is its ARN, LoadBalancer the HOST:PORT of the listener under the load balancer's own name.
	Certificate, LoadBalancer string
	// Authority is the file of an authority that curl doesn't know; "" where it knows it.
	Authority string
}

// fetched is the page's URL with what curl needs to accept its certificate.
func (p Platform) fetched() string {
	page := cmp.Or(p.URL, "http://…")
	if p.HTTPS.Authority != "" {
		page = "--cacert " + Quoted(p.HTTPS.Authority) + " " + page
	}
	return page
}

// pastDNS is the page through the load balancer's own name, for curl.
func (p Platform) pastDNS() string {
	return "--connect-to ::" + cmp.Or(p.HTTPS.LoadBalancer, "…") + " " + p.fetched()
}

// Named is an object's name and ID.
type Named struct{ Name, ID string }

const healthy = "healthy"

// suspect is the instance that recipes are about: the first that isn't healthy,
// or else the first.
func (p Platform) suspect() Instance {
	for _, i := range p.Instances {
		if i.ID != "" && i.State != healthy {
			return i
		}
	}
	if len(p.Instances) == 0 {
		return Instance{Name: "web-a-1", ID: "i-…", Zone: p.zone().Name}
	}
	first := p.Instances[0]
	first.ID = cmp.Or(first.ID, "i-…")
	return first
}

// zone is the zone that recipes are about: that of the first instance which
// isn't healthy, or else the last, so that the first NAT gateway is spared.
func (p Platform) zone() Zone {
	for _, i := range p.Instances {
		for _, z := range p.Zones {
			if z.Name == i.Zone && i.ID != "" && i.State != healthy {
				return z
			}
		}
	}
	return p.Zones[len(p.Zones)-1]
}

// others are the names of all zones but one.
func (p Platform) others(zone string) string {
	var names []string
	for _, z := range p.Zones {
		if z.Name != zone {
			names = append(names, z.Name)
		}
	}
	return strings.Join(names, ", ")
}

// ctl is a platformctl command line for this platform.
func (p Platform) ctl(command string) string {
	if p.Flags != "" {
		command += " " + p.Flags
	}
	return "platformctl " + command
}

// aws is how an AWS CLI command line for this platform's account and region begins.
func (p Platform) aws() string {
	if p.Generic {
		return "aws" // the region is exported
	}
	line := "aws"
	if p.Endpoint != "" {
		line += " --endpoint-url " + p.Endpoint
	}
	return line + " --region " + p.Region
}

func (p Platform) onAWS() bool { return p.Endpoint == "" }

// Quoted is a word as a shell takes it for one.
func Quoted(word string) string {
	if strings.Trim(word, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./") == "" {
		return word
	}
	return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
}
