package compute

import (
	"context"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// standardFamilies are the first letters of the instance types that share the
// quota of standard instances.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-on-demand-instances.html#ec2-on-demand-instances-limits
const standardFamilies = "acdhimrtz"

// isStandard reports whether a type counts against the quota of standard
// instances. Of the other families that begin with their letters, "dl", "inf",
// "hpc", "mac" and "trn" have quotas of their own.
func isStandard(instanceType string) bool {
	for _, other := range []string{"dl", "inf", "hpc", "mac", "trn"} {
		if strings.HasPrefix(instanceType, other) {
			return false
		}
	}
	return instanceType != "" && strings.Contains(standardFamilies, instanceType[:1])
}

// VCPUs is the quota of running standard instances.
func VCPUs() resource.Quota {
	return resource.Quota{
		Service: "ec2", Code: "L-1216C47A", Name: "Running On-Demand Standard (A, C, D, H, I, M, R, T, Z) instances",
		Refusals: []string{"VcpuLimitExceeded", "InstanceLimitExceeded"},
		Used:     usedVCPUs, Need: neededVCPUs, Held: heldVCPUs, Unit: "vCPU",
	}
}

// VCPUsOf is what an instance of a type counts against the quota of standard instances.
func VCPUsOf(ctx context.Context, c *awsapi.Clients, instanceType string) (int, error) {
	if !isStandard(instanceType) {
		return 0, nil
	}
	found, err := describeType(ctx, c, types.InstanceType(instanceType))
	if err != nil || found.VCpuInfo == nil {
		return 0, err
	}
	return int(aws.ToInt32(found.VCpuInfo.DefaultVCpus)), nil
}

// usedVCPUs counts the vCPUs of all running standard on-demand instances.
func usedVCPUs(ctx context.Context, c *awsapi.Clients) (map[string]int, error) {
	pages := ec2.NewDescribeInstancesPaginator(c.EC2, &ec2.DescribeInstancesInput{
		Filters: []types.Filter{awsapi.Filter("instance-state-name",
			string(types.InstanceStateNamePending), string(types.InstanceStateNameRunning))},
		MaxResults: aws.Int32(1000), // the most that a page may have
	})
	reservations, err := awsapi.Collect(ctx, pages, func(page *ec2.DescribeInstancesOutput) []types.Reservation { return page.Reservations })
	used := 0
	for _, reservation := range reservations {
		for _, instance := range reservation.Instances {
			used += vCPUs(instance)
		}
	}
	return map[string]int{"": used}, err
}

// heldVCPUs counts those of instances that are there.
func heldVCPUs(objects []resource.Object) map[string]int {
	held := 0
	for _, object := range objects {
		if instance, ok := object.Live.(types.Instance); ok {
			switch state(instance) {
			case types.InstanceStateNamePending, types.InstanceStateNameRunning:
				held += vCPUs(instance)
			}
		}
	}
	return map[string]int{"": held}
}

// vCPUs is what an instance counts against the quota of standard instances.
func vCPUs(instance types.Instance) int {
	if !isStandard(string(instance.InstanceType)) || instance.InstanceLifecycle != "" || instance.CpuOptions == nil {
		return 0
	}
	return int(aws.ToInt32(instance.CpuOptions.CoreCount) * aws.ToInt32(instance.CpuOptions.ThreadsPerCore))
}

// neededVCPUs counts those of instances that are to be made.
func neededVCPUs(ctx context.Context, c *awsapi.Clients, _ *resource.Graph, nodes []*resource.Node) (map[string]int, error) {
	instances := map[types.InstanceType]int{}
	for _, node := range nodes {
		if instance, ok := node.Spec.(Instance); ok && isStandard(instance.Type) {
			instances[types.InstanceType(instance.Type)]++
		}
	}
	need := map[string]int{}
	for instanceType, n := range instances {
		each, err := VCPUsOf(ctx, c, string(instanceType))
		if err != nil {
			return nil, err
		}
		need[""] += n * each
	}
	return need, nil
}

// arnOf is the ARN of the role or instance profile of a platform, which AWS
// doesn't tell before it is there.
func arnOf(kind string) func(awsapi.Owner, string) string {
	return func(owner awsapi.Owner, account string) string {
		return "arn:aws:iam::" + account + ":" + kind + identityPath + identity(owner)
	}
}
