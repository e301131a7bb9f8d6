package compute

import (
	"context"
	"fmt"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ssm"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// imageParameterPrefix begins the public SSM parameters that name the newest
// Amazon Linux 2023 image in a region; the architecture follows.
// https://docs.aws.amazon.com/linux/al2023/ug/ec2.html
const imageParameterPrefix = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-"

// The architectures of Amazon Linux 2023.
const (
	archX86 = "x86_64"
	archArm = "arm64"
)

// ImageParameter is the SSM parameter that names the newest Amazon Linux 2023
// image for an instance type such as "t4g.small".
func ImageParameter(instanceType string) string {
	return imageParameterPrefix + architecture(instanceType)
}

// architecture reads the processor from the instance family's name, where a
// "g" right after the generation's digits stands for Graviton: t4g, c7gn,
// im4gn, but neither g5 nor g4dn. The first Graviton family, a1, isn't one that
// Amazon Linux 2023 runs on.
// https://docs.aws.amazon.com/ec2/latest/instancetypes/instance-type-names.html
func architecture(instanceType string) string {
	family, _, _ := strings.Cut(instanceType, ".")
	generation := strings.TrimLeft(family, "abcdefghijklmnopqrstuvwxyz")
	options := strings.TrimLeft(generation, "0123456789")
	if generation != options && strings.HasPrefix(options, "g") {
		return archArm
	}
	return archX86
}

// LatestImage is the ID of the image that a public SSM parameter names.
func LatestImage(ctx context.Context, c *awsapi.Clients, parameter string) (string, error) {
	out, err := c.SSM.GetParameter(ctx, &ssm.GetParameterInput{Name: &parameter})
	if err != nil {
		return "", fmt.Errorf("find the newest Amazon Linux image (SSM parameter %s in %s): %w", parameter, c.Region, err)
	}
	id := aws.ToString(out.Parameter.Value)
	if !strings.HasPrefix(id, "ami-") {
		return "", fmt.Errorf("SSM parameter %s in %s holds %q, which is not the ID of an image", parameter, c.Region, id)
	}
	return id, nil
}
