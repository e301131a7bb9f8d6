package fault

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// runShellScript is Systems Manager's own document for commands on Linux.
const runShellScript = "AWS-RunShellScript"

// endNginx ends all of Nginx's processes without giving them time for anything. It
// is done, too, where there is none.
const endNginx = "systemctl kill --signal=SIGKILL nginx || ! systemctl is-active nginx"

// commandTimeout is how long a command may take to be delivered and done.
const commandTimeout = 2 * time.Minute

// processScenario ends Nginx on one instance. The host lives, and answers each
// connection with a reset.
func processScenario() Scenario {
	return Scenario{
		Effect:  predict.Refuses,
		Prepare: prepareProcess,
		Mark:    markVictims,
		Inject: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.Instances() {
				sent, err := send(ctx, c, id, e.comment("end Nginx"), endNginx)
				if err == nil {
					err = succeeded(ctx, c, sent, id)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
		Restore: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.Instances() {
				if err := startProcess(ctx, c, e, id); err != nil {
					return err
				}
			}
			return unmark(ctx, c, e.Instances()...)
		},
	}
}

// prepareProcess refuses where Systems Manager doesn't reach the victims.
func prepareProcess(ctx context.Context, c *awsapi.Clients, e *Entry) error {
	out, err := c.SSM.DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: e.Instances()}},
	})
	if err != nil {
		return fmt.Errorf("ask Systems Manager for %v: %w", e.Instances(), err)
	}
	online := map[string]bool{}
	for _, information := range out.InstanceInformationList {
		online[aws.ToString(information.InstanceId)] = information.PingStatus == types.PingStatusOnline
	}
	for _, id := range e.Instances() {
		if !online[id] {
			return &Unsteady{Reasons: []string{"Systems Manager doesn't reach " + id + " to end its process: its agent needs a way out (network.egress) and the instance profile"}}
		}
	}
	return nil
}

// startProcess starts Nginx on an instance. One that doesn't run any more is
// started, and starts Nginx by itself; what is gone is for platformctl up.
func startProcess(ctx context.Context, c *awsapi.Clients, e Entry, id string) error {
	if running, err := start(ctx, c, id); err != nil || !running {
		return err
	}
	// What the drill sent may not have arrived yet, and must not once it is restored.
	if err := delivered(ctx, c, e, id); err != nil {
		return err
	}
	sent := ""
	err := until(ctx, RestoreTimeout, "Systems Manager to reach "+id, func(ctx context.Context) (_ bool, err error) {
		sent, err = send(ctx, c, id, e.comment("start Nginx again"), "systemctl start nginx")
		if awsapi.Code(err) == "InvalidInstanceId" {
			return false, nil // its agent is on its way
		}
		return err == nil, err
	})
	if err != nil {
		return err
	}
	return succeeded(ctx, c, sent, id)
}

// comment says in Systems Manager's lists what a command is for.
func (e Entry) comment(what string) string { return shorten(e.commentPrefix() + what) }

func (e Entry) commentPrefix() string { return "platformctl drill " + e.ID + ": " }

// delivered waits until no command of the drill is on its way to an instance.
func delivered(ctx context.Context, c *awsapi.Clients, e Entry, id string) error {
	return until(ctx, 2*commandTimeout, "the drill's commands on "+id+" to end", func(ctx context.Context) (bool, error) {
		pages := ssm.NewListCommandInvocationsPaginator(c.SSM, &ssm.ListCommandInvocationsInput{InstanceId: aws.String(id)})
		all, err := awsapi.Collect(ctx, pages, func(page *ssm.ListCommandInvocationsOutput) []types.CommandInvocation { return page.CommandInvocations })
		if awsapi.Code(err) == "InvalidInstanceId" {
			return true, nil // Systems Manager doesn't know it, so nothing can be on its way
		}
		if err != nil {
			return false, fmt.Errorf("list the commands sent to %s: %w", id, err)
		}
		return !slices.ContainsFunc(all, func(i types.CommandInvocation) bool {
			return strings.HasPrefix(aws.ToString(i.Comment), e.commentPrefix()) && underWay(i.Status)
		}), nil
	})
}

func underWay(status types.CommandInvocationStatus) bool {
	switch status {
	case types.CommandInvocationStatusPending, types.CommandInvocationStatusInProgress, types.CommandInvocationStatusDelayed,
		types.CommandInvocationStatusCancelling:
		return true
	}
	return false
}

// send sends a line of shell to an instance, and returns the command's ID.
func send(ctx context.Context, c *awsapi.Clients, id, comment, line string) (string, error) {
	sent, err := write(ctx, func(ctx context.Context) (*ssm.SendCommandOutput, error) {
		return c.SSM.SendCommand(ctx, &ssm.SendCommandInput{
			DocumentName: aws.String(runShellScript), InstanceIds: []string{id}, Comment: &comment,
			Parameters:     map[string][]string{"commands": {line}},
			TimeoutSeconds: aws.Int32(int32(commandTimeout / time.Second)),
		})
	})
	if err != nil {
		return "", fmt.Errorf("send %q to %s: %w", line, id, err)
	}
	return aws.ToString(sent.Command.CommandId), nil
}

// succeeded waits until a command that was sent is done.
func succeeded(ctx context.Context, c *awsapi.Clients, command, id string) error {
	return until(ctx, 2*commandTimeout, "command "+command+" on "+id, func(ctx context.Context) (bool, error) {
		out, err := c.SSM.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: &command, InstanceId: &id})
		var unknown *types.InvocationDoesNotExist // for a moment after it was sent
		switch {
		case errors.As(err, &unknown):
			return false, nil
		case err != nil:
			return false, fmt.Errorf("ask what became of command %s on %s: %w", command, id, err)
		case underWay(out.Status):
			return false, nil
		case out.Status == types.CommandInvocationStatusSuccess:
			return true, nil
		}
		return false, fmt.Errorf("command %s on %s: %s: %s", command, id, out.Status, aws.ToString(out.StandardErrorContent))
	})
}

// shorten keeps a comment within Systems Manager's 100 characters.
func shorten(comment string) string { return comment[:min(len(comment), 100)] }
