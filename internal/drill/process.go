package drill

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/predict"
)

// runShellScript is Systems Manager's own document for commands on Linux.
const runShellScript = "AWS-RunShellScript"

// commandTimeout is how long a command may take to be delivered and done.
const commandTimeout = 2 * time.Minute

// processScenario ends Nginx on one instance. The host lives, and answers each
// connection with a reset.
func processScenario() scenario {
	return scenario{
		effect:  predict.Refuses,
		prepare: prepareProcess,
		inject: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			if err := markAs(ctx, c, e.mark(""), e.instances()...); err != nil {
				return err
			}
			return command(ctx, c, e.instances(), "platformctl drill "+e.ID+": end Nginx", "systemctl kill --signal=SIGKILL nginx")
		},
		mend: func(ctx context.Context, c *awsapi.Clients, e Entry) error {
			for _, id := range e.instances() {
				// One that doesn't run any more starts Nginx itself when it starts.
				if err := start(ctx, c, id); err != nil {
					return err
				}
				if state, err := stateOf(ctx, c, id); err != nil {
					return err
				} else if state != "running" {
					continue // gone: platformctl up makes another
				}
				if err := command(ctx, c, []string{id}, "platformctl drill "+e.ID+": start Nginx again", "systemctl start nginx"); err != nil {
					return err
				}
			}
			return unmark(ctx, c, e.instances()...)
		},
	}
}

// prepareProcess refuses where Systems Manager doesn't reach the victims.
func prepareProcess(ctx context.Context, c *awsapi.Clients, e *Entry) error {
	out, err := c.SSM.DescribeInstanceInformation(ctx, &ssm.DescribeInstanceInformationInput{
		Filters: []types.InstanceInformationStringFilter{{Key: aws.String("InstanceIds"), Values: e.instances()}},
	})
	if err != nil {
		return fmt.Errorf("ask Systems Manager for %v: %w", e.instances(), err)
	}
	online := map[string]bool{}
	for _, information := range out.InstanceInformationList {
		online[aws.ToString(information.InstanceId)] = information.PingStatus == types.PingStatusOnline
	}
	for _, id := range e.instances() {
		if !online[id] {
			return &Unsteady{[]string{"Systems Manager doesn't reach " + id + " to end its process: its agent needs a way out (network.egress) and the instance profile"}}
		}
	}
	return nil
}

// command runs a line of shell on instances, and waits until all are done.
func command(ctx context.Context, c *awsapi.Clients, ids []string, comment, line string) error {
	sent, err := c.SSM.SendCommand(ctx, &ssm.SendCommandInput{
		DocumentName: aws.String(runShellScript), InstanceIds: ids, Comment: aws.String(shorten(comment)),
		Parameters:     map[string][]string{"commands": {line}},
		TimeoutSeconds: aws.Int32(int32(commandTimeout / time.Second)),
	})
	if err != nil {
		return fmt.Errorf("send %q to %v: %w", line, ids, err)
	}
	for _, id := range ids {
		err := until(ctx, commandTimeout, fmt.Sprintf("%q on %s", line, id), func(ctx context.Context) (bool, error) {
			out, err := c.SSM.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: sent.Command.CommandId, InstanceId: aws.String(id)})
			var unknown *types.InvocationDoesNotExist // for a moment after it was sent
			if errors.As(err, &unknown) {
				return false, nil
			}
			if err != nil {
				return false, fmt.Errorf("ask what became of %q on %s: %w", line, id, err)
			}
			switch out.Status {
			case types.CommandInvocationStatusPending, types.CommandInvocationStatusInProgress, types.CommandInvocationStatusDelayed:
				return false, nil
			case types.CommandInvocationStatusSuccess:
				return true, nil
			}
			return false, fmt.Errorf("%q on %s: %s: %s", line, id, out.Status, aws.ToString(out.StandardErrorContent))
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// shorten keeps a comment within Systems Manager's 100 characters.
func shorten(comment string) string { return comment[:min(len(comment), 100)] }
