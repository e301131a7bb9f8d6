package verify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/provision/apply"
)

// Unhealthy is the error of an instance that was made but never became healthy,
// with the end of its console: if Nginx didn't come up, that says why.
type Unhealthy struct {
	Err error
	// Elsewhere says that the cause isn't known to lie in the instance.
	Elsewhere bool
	// Causes are what was found when it was looked for; Inspected says that it was.
	Causes    []Cause
	Inspected bool
	// Others says that the platform has healthy instances: the old ones, which
	// nobody touched.
	Others bool
	// TakenBack says that AWS has taken the new version back.
	TakenBack bool
}

// Error is the failure, the causes and the console.
func (e *Unhealthy) Error() string { return e.Err.Error() }

// Network are the hints of causes that keep packets from the instance; "" where there are none.
func (e *Unhealthy) Network() string {
	return hints(slices.DeleteFunc(slices.Clone(e.Causes), func(c Cause) bool { return !c.Network }))
}

// Unwrap is the cause.
func (e *Unhealthy) Unwrap() error { return e.Err }

// Explain tells more of a failure to get an instance healthy. Any other failure
// stays as it is.
func Explain(ctx context.Context, p Platform, failure error) error {
	var step *apply.StepError
	var timeout *apply.Timeout
	var never *apply.NeverReady
	if undone := (*apply.TakenBack)(nil); errors.As(failure, &undone) {
		return p.explainTakenBack(ctx, failure, undone)
	}
	if !errors.As(failure, &step) || step.Key.Kind != loadbalancing.RegistrationKind().Name ||
		!errors.As(failure, &timeout) && !errors.As(failure, &never) {
		return failure
	}
	told := &Unhealthy{Err: failure, Elsewhere: never != nil && !never.Own || timeout != nil && !timeout.Own}
	var now Inspection
	if now, told.Inspected = p.inspect(ctx); told.Inspected {
		told.Causes = now.Causes()
		health := blueprint.HealthOf(now.Objects, 0)
		told.Others = health == blueprint.Degraded || health == blueprint.Healthy
	}
	var shown error
	if target, err := loadbalancing.ParseRegistrationID(step.ID); err == nil && ctx.Err() == nil {
		shown = console(ctx, p.Clients, "instance/"+step.Key.Name, target.Instance) // before the question is on it, too
		if cause, ok := ofWebServer(ctx, p.Clients, "instance/"+step.Key.Name, target.Instance); ok {
			told.Causes = append(told.Causes, cause)
		}
	}
	if text := strings.TrimPrefix(lines(told.Causes), "\n"); text != "" {
		failure = errors.Join(failure, errors.New(text))
	}
	told.Err = errors.Join(failure, shown)
	return told
}

// explainTakenBack tells what the instance wrote for which AWS was asked to take a change back, and how the platform is now.
func (p Platform) explainTakenBack(ctx context.Context, failure error, undone *apply.TakenBack) error {
	told := &Unhealthy{Err: failure, TakenBack: true}
	if now, inspected := p.inspect(ctx); inspected {
		told.Inspected = true
		told.Others = blueprint.HealthOf(now.Objects, 0) == blueprint.Healthy
	}
	suspect := undone.Suspect
	if suspect == "" { // AWS took it back by itself, and names an instance that shows why
		suspect = autoscaling.InstanceIn(undone.Reason)
	}
	switch {
	case undone.Console != "":
		told.Err = errors.Join(failure, consoleOf("the new instance", suspect, undone.Console))
	case suspect != "" && ctx.Err() == nil:
		told.Err = errors.Join(failure, console(ctx, p.Clients, "the new instance", suspect))
	}
	return told
}

// consoleTail is how much of a console is shown, in bytes.
const consoleTail = 1500

// consoles is an error that shows what the instances that don't serve last
// wrote on their consoles, because there the reason is found.
func consoles(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) error {
	instances, err := awsapi.Instances(ctx, c, owner)
	if err != nil {
		return fmt.Errorf("look for the instances' consoles: %w", err)
	}
	var all []error
	for _, instance := range instances {
		if instance.State != nil && instance.State.Name == types.InstanceStateNameTerminated {
			continue
		}
		all = append(all, console(ctx, c, awsapi.FromEC2(instance.Tags)[awsapi.TagKey], aws.ToString(instance.InstanceId)))
	}
	return errors.Join(all...)
}

// console is an error that shows what one instance last wrote on its console;
// nil where it wrote nothing.
func console(ctx context.Context, c *awsapi.Clients, name, id string) error {
	text, err := awsapi.ConsoleOutput(ctx, c, id)
	if err != nil {
		return fmt.Errorf("console of %s (%s): %w", name, id, err)
	}
	if text == "" {
		return nil
	}
	return consoleOf(name, id, text)
}

// consoleOf is an error that shows the end of a console.
func consoleOf(name, id, text string) error {
	if len(text) > consoleTail {
		text = "…" + text[len(text)-consoleTail:]
	}
	return fmt.Errorf("console of %s (%s):\n%s", name, id, text)
}
