package compute

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// This file finds, before anything is made, an image from which the new instances can't
// start.

// unmakeableInstances looks at each image with each type that the new instances combine, and
// names the first instance of what doesn't go together.
func unmakeableInstances(ctx context.Context, c *awsapi.Clients, nodes []*resource.Node) ([]resource.Problem, error) {
	type launch struct{ image, instanceType string }
	var problems []resource.Problem
	var errs []error
	seen := map[launch]bool{}
	for _, node := range nodes {
		spec, ok := node.Spec.(Instance)
		next := launch{spec.ImageID, spec.Type}
		if !ok || seen[next] {
			continue
		}
		seen[next] = true
		text, hint, err := Unstartable(ctx, c, spec)
		if text != "" {
			problems = append(problems, resource.Problem{Key: node.Key, Text: text, Hint: hint})
		}
		errs = append(errs, err)
	}
	return problems, errors.Join(errs...)
}

// otherImage is what to do about an image that no instance can start from.
const otherImage = "name another one in web.image, or leave it out for the newest Amazon Linux 2023"

// Unstartable says why an instance can't start from its image; "" where nothing speaks against
// it.
func Unstartable(ctx context.Context, c *awsapi.Clients, spec Instance) (text, hint string, err error) {
	var image types.Image
	var instanceType types.InstanceTypeInfo
	var typeErr error
	var both sync.WaitGroup
	both.Go(func() { image, err = describeImage(ctx, c, spec.ImageID) })
	both.Go(func() { instanceType, typeErr = describeType(ctx, c, types.InstanceType(spec.Type)) })
	both.Wait()
	if awsapi.IsNotFound(err) || awsapi.HasCode(err, "InvalidAMIID.Malformed", "InvalidAMIID.Unavailable") {
		return fmt.Sprintf("the image %s doesn't exist in %s, or isn't shared with this account", spec.ImageID, c.Region), otherImage, nil
	}
	if awsapi.HasCode(err, "NotSimulated") {
		return "the local cloud doesn't have the image " + spec.ImageID, otherImage, nil
	}
	if err != nil {
		return "", "", err
	}
	if text := unfit(image); text != "" {
		return "the image " + spec.ImageID + " " + text, otherImage, nil
	}
	if typeErr != nil {
		return "", "", typeErr
	}
	if text, hint := mismatch(image, instanceType); text != "" {
		return "the image " + spec.ImageID + " " + text, hint, nil
	}
	if spec.Follow && c.DryRuns {
		return notAllowed(ctx, c, spec)
	}
	return "", "", nil
}

func describeImage(ctx context.Context, c *awsapi.Clients, id string) (types.Image, error) {
	out, err := c.EC2.DescribeImages(ctx, &ec2.DescribeImagesInput{ImageIds: []string{id}})
	if err != nil {
		return types.Image{}, err
	}
	if len(out.Images) == 0 { // it was there, and is not any more
		return types.Image{State: types.ImageStateDeregistered}, nil
	}
	return out.Images[0], nil
}

// unfit says why no instance of a platform can start from an image.
func unfit(image types.Image) string {
	switch {
	case image.State != types.ImageStateAvailable && image.State != "":
		return "is " + string(image.State) + ", not available"
	case image.RootDeviceType != types.DeviceTypeEbs && image.RootDeviceType != "":
		return "has a root device of the type " + string(image.RootDeviceType) + ", and a platform's instances start from ebs alone"
	case image.RootDeviceName != nil && *image.RootDeviceName != RootDevice:
		return "has the root device " + *image.RootDeviceName + ", and a platform's instances have " + RootDevice + ", as Amazon Linux's images do"
	case image.Platform == types.PlatformValuesWindows:
		return "has Windows, and a platform's instances run Amazon Linux 2023"
	}
	return ""
}

// mismatch says why an image doesn't start on an instance type.
func mismatch(image types.Image, instanceType types.InstanceTypeInfo) (text, hint string) {
	name := string(instanceType.InstanceType)
	if p := instanceType.ProcessorInfo; p != nil && image.Architecture != "" && len(p.SupportedArchitectures) > 0 &&
		!slices.Contains(p.SupportedArchitectures, types.ArchitectureType(image.Architecture)) {
		have := make([]string, len(p.SupportedArchitectures))
		for i, architecture := range p.SupportedArchitectures {
			have[i] = string(architecture)
		}
		return fmt.Sprintf("is for %s, and %s has %s", image.Architecture, name, strings.Join(have, " and ")),
			fmt.Sprintf("name an image for %s in web.image, or a web.instance_type with %s", strings.Join(have, " or "), image.Architecture)
	}
	if image.VirtualizationType != "" && len(instanceType.SupportedVirtualizationTypes) > 0 &&
		!slices.Contains(instanceType.SupportedVirtualizationTypes, image.VirtualizationType) {
		return fmt.Sprintf("is of the virtualization type %s, which %s doesn't run", image.VirtualizationType, name), otherImage
	}
	mode := types.BootModeType(image.BootMode)
	if image.BootMode != "" && image.BootMode != types.BootModeValuesUefiPreferred && len(instanceType.SupportedBootModes) > 0 &&
		!slices.Contains(instanceType.SupportedBootModes, mode) {
		return fmt.Sprintf("boots by %s, which %s doesn't do", image.BootMode, name), otherImage
	}
	return "", ""
}

func describeType(ctx context.Context, c *awsapi.Clients, instanceType types.InstanceType) (types.InstanceTypeInfo, error) {
	return awsapi.Once(ctx, c, "instance type "+string(instanceType), func(ctx context.Context, c *awsapi.Clients) (types.InstanceTypeInfo, error) {
		out, err := c.EC2.DescribeInstanceTypes(ctx, &ec2.DescribeInstanceTypesInput{InstanceTypes: []types.InstanceType{instanceType}})
		if err != nil || len(out.InstanceTypes) == 0 {
			return types.InstanceTypeInfo{InstanceType: instanceType}, err
		}
		return out.InstanceTypes[0], nil
	})
}

// notAllowed asks EC2 by a dry run whether this account may start the image. Of the answers
// only those about the image count: there is no subnet to start it in yet, and no tags.
func notAllowed(ctx context.Context, c *awsapi.Clients, spec Instance) (text, hint string, err error) {
	_, err = c.EC2.RunInstances(ctx, &ec2.RunInstancesInput{
		ImageId: &spec.ImageID, InstanceType: types.InstanceType(spec.Type), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), DryRun: aws.Bool(true),
	})
	switch {
	case awsapi.CauseOf(err) == awsapi.Marketplace:
		return "this account has not accepted the terms of the image " + spec.ImageID,
			"accept them in AWS Marketplace (" + awsapi.MarketplacePage(err) + "), or name another web.image", nil
	case awsapi.HasCode(err, "AuthFailure") && strings.Contains(awsapi.Message(err), "Not authorized for image"):
		return "this account may not start the image " + spec.ImageID, "have its owner share it with this account, or name another web.image", nil
	}
	return "", "", nil
}
