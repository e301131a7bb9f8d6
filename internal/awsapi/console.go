package awsapi

import (
	"context"
	"encoding/base64"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
)

// unsupportedOperation is how EC2 refuses the latest console output of an
// instance that isn't built on the Nitro system, such as a t2.
const unsupportedOperation = "UnsupportedOperation"

// ConsoleOutput is the text on an instance's console, up to 64 KB: the latest
// where the instance type can give it, else what it was soon after the boot.
// It is empty for the first moments of an instance's life.
func ConsoleOutput(ctx context.Context, c *Clients, id string) (string, error) {
	out, err := c.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id, Latest: aws.Bool(true)})
	if Code(err) == unsupportedOperation {
		out, err = c.EC2.GetConsoleOutput(ctx, &ec2.GetConsoleOutputInput{InstanceId: &id})
	}
	if err != nil {
		return "", fmt.Errorf("read the console of instance %s: %w", id, err)
	}
	text, err := base64.StdEncoding.DecodeString(aws.ToString(out.Output))
	if err != nil {
		return "", fmt.Errorf("decode the console of instance %s: %w", id, err)
	}
	return string(text), nil
}
