package ec2

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// deviations are where EC2 here is known to differ from AWS's, or may.
func deviations() []wire.Deviation {
	return []wire.Deviation{
		{Kind: wire.Reading, Text: "A policy must allow an action on each object that the call names, and on the subnet of an association; the Service Authorization Reference lists many of them as optional."},
		{Operations: []string{"CreateNatGateway", "CreateRouteTable", "CreateNetworkAcl", "CreateVpcEndpoint"}, Kind: wire.Reading,
			Text: "The client token of a deleted object still finds it for as long as AWS would show it, and is never good for a second object. AWS documents only what becomes of RunInstances' tokens."},
		{Operations: []string{"DeleteNatGateway"}, Kind: wire.Reading, Text: "Deleting a NAT gateway that is being deleted succeeds; once it is deleted, `NatGatewayNotFound`. One that failed can be deleted like any other."},
		{Operations: []string{"ReleaseAddress"}, Kind: wire.Reading, Text: "Releasing the address of a NAT gateway is refused with `AuthFailure`, that of an instance with `InvalidIPAddress.InUse`."},
		{Operations: []string{"CreateRoute", "ReplaceRoute"}, Kind: wire.Stricter, Text: "A route to a NAT gateway is refused until the gateway is available; AWS accepts it at times."},
		{Operations: []string{"CreateRoute", "ReplaceRoute"}, Kind: wire.Stricter, Text: "A route to a network interface is kept and shown, and forwards nothing."},
		{Operations: []string{"DescribeVpcEndpoints", "DescribeVolumes"}, Kind: wire.Stricter, Text: "`MaxResults` above 1000 is refused; AWS answers with 1000 at times."},
		{Operations: []string{"RunInstances", "DescribeImages"}, Kind: wire.Stricter, Text: "AWS has images and instance types that aren't here: by their names they are refused as not simulated, not as absent. An image of an ID with 8 digits, or with 17 that don't begin with 0, is refused as AWS refuses one that doesn't exist."},
		{Operations: []string{"DescribeKeyPairs", "DescribeVpnGateways"}, Kind: wire.Reading, Text: "In this and the other lists that are always empty here, the words of the refusal of an ID are ours where AWS's aren't known."},
		{Operations: []string{"RunInstances"}, Kind: wire.Reading, Text: "An alias `resolve:ssm:` that doesn't exist is refused with `SsmInvalidParameter`, as public logs have the code; the rest of its words is ours."},
		{Operations: []string{"CreateLaunchTemplateVersion", "RunInstances"}, Kind: wire.Reading, Text: "A parameter of the call takes the place of the launch template's or the source version's as a whole, lists and structures too; AWS says only that it overrides it."},
		{Operations: []string{"CreateLaunchTemplate", "CreateLaunchTemplateVersion"}, Kind: wire.Reading, Text: "The warning has what a launch would be refused for, in the words of RunInstances; AWS doesn't list what it finds. User data that isn't base64 is refused."},
		{Operations: []string{"CreateLaunchTemplate", "CreateLaunchTemplateVersion"}, Kind: wire.Stricter, Text: "A parameter that only restates a default, such as a tenancy of `default`, is taken and not shown again; whatever else isn't simulated is refused."},
		{Operations: []string{"DeleteLaunchTemplateVersions"}, Kind: wire.Reading, Text: "`$Latest` is the highest version that is left. The words of the refusal of the default version are ours."},
		{Operations: []string{"RunInstances"}, Kind: wire.Stricter, Text: "A client token is for one version of a launch template: where `$Latest` or `$Default` became another, the repetition is refused with `IdempotentParameterMismatch`."},
		{Operations: []string{"RunInstances"}, Kind: wire.Kinder, Text: "Packages other than nginx install without any effect."},
		{Operations: []string{"RunInstances"}, Kind: wire.Stricter, Text: "User data that asks for what isn't simulated fails the boot, and so does what would take more than 4 MiB to read, aliases followed. An instance's disk is full at 64 MiB, half of what is free for the logs of an nginx of this machine. User data in which the local cloud ended twice isn't run again."},
		{Operations: []string{"RunInstances"}, Kind: wire.Stricter, Text: "An instance's `nginx.conf` is served for what only concerns the instance's own files: no proxy or gateway, no module, no `alias`. `listen … ssl` is the built-in server's, with a certificate and a key in those files: TLS 1.2 and 1.3 as Go has them, without HTTP/2 and `ssl_protocols`."},
	}
}
