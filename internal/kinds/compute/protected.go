package compute

import (
	"context"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// protection is one way in which an instance can be protected.
type protection struct {
	attribute types.InstanceAttributeName
	// name is what people call it, and off the flag of the AWS CLI that ends it.
	name, off string
	on        func(*ec2.DescribeInstanceAttributeOutput) *types.AttributeBooleanValue
}

func termination() protection {
	return protection{types.InstanceAttributeNameDisableApiTermination, "termination protection", "--no-disable-api-termination",
		func(out *ec2.DescribeInstanceAttributeOutput) *types.AttributeBooleanValue {
			return out.DisableApiTermination
		}}
}

func stopping() protection {
	return protection{types.InstanceAttributeNameDisableApiStop, "stop protection", "--no-disable-api-stop",
		func(out *ec2.DescribeInstanceAttributeOutput) *types.AttributeBooleanValue { return out.DisableApiStop }}
}

// attributesAtOnce is how many attributes are asked for at the same time.
const attributesAtOnce = 8

// protectedInstances names those that AWS refuses to terminate: stop protection keeps an
// instance from being terminated, too.
// Source: Amazon EC2 User Guide, "Enable stop protection for your EC2 instances".
func protectedInstances(ctx context.Context, c *awsapi.Clients, objects []resource.Object) ([]resource.Blocker, error) {
	ids := make([]string, len(objects))
	for i, object := range objects {
		ids[i] = object.ID
	}
	blockers, err := protectedBy(ctx, c, ids, termination(), stopping())
	names := map[string]string{}
	for _, object := range objects {
		names[object.ID] = object.Tags[awsapi.TagName]
	}
	for i := range blockers {
		blockers[i].Name = names[blockers[i].ID]
	}
	return blockers, err
}

// StopProtected names those of some instances that AWS refuses to stop.
func StopProtected(ctx context.Context, c *awsapi.Clients, ids []string) ([]resource.Blocker, error) {
	return protectedBy(ctx, c, ids, stopping())
}

// protectedBy asks for each attribute of each instance: no list of AWS has them.
func protectedBy(ctx context.Context, c *awsapi.Clients, ids []string, protections ...protection) ([]resource.Blocker, error) {
	var mu sync.Mutex
	on := map[string]map[string]bool{}
	group, together := errgroup.WithContext(ctx)
	group.SetLimit(attributesAtOnce)
	for _, id := range ids {
		on[id] = map[string]bool{}
		for _, p := range protections {
			group.Go(func() error {
				out, err := c.EC2.DescribeInstanceAttribute(together, &ec2.DescribeInstanceAttributeInput{InstanceId: &id, Attribute: p.attribute})
				if awsapi.IsNotFound(err) {
					return nil
				}
				if err != nil {
					return err
				}
				mu.Lock()
				defer mu.Unlock()
				value := p.on(out)
				on[id][p.name] = value != nil && aws.ToBool(value.Value)
				return nil
			})
		}
	}
	err := group.Wait()
	var blockers []resource.Blocker
	for _, id := range ids {
		for _, p := range protections {
			if on[id][p.name] {
				blockers = append(blockers, resource.Blocker{
					Type: "instance", ID: id, Protection: p.name,
					Lift: c.Command("ec2 modify-instance-attribute --instance-id " + id + " " + p.off),
				})
			}
		}
	}
	return blockers, err
}

// dryRunTerminate asks whether the caller may terminate an instance.
func dryRunTerminate(ctx context.Context, c *awsapi.Clients, object resource.Object) error {
	_, err := c.EC2.TerminateInstances(ctx, &ec2.TerminateInstancesInput{InstanceIds: []string{object.ID}, DryRun: aws.Bool(true)})
	return err
}
