package compute

import (
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
)

func TestUnfit_NamesWhatNoInstanceStartsFrom(t *testing.T) {
	good := types.Image{State: types.ImageStateAvailable, RootDeviceType: types.DeviceTypeEbs, RootDeviceName: aws.String(RootDevice)}
	for want, change := range map[string]func(*types.Image){
		"":                       func(*types.Image) {},
		"is pending":             func(i *types.Image) { i.State = types.ImageStatePending },
		"is deregistered":        func(i *types.Image) { i.State = types.ImageStateDeregistered },
		"instance-store":         func(i *types.Image) { i.RootDeviceType = types.DeviceTypeInstanceStore },
		"root device /dev/sda1,": func(i *types.Image) { i.RootDeviceName = aws.String("/dev/sda1") },
		"has Windows":            func(i *types.Image) { i.Platform = types.PlatformValuesWindows },
	} {
		image := good
		change(&image)
		if got := unfit(image); (got == "") != (want == "") || !strings.Contains(got, want) {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
}

func TestMismatch_ComparesImageWithType(t *testing.T) {
	micro := types.InstanceTypeInfo{
		InstanceType: "t3.micro", ProcessorInfo: &types.ProcessorInfo{SupportedArchitectures: []types.ArchitectureType{types.ArchitectureTypeX8664}},
		SupportedVirtualizationTypes: []types.VirtualizationType{types.VirtualizationTypeHvm},
		SupportedBootModes:           []types.BootModeType{types.BootModeTypeLegacyBios},
	}
	for _, test := range []struct {
		image types.Image
		want  string
	}{
		{types.Image{Architecture: types.ArchitectureValuesX8664, VirtualizationType: types.VirtualizationTypeHvm, BootMode: types.BootModeValuesLegacyBios}, ""},
		{types.Image{Architecture: types.ArchitectureValuesX8664, BootMode: types.BootModeValuesUefiPreferred}, ""},
		{types.Image{}, ""}, // what AWS doesn't say is no reason
		{types.Image{Architecture: types.ArchitectureValuesArm64}, "is for arm64, and t3.micro has x86_64"},
		{types.Image{VirtualizationType: types.VirtualizationTypeParavirtual}, "paravirtual"},
		{types.Image{BootMode: types.BootModeValuesUefi}, "boots by uefi"},
	} {
		text, hint := mismatch(test.image, micro)
		if (text == "") != (test.want == "") || !strings.Contains(text, test.want) || (hint == "") != (text == "") {
			t.Errorf("%+v: %q (%q), want %q", test.image, text, hint, test.want)
		}
	}
}
