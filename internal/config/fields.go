package config

import (
	"slices"
	"time"
)

// maxInstances is how many instances a platform can have.
const maxInstances = 500

// field is one key of the configuration: what it may hold, and how that is read.
type field struct {
	key     string // as in the file, with dots: web.instances
	allowed string // what it may hold, for messages
	read    func(*Config, setting) []fault
	schema  schema // the same for editors
}

// fault is why a value was refused.
type fault struct {
	message    string
	suggestion string
	at         *origin // where in the value; nil for the value as a whole
}

func refused(message string) []fault { return []fault{{message: message}} }

// fields is the one list of all keys. The file, the environment, the flags and the messages all go by it.
func fields() []field {
	return slices.Concat([]field{
		text("name", func(c *Config) *string { return &c.Name },
			"1 to 20 of a-z, 0-9 and '-' (one at a time, neither first nor last), not starting with 'internal-' or 'sg-'", checkName).as(nameSchema()),
		choice("target", func(c *Config) *Target { return &c.Target }, TargetLocal, TargetAWS),
		text("region", func(c *Config) *string { return &c.Region }, "a region's name, such as eu-central-1", checkRegion).
			as(matching(regionName.String(), "us-east-1", "eu-central-1")),
		truth("protect", func(c *Config) *bool { return &c.Protect }),

		{"network.cidr", "a private IPv4 range from /16 to /23 (room for six zones), such as 10.0.0.0/16", readCIDR, cidrSchema()},
		{"network.zones", "a number from 2 to 6, or a list of 2 to 6 zones of the region, such as [us-east-1a, us-east-1b]", readZones, zonesSchema()},
		choice("network.egress", func(c *Config) *Egress { return &c.Network.Egress }, EgressNATPerZone, EgressNATSingle, EgressNone),

		number("web.instances", func(c *Config) *int { return &c.Web.Instances }, 1, maxInstances),
		text("web.instance_type", func(c *Config) *string { return &c.Web.InstanceType },
			"an EC2 instance type as family.size, such as t3.micro", checkInstanceType).as(instanceTypeSchema()),
		text("web.image", func(c *Config) *string { return &c.Web.Image },
			`latest, the ID of a machine image such as ami-0123456789abcdef0, or ""`, checkImage).
			as(matching(`^(?:|`+ImageLatest+`|ami-(?:[0-9a-f]{8}|[0-9a-f]{17}))$`, "", ImageLatest, "ami-0123456789abcdef0")),
		{"web.page", `a UTF-8 file of at most 8192 bytes, relative to the configuration file; "" is the built-in page`, readPage, schema{Type: typeText}},
	}, autoScalingFields(), []field{
		// The ranges are Elastic Load Balancing's own:
		// https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html,
		// API_TargetGroupAttribute.html and API_CreateTargetGroup.html beside it.
		seconds("load_balancer.idle_timeout", func(c *Config) *time.Duration { return &c.LoadBalancer.IdleTimeout }, 1, 4000),
		seconds("load_balancer.deregistration_delay", func(c *Config) *time.Duration { return &c.LoadBalancer.DeregistrationDelay }, 0, 3600),
		text("load_balancer.health_check.path", func(c *Config) *string { return &c.LoadBalancer.HealthCheck.Path },
			"a path such as /healthz: '/' first, then at most 1023 letters, digits and -._~@:=,+/ without empty or dot segments", checkPath).as(pathSchema()),
		seconds("load_balancer.health_check.interval", func(c *Config) *time.Duration { return &c.LoadBalancer.HealthCheck.Interval }, 5, 300),
		seconds("load_balancer.health_check.timeout", func(c *Config) *time.Duration { return &c.LoadBalancer.HealthCheck.Timeout }, 2, 120),
		number("load_balancer.health_check.healthy", func(c *Config) *int { return &c.LoadBalancer.HealthCheck.Healthy }, 2, 10),
		number("load_balancer.health_check.unhealthy", func(c *Config) *int { return &c.LoadBalancer.HealthCheck.Unhealthy }, 2, 10),
	}, httpsFields(), monitoringFields(), logsFields(), []field{
		{"drill.availability", "a percentage above 0 and at most 100, such as 99.9", readAvailability, percentSchema()},
		{"drill.scenarios", "a percentage for each of instance, process, zone and drain that has an objective of its own", readObjectives, objectivesSchema()},
		{"tags", "at most 40 pairs of a key (1 to 128 characters) and a text (up to 256) of letters, digits, spaces and _.:/=+-@", readTags, tagsSchema()},
		text("local.latency", func(c *Config) *string { return &c.Local.Latency },
			"fast, aws, or aws/N with N from 1 to 1000", checkLatency).
			as(matching(`^(?:fast|aws|aws/(?:0{0,3}[1-9]|0{0,2}[1-9][0-9]|0?[1-9][0-9]{2}|1000))$`, "fast", "aws", "aws/10")),
	})
}

// fieldOf returns the field of a key that exists.
func fieldOf(fields []field, key string) field {
	return fields[slices.IndexFunc(fields, func(f field) bool { return f.key == key })]
}
