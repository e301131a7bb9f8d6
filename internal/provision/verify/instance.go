package verify

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/ssm/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/observe"
)

// askInstance is how long an instance may take to say how its web server is.
const askInstance = 15 * time.Second

// askNginx tells whether Nginx runs, and what it says of its configuration. It changes nothing.
const askNginx = "systemctl is-active nginx; nginx -t"

// ofWebServer asks an instance through Systems Manager how its web server is; false where it
// runs, or where the instance can't be asked: the caller may not (docs/aws-policy-drill.json
// has the permissions), or it has no way out.
func ofWebServer(ctx context.Context, c *awsapi.Clients, key, instance string) (Cause, bool) {
	ctx, cancel := context.WithTimeout(awsapi.WithPatience(ctx, 0), askInstance)
	defer cancel()
	sent, err := c.SSM.SendCommand(ctx, &ssm.SendCommandInput{
		DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{instance}, Comment: aws.String("platformctl: is Nginx running?"),
		Parameters: map[string][]string{"commands": {askNginx}}, TimeoutSeconds: aws.Int32(30),
	})
	if err != nil || sent.Command == nil {
		return Cause{}, false
	}
	var out *ssm.GetCommandInvocationOutput
	err = observe.Poll(ctx, func() (bool, error) {
		out, err = c.SSM.GetCommandInvocation(ctx, &ssm.GetCommandInvocationInput{CommandId: sent.Command.CommandId, InstanceId: &instance})
		switch {
		case awsapi.Code(err) == "InvocationDoesNotExist": // for a moment after it was sent
			return false, nil
		case err != nil:
			return false, err
		}
		ended := out.Status == types.CommandInvocationStatusSuccess || out.Status == types.CommandInvocationStatusFailed
		return ended, nil
	})
	if err != nil {
		return Cause{}, false
	}
	return readNginx(key, instance, aws.ToString(out.StandardOutputContent), aws.ToString(out.StandardErrorContent))
}

// readNginx reads the answer to askNginx.
func readNginx(key, instance, out, said string) (Cause, bool) {
	state, _, _ := strings.Cut(strings.TrimSpace(out), "\n")
	if state == "active" || state == "" {
		return Cause{}, false
	}
	cause := Cause{Resource: key, Message: fmt.Sprintf("Nginx doesn't run on instance %s: systemctl is-active nginx says %s", instance, state)}
	for line := range strings.Lines(said) {
		if strings.Contains(line, "[emerg]") || strings.Contains(line, "not found") {
			cause.Message += "; " + strings.TrimSpace(line)
			break
		}
	}
	return cause, true
}
