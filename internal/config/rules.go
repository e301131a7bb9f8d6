package config

import (
	"fmt"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// text makes a field that holds a text that check has nothing to say against.
func text(key string, at func(*Config) *string, allowed string, check func(string) string) field {
	return field{key, allowed, func(c *Config, s setting) []fault {
		if !s.scalar() {
			return refused(mustBe("a text", s) + s.inQuotes())
		}
		if message := check(s.text); message != "" {
			return refused(message)
		}
		*at(c) = s.text
		return nil
	}, schema{Type: typeText}}
}

// choice makes a field that holds one of a few words.
func choice[T ~string](key string, at func(*Config) *T, values ...T) field {
	words, enum := make([]string, len(values)), make([]any, len(values))
	for i, value := range values {
		words[i], enum[i] = string(value), value
	}
	allowed := strings.Join(words, ", ")
	return field{key, allowed, func(c *Config, s setting) []fault {
		if !s.scalar() {
			return refused(mustBe("a word", s))
		}
		for _, value := range values {
			if s.text == string(value) {
				*at(c) = value
				return nil
			}
		}
		return []fault{{message: "unknown value " + s.got(), suggestion: nearest(s.text, words)}}
	}, schema{Enum: enum}}
}

// truth makes a field that is true or false.
func truth(key string, at func(*Config) *bool) field {
	return field{key, "true, false", func(c *Config, s setting) []fault {
		if s.form != formTruth && s.form != formPlain || !slices.Contains([]string{"true", "false"}, strings.ToLower(s.text)) {
			return refused(mustBe("true or false", s))
		}
		*at(c) = strings.EqualFold(s.text, "true")
		return nil
	}, schema{Type: typeTruth}}
}

// number makes a field that holds a whole number within bounds.
func number(key string, at func(*Config) *int, least, most int) field {
	return field{key, fmt.Sprintf("a whole number from %d to %d", least, most), func(c *Config, s setting) []fault {
		value, shown, err := s.whole()
		switch {
		case !s.number() || err != nil:
			return refused(mustBe("a whole number", s))
		case value < least:
			return refused(fmt.Sprintf("must be at least %d, got %s", least, shown))
		case value > most:
			return refused(fmt.Sprintf("must be at most %d, got %s", most, shown))
		}
		*at(c) = value
		return nil
	}, between(least, most)}
}

// seconds makes a field that holds a duration of whole seconds within bounds, which are in seconds.
func seconds(key string, at func(*Config) *time.Duration, least, most int) field {
	allowed := fmt.Sprintf("whole seconds from %ds to %ds, written with their unit, such as %ds", least, most, max(least, 5))
	return field{key, allowed, func(c *Config, s setting) []fault {
		value, err := time.ParseDuration(s.text)
		switch {
		case !s.scalar() || err != nil:
			return refused(mustBe("a duration", s))
		case value%time.Second != 0:
			return refused("must be whole seconds, got " + s.text)
		case value < time.Duration(least)*time.Second:
			return refused(fmt.Sprintf("must be at least %ds, got %s", least, s.text))
		case value > time.Duration(most)*time.Second:
			return refused(fmt.Sprintf("must be at most %ds, got %s", most, s.text))
		}
		*at(c) = value
		return nil
	}, matching(durationPattern(least, most))}
}

var (
	nameCharacters = regexp.MustCompile(`^[a-z0-9-]+$`)
	regionName     = regexp.MustCompile(`^[a-z]+(-[a-z]+)+-[0-9]+$`)
	zoneName       = regexp.MustCompile(`^([a-z]+(?:-[a-z]+)+-[0-9]+)[a-f]$`)
	instanceType   = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*\.[a-z0-9]+(-[a-z0-9]+)*$`)
	imageID        = regexp.MustCompile(`^ami-([0-9a-f]{8}|[0-9a-f]{17})$`)
	pathCharacters = regexp.MustCompile(`^/[A-Za-z0-9._~@:=,+/-]*$`)
	latencyName    = regexp.MustCompile(`^aws/([0-9]{1,4})$`)
)

// checkName keeps to what every name made from the platform's can be. The narrowest are those of load balancers and target
// groups: 32 characters, letters, digits and hyphens, no hyphen at either end, and not "internal-" first
// (https://docs.aws.amazon.com/elasticloadbalancing/latest/APIReference/API_CreateLoadBalancer.html). A security group's name
// can't start with "sg-" (https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html). Two hyphens in
// a row are refused because whether a target group's name may have them isn't documented.
func checkName(name string) string {
	switch {
	case name == "":
		return "must not be empty"
	case len(name) > longestName:
		return fmt.Sprintf("must have at most %d characters, got %d: AWS's names end at 32, and some are made from this one", longestName, len(name))
	case !nameCharacters.MatchString(name):
		return "has a character that AWS would refuse in a load balancer's name: " + quote(name)
	case strings.HasPrefix(name, "-"), strings.HasSuffix(name, "-"):
		return "must not start or end with '-', got " + quote(name)
	case name == "internal", strings.HasPrefix(name, "internal-"):
		return "must not make names that start with \"internal-\", which AWS keeps for itself, got " + quote(name)
	case name == "sg", strings.HasPrefix(name, "sg-"):
		return "must not make names that start with \"sg-\", which AWS keeps for the IDs of security groups, got " + quote(name)
	case strings.Contains(name, "--"):
		return "must not have two '-' in a row, got " + quote(name)
	}
	return ""
}

const longestName = 20 // leaves 12 of 32 characters for what is made from it

func nameSchema() schema {
	return schema{
		Type: typeText, MaxLength: longestName, Pattern: `^[a-z0-9]+(?:-[a-z0-9]+)*$`,
		Not: &schema{Pattern: `^(?:internal|sg)(?:-|$)`},
	}
}

func checkRegion(region string) string {
	if zoneName.MatchString(region) {
		return fmt.Sprintf("must be a region, got the zone %s: leave out its last letter", region)
	}
	if !regionName.MatchString(region) {
		return "is not a region's name: " + quote(region)
	}
	return ""
}

// checkPartition refuses a region of a part of AWS that has other accounts, ARNs and endpoints than the commercial one.
// Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html, and the SDK's endpoints for the prefixes.
func checkPartition(region string) string {
	for _, other := range []struct{ prefix, partition, name string }{
		{"cn-", "aws-cn", "China"},
		{"us-gov-", "aws-us-gov", "GovCloud"},
		{"us-iso-", "aws-iso", "ISO"},
		{"us-isob-", "aws-iso-b", "ISOB"},
		{"eu-isoe-", "aws-iso-e", "ISOE"},
		{"us-isof-", "aws-iso-f", "ISOF"},
		{"eusc-", "aws-eusc", "the European Sovereign Cloud"},
	} {
		if strings.HasPrefix(region, other.prefix) {
			return fmt.Sprintf("must be of AWS's commercial partition, got %s of %s (%s): the ARN of the policy for Session Manager "+
				"is another there", region, other.partition, other.name)
		}
	}
	return ""
}

func checkInstanceType(name string) string {
	if !instanceType.MatchString(name) {
		return "is not an instance type: " + quote(name)
	}
	// https://docs.aws.amazon.com/linux/al2023/ug/system-requirements.html
	if strings.HasPrefix(name, "a1.") {
		return "must not be of the family a1, on whose processors Amazon Linux 2023 doesn't run, got " + quote(name) + ": t4g and later are Graviton, too"
	}
	return ""
}

func instanceTypeSchema() schema {
	s := matching(instanceType.String(), "t3.micro", "t4g.micro")
	s.Not = &schema{Pattern: `^a1\.`}
	return s
}

func checkImage(image string) string {
	if image != "" && image != ImageLatest && !imageID.MatchString(image) {
		return "is not a machine image: " + quote(image)
	}
	return ""
}

// checkPath asks for more than Elastic Load Balancing does (1 to 1024 characters): Nginx serves the path by an exact match, so
// it must stand in nginx.conf as it is and be in normal form.
func checkPath(given string) string {
	switch {
	case !strings.HasPrefix(given, "/"):
		return "must start with '/', got " + quote(given)
	case len(given) > longestPath:
		return fmt.Sprintf("must have at most %d characters, got %d", longestPath, len(given))
	case !pathCharacters.MatchString(given):
		return "has a character that a health check's path can't have: " + quote(given)
	case strings.Contains(given, "//"), given != "/" && path.Clean(given) != strings.TrimSuffix(given, "/"):
		return "has an empty or a dot segment: " + quote(given)
	}
	return ""
}

const longestPath = 1024

func pathSchema() schema {
	return schema{
		Type: typeText, MaxLength: longestPath, Pattern: pathCharacters.String(),
		Not: &schema{Pattern: `//|/\.\.?(?:/|$)`}, Examples: []any{"/healthz"},
	}
}

func checkLatency(latency string) string {
	if latency == "fast" || latency == "aws" {
		return ""
	}
	match := latencyName.FindStringSubmatch(latency)
	if match == nil {
		return "is not a latency: " + quote(latency)
	}
	if divisor, err := strconv.Atoi(match[1]); err != nil || divisor < 1 || divisor > 1000 {
		return "must divide by 1 to 1000, got " + quote(latency)
	}
	return ""
}
