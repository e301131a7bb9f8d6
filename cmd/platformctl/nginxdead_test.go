package main

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
)

// killNginx is "kill-nginx NAME": Nginx ends on an instance, and isn't started again.
func killNginx(ctx context.Context, s *story, args []string) error {
	found, err := s.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: named("instance", args[0])})
	if err != nil {
		return err
	}
	if len(found.Reservations) != 1 {
		return fmt.Errorf("%d instances are called %s", len(found.Reservations), args[0])
	}
	instance := aws.ToString(found.Reservations[0].Instances[0].InstanceId)
	in := &ssm.SendCommandInput{
		DocumentName: aws.String("AWS-RunShellScript"), InstanceIds: []string{instance},
		Parameters: map[string][]string{"commands": {"systemctl kill --signal=SIGKILL nginx"}},
	}
	var refused error
	// The agent registers some time after its instance runs.
	if err := until(ctx, ofProcess, func() bool { _, refused = s.ssm.SendCommand(ctx, in); return refused == nil }); err != nil {
		return fmt.Errorf("%w: %w", err, refused)
	}
	return nil
}
