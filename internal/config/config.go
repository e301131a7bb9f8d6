// Package config turns platform.yaml, the environment and the command line's flags into one validated Config.
//
// What belongs here: the keys, their defaults, what each may hold, and the arithmetic of the network's address range.
// What doesn't: anything that asks AWS (whether a zone exists or a type is offered is the preflight's question) and
// anything that prints. Load reads files and nothing else: the environment and the flags are handed to it.
//
// It has more than 1,500 lines because reading a key, checking it and its JSON Schema stand together.
package config

import (
	"net/netip"
	"time"
)

// Target says which cloud the platform is built on.
type Target string

// The clouds that a platform can be built on.
const (
	TargetLocal Target = "local" // the tool's own local cloud: no account, no cost
	TargetAWS   Target = "aws"   // AWS, or whatever AWS_ENDPOINT_URL points at
)

// ImageLatest is the image that stands for the newest Amazon Linux 2023.
const ImageLatest = "latest"

// Egress says how instances in private subnets reach the internet.
type Egress string

// The ways out for instances in private subnets.
const (
	EgressNATPerZone Egress = "nat-per-zone" // a NAT gateway a zone: the loss of a zone takes no other zone's way out
	EgressNATSingle  Egress = "nat-single"   // one NAT gateway for all zones: cheaper, and not highly available
	EgressNone       Egress = "none"         // only the S3 gateway endpoint, which Amazon Linux's package repositories need
)

// Config is the whole configuration of one platform. A Config that Load returned without an error is valid.
type Config struct {
	Name         string // 1–20 characters of a-z, 0-9 and '-'
	Target       Target
	Region       string
	Protect      bool // down, replacing changes and another name need --unprotect
	Network      Network
	Web          Web
	LoadBalancer LoadBalancer
	Monitoring   Monitoring
	Logs         Logs
	Drill        Drill
	Tags         map[string]string // added to every object; never nil
	Local        Local

	// File is the path of the file that was read, as the user named it; "" for the built-in local platform.
	File string
}

// Network is the platform's VPC.
type Network struct {
	CIDR   netip.Prefix // private, canonical, /16 to /23
	Zones  Zones
	Egress Egress
}

// Zones says which Availability Zones the platform spans.
type Zones struct {
	Count int      // 2–6; with Names, their number
	Names []string // the zones' names where the user chose them, else nil: the region's first Count zones
}

// Web is the web servers behind the load balancer.
type Web struct {
	Instances    int // spread evenly over the zones; under Auto Scaling the number to begin with
	InstanceType string
	Image        string // ID of the machine image, ImageLatest, or "": what the instances have stays
	Page         string // path of the file to serve; "" for the built-in page
	PageContent  string // what is in the file at Page, at most MaxPageBytes
	Site         string // path of the directory to serve instead of a page; "" for none
	AutoScaling  AutoScaling
}

// LoadBalancer is the application load balancer and its target group. All durations are whole seconds, as AWS has them.
type LoadBalancer struct {
	IdleTimeout         time.Duration
	DeregistrationDelay time.Duration
	HealthCheck         HealthCheck
	HTTPS               HTTPS
}

// HealthCheck is how the load balancer finds out which instances work.
type HealthCheck struct {
	Path      string
	Interval  time.Duration // whole seconds
	Timeout   time.Duration // whole seconds, below Interval
	Healthy   int           // passes in a row after which a failing target counts as healthy
	Unhealthy int           // failures in a row after which a target counts as unhealthy
}

// Drill is the objective that a failover drill is measured against.
type Drill struct {
	Availability float64            // percent of requests that must succeed, above 0 and at most 100
	Scenarios    map[string]float64 // the same for drills of single scenarios, which have others
}

// Local is how the local cloud behaves.
type Local struct {
	Latency string // fast, aws or aws/N
}

// Default returns the built-in local platform: what runs where there is no configuration at all.
func Default() Config {
	return Config{
		Name:   "shop",
		Target: TargetLocal,
		Region: "us-east-1",
		Network: Network{
			CIDR:   netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, 0, 0}), 16),
			Zones:  Zones{Count: 2},
			Egress: EgressNATPerZone,
		},
		Web: Web{Instances: 2, InstanceType: "t3.micro", AutoScaling: AutoScaling{StaticStability: true}},
		LoadBalancer: LoadBalancer{
			IdleTimeout:         60 * time.Second,
			DeregistrationDelay: 30 * time.Second,
			HealthCheck: HealthCheck{
				Path:      "/healthz",
				Interval:  5 * time.Second,
				Timeout:   2 * time.Second,
				Healthy:   2,
				Unhealthy: 2,
			},
			HTTPS: HTTPS{Policy: PolicyRecommended},
		},
		Monitoring: Monitoring{Dashboard: true, Thresholds: Thresholds{Errors: 1, Latency: time.Second}},
		Drill:      Drill{Availability: 99.0, Scenarios: map[string]float64{}},
		Tags:       map[string]string{},
		Local:      Local{Latency: "fast"},
	}
}
