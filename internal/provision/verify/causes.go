package verify

import (
	"context"
	"fmt"
	"slices"
	"strings"

	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Cause is why a platform doesn't serve as it should: something that was looked at.
type Cause struct {
	// Resource is the key of the object that it is about; "" of what is none of the platform's.
	Resource string
	// Message is what was seen, Hint what to do about it.
	Message, Hint string
	// Transient says that it ends by itself.
	Transient bool
	// Network says that it keeps packets from where they belong, however well an instance is.
	Network bool
}

// String is the cause in one line.
func (c Cause) String() string {
	if c.Resource == "" {
		return c.Message
	}
	return c.Resource + ": " + c.Message
}

// Inspection is a platform as it is now.
type Inspection struct {
	Plan    *plan.Plan
	Objects []resource.Object
}

// Inspect reads a platform.
type Inspect func(context.Context) (Inspection, error)

// Causes are the reasons for a health that isn't what it should be, as far as AWS tells them:
// what has drifted, and what is wrong with each target. It is pure.
func (i Inspection) Causes() []Cause {
	causes := drift(i.Plan)
	mute := slices.ContainsFunc(causes, func(c Cause) bool { return c.Network })
	drifted := len(causes) > 0
	for _, object := range i.Objects {
		if cause, ok := ofGroup(object); ok {
			causes = append(causes, cause)
		}
		for _, live := range loadbalancing.RegistrationsIn(object) {
			if cause, ok := ofTarget(object.Key, live, mute, drifted); ok {
				causes = append(causes, cause)
			}
		}
	}
	return causes
}

// ofGroup says what an Auto Scaling group lacks that is no target of the load balancer; false where it lacks nothing.
func ofGroup(object resource.Object) (Cause, bool) {
	group, ok := object.Live.(autoscaling.LiveGroup)
	if !ok || object.Status.Phase != resource.Pending || group.Lost() == 0 {
		return Cause{}, false
	}
	cause := Cause{Resource: object.Key.String(), Message: object.Status.Reason, Hint: "wait: Auto Scaling replaces what is gone", Transient: true}
	if group.IsSuspended("Launch") {
		cause.Hint, cause.Transient = "resume its process Launch, which somebody has suspended", false
	}
	return cause, true
}

// drift are the differences that can keep requests from the page. A role decides what a
// program on an instance may do, and serves nobody.
func drift(p *plan.Plan) []Cause {
	if p == nil {
		return nil
	}
	var ways []string
	for _, kind := range network.Kinds() {
		ways = append(ways, kind.Name)
	}
	serving := slices.Clone(ways)
	serving = append(serving, compute.InstanceKind().Name)
	for _, kind := range slices.Concat(loadbalancing.Kinds(), autoscaling.Kinds()) {
		serving = append(serving, kind.Name)
	}
	var causes []Cause
	for _, step := range p.Listed() {
		reasons := slices.DeleteFunc(slices.Clone(step.Reasons), func(reason string) bool { return strings.HasPrefix(reason, resource.TagsField) })
		if step.Action == plan.Keep || len(reasons) == 0 || !slices.Contains(serving, step.Key.Kind) {
			continue
		}
		causes = append(causes, Cause{
			Resource: step.Key.String(), Message: strings.Join(reasons, "; "), Hint: "platformctl up repairs it",
			Network: slices.Contains(ways, step.Key.Kind),
		})
	}
	return causes
}

// ofTarget says what is wrong with a target, by what the load balancer has seen; false where
// nothing is, or where it is said already by what has drifted.
func ofTarget(key resource.Key, r loadbalancing.LiveRegistration, mute, drifted bool) (Cause, bool) {
	cause := Cause{Resource: key.String()}
	seen := strings.TrimPrefix(r.Reason+": "+r.Description, ": ")
	console := "aws ec2 get-console-output --latest --output text --instance-id " + r.Instance
	switch elbtypes.TargetHealthStateEnum(r.State) {
	case elbtypes.TargetHealthStateEnumHealthy, elbtypes.TargetHealthStateEnumDraining, elbtypes.TargetHealthStateEnumUnhealthyDraining:
		return Cause{}, false
	case elbtypes.TargetHealthStateEnumInitial:
		cause.Message, cause.Hint, cause.Transient = "it isn't checked yet", "wait: one passed check is enough", true
		return cause, true
	case elbtypes.TargetHealthStateEnumUnused:
		if drifted {
			return Cause{}, false
		}
		cause.Message, cause.Hint = seen, "platformctl up starts or replaces the instance"
		return cause, true
	}
	switch elbtypes.TargetHealthReasonEnum(r.Reason) {
	case elbtypes.TargetHealthReasonEnumTimeout:
		if mute { // which explains the silence
			return Cause{}, false
		}
		cause.Message = fmt.Sprintf("instance %s doesn't answer, and neither its network ACLs nor its security groups nor its routes have changed: it hangs, or is busy (%s)", r.Instance, seen)
		cause.Hint = console + " shows what it does"
	case elbtypes.TargetHealthReasonEnumResponseCodeMismatch:
		cause.Message = fmt.Sprintf("Nginx on instance %s answers, but not as a healthy one does (%s)", r.Instance, seen)
		cause.Hint = console + " shows its last boot; platformctl up waits until it is certain, and the next one replaces the instance"
	case elbtypes.TargetHealthReasonEnumFailedHealthChecks:
		cause.Message = fmt.Sprintf("instance %s runs and refuses connections: Nginx is down (%s)", r.Instance, seen)
		cause.Hint = "platformctl up waits until it is certain, and the next one replaces the instance"
	default:
		cause.Message, cause.Hint = seen, "platformctl status --watch shows whether it changes"
	}
	return cause, true
}

// hints are what to do about causes, each once.
func hints(causes []Cause) string {
	var all []string
	for _, cause := range causes {
		if cause.Hint != "" && !slices.Contains(all, cause.Hint) {
			all = append(all, cause.Hint)
		}
	}
	return strings.Join(all, "; ")
}

// lines are causes below a message, one a line.
func lines(causes []Cause) string {
	var text strings.Builder
	for _, cause := range causes {
		text.WriteString("\nfound: " + cause.String())
	}
	return text.String()
}
