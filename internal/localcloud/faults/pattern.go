package faults

import (
	"path"
	"strings"
)

// matches reports whether a pattern such as "CreateVpc", "ec2:CreateVpc", "iam:*" or
// "Describe*" means an operation of a service. Letters' case doesn't matter, as in
// policies. "elb" and "elbv2" are short for elasticloadbalancing.
func matches(pattern, service, operation string) bool {
	name := operation
	if wanted, rest, ok := strings.Cut(pattern, ":"); ok {
		if wanted == "elb" || wanted == "elbv2" {
			wanted = "elasticloadbalancing"
		}
		pattern, name = wanted+":"+rest, service+":"+operation
	}
	ok, err := path.Match(strings.ToLower(pattern), strings.ToLower(name))
	return err == nil && ok
}

// matchesAny reports whether one of the patterns means the operation. No patterns mean
// all operations.
func matchesAny(patterns []string, service, operation string) bool {
	for _, p := range patterns {
		if matches(p, service, operation) {
			return true
		}
	}
	return len(patterns) == 0
}
