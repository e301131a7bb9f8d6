package model

import (
	"regexp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Action is what a rule does with a request. One of the three parts is set.
type Action struct {
	Order    int            `json:",omitempty"` // as given; 0: not given
	Forward  *Forward       `json:",omitempty"`
	Redirect *Redirect      `json:",omitempty"`
	Fixed    *FixedResponse `json:",omitempty"`
}

// Forward sends the request to one of some target groups.
type Forward struct {
	TargetGroups []WeightedTargetGroup
	// StickinessSeconds is kept for its maker to read; stickiness itself is off.
	StickinessSeconds *int `json:",omitempty"`
}

// WeightedTargetGroup is a target group with its share of the requests.
type WeightedTargetGroup struct {
	ARN    string
	Weight int // 0–999
}

// Redirect answers with another URL. Its parts may hold #{protocol}, #{host}, #{port},
// #{path} and #{query}, which stand for those of the request.
type Redirect struct {
	Protocol, Host, Port, Path, Query string
	StatusCode                        string // HTTP_301, HTTP_302
}

// FixedResponse answers by itself.
type FixedResponse struct {
	StatusCode  string // 2XX, 4XX or 5XX
	ContentType string // empty: text/plain
	Body        string
}

// Most target groups in one forward action. Source: User Guide for Application Load
// Balancers, "Quotas".
const maxForwardGroups = 5

// targetGroups lists the ARNs of the target groups that actions forward to.
func targetGroups(actions []Action) []string {
	var arns []string
	for _, a := range actions {
		if a.Forward != nil {
			for _, g := range a.Forward.TargetGroups {
				arns = append(arns, g.ARN)
			}
		}
	}
	return arns
}

// checkActions refuses actions that a rule of the load balancer's listener can't have.
func checkActions(tx *world.Tx, b *LoadBalancer, actions []Action) error {
	if len(actions) == 0 {
		return invalid("An action must be specified")
	}
	if len(actions) > 1 {
		// Only authentication may come before the one action that answers, and that
		// isn't simulated.
		return refuse.New("InvalidLoadBalancerAction", "You can specify only one action of type forward, redirect or fixed-response")
	}
	a := actions[0]
	if a.Order != 0 {
		if err := between(a.Order, "actions.1.member.order", 1, 50000); err != nil {
			return err
		}
	}
	switch {
	case a.Forward != nil:
		return checkForward(tx, b, a.Forward)
	case a.Redirect != nil:
		*a.Redirect = a.Redirect.completed()
		return a.Redirect.check()
	}
	return a.Fixed.check()
}

func checkForward(tx *world.Tx, b *LoadBalancer, f *Forward) error {
	if len(f.TargetGroups) == 0 {
		return invalid("A target group ARN must be specified")
	}
	if len(f.TargetGroups) > maxForwardGroups {
		return refuse.New("TooManyTargetGroups", "A forward action can have at most %d target groups", maxForwardGroups)
	}
	if f.StickinessSeconds != nil {
		if err := between(*f.StickinessSeconds, "actions.1.member.forwardConfig.targetGroupStickinessConfig.durationSeconds", 1, 604800); err != nil {
			return err
		}
	}
	var elsewhere []string
	for i, weighted := range f.TargetGroups {
		g, err := FindTargetGroup(tx, weighted.ARN)
		if err != nil {
			return err
		}
		if slices.ContainsFunc(f.TargetGroups[:i], func(o WeightedTargetGroup) bool { return o.ARN == weighted.ARN }) {
			return invalid("Target group '%s' was specified more than once", weighted.ARN)
		}
		if weighted.Weight < 0 || weighted.Weight > 999 {
			return invalid("Weight '%d' of a target group must be between '0-999' inclusive", weighted.Weight)
		}
		if g.VPCID != b.VPCID {
			return refuse.New("InvalidConfigurationRequest", "The target group '%s' and the load balancer '%s' are not in the same VPC", g.ID, b.ID)
		}
		if slices.ContainsFunc(LoadBalancersOf(tx, g.ID), func(other string) bool { return other != b.ID }) {
			elsewhere = append(elsewhere, g.ID)
		}
	}
	if len(elsewhere) > 0 {
		return refuse.New("TargetGroupAssociationLimit", "The following target groups cannot be associated with more than one load balancer: '%s'", strings.Join(elsewhere, "', '"))
	}
	used := map[string]bool{}
	for _, r := range rulesOfLoadBalancer(tx, b.ID) {
		for _, arn := range targetGroups(r.Actions) {
			used[arn] = true
		}
	}
	for _, g := range f.TargetGroups {
		used[g.ARN] = true
	}
	if len(used) > tx.Limit(TargetGroupsPerBalancer()) {
		return refuse.New("TooManyUniqueTargetGroupsPerLoadBalancer", "You've reached the limit on the number of unique target groups per load balancer: %d", tx.Limit(TargetGroupsPerBalancer()))
	}
	return nil
}

// completed fills what is left out with what stands for the request's own.
func (r Redirect) completed() Redirect {
	for _, part := range []struct {
		value   *string
		request string
	}{{&r.Protocol, "#{protocol}"}, {&r.Host, "#{host}"}, {&r.Port, "#{port}"}, {&r.Path, "/#{path}"}, {&r.Query, "#{query}"}} {
		if *part.value == "" {
			*part.value = part.request
		}
	}
	return r
}

// check refuses redirects that AWS refuses.
// Source: API reference of RedirectActionConfig. The listener's protocol is HTTP.
func (r Redirect) check() error {
	switch {
	case r.StatusCode != "HTTP_301" && r.StatusCode != "HTTP_302":
		return constraint(r.StatusCode, "actions.1.member.redirectConfig.statusCode", "Member must satisfy enum value set: [HTTP_301, HTTP_302]")
	case r.Protocol != "HTTP" && r.Protocol != "HTTPS" && r.Protocol != "#{protocol}":
		return constraint(r.Protocol, "actions.1.member.redirectConfig.protocol", `Member must satisfy regular expression pattern: ^(HTTPS?|#\{protocol\})$`)
	case len(r.Host) > 128:
		return constraint(r.Host, "actions.1.member.redirectConfig.host", "Member must have length less than or equal to 128")
	case len(r.Path) > 128:
		return constraint(r.Path, "actions.1.member.redirectConfig.path", "Member must have length less than or equal to 128")
	case len(r.Query) > 128:
		return constraint(r.Query, "actions.1.member.redirectConfig.query", "Member must have length less than or equal to 128")
	case !strings.HasPrefix(r.Path, "/"):
		return refuse.New("InvalidLoadBalancerAction", "The Path parameter must be a valid path, should start with a '/', and may contain up to one of each of these placeholders: '#{path}', '#{host}', '#{port}'.")
	case r.Port != "#{port}" && !number(1, 65535)(r.Port):
		return refuse.New("InvalidLoadBalancerAction", "The Port parameter must be a number from 1 to 65535 or '#{port}'")
	case r.Protocol != "HTTPS" && r.Host == "#{host}" && r.Port == "#{port}" && r.Path == "/#{path}":
		return refuse.New("InvalidLoadBalancerAction", "The redirect configuration is not valid because it creates a loop.")
	}
	return nil
}

var fixedStatus = regexp.MustCompile(`^[245]\d\d$`)

func (f *FixedResponse) check() error {
	if !fixedStatus.MatchString(f.StatusCode) {
		return constraint(f.StatusCode, "actions.1.member.fixedResponseConfig.statusCode", `Member must satisfy regular expression pattern: ^(2|4|5)\d\d$`)
	}
	types := []string{"", "text/plain", "text/css", "text/html", "application/javascript", "application/json"}
	if !slices.Contains(types, f.ContentType) {
		return refuse.New("InvalidLoadBalancerAction", "The ContentType must be one of:'text/html', 'application/json', 'application/javascript', 'text/css', 'text/plain'")
	}
	if len(f.Body) > 1024 {
		return constraint("…", "actions.1.member.fixedResponseConfig.messageBody", "Member must have length less than or equal to 1024")
	}
	return nil
}
