package ec2

import "github.com/platformctl/platformctl/internal/localcloud/wire"

// Deviations are where EC2 here is known to differ from AWS's, or may.
func Deviations() []wire.Deviation {
	return []wire.Deviation{
		{[]string{"CreateNatGateway", "CreateRouteTable", "CreateNetworkAcl", "CreateVpcEndpoint"}, wire.Reading,
			"The client token of a deleted object still finds it for as long as AWS would show it, and is never good for a second object. AWS documents only what becomes of RunInstances' tokens."},
		{[]string{"DeleteNatGateway"}, wire.Reading, "Deleting a NAT gateway that is being deleted succeeds; once it is deleted, `NatGatewayNotFound`."},
		{[]string{"ReleaseAddress"}, wire.Reading, "Releasing the address of a NAT gateway is refused with `AuthFailure`, that of an instance with `InvalidIPAddress.InUse`."},
		{[]string{"CreateRoute", "ReplaceRoute"}, wire.Stricter, "A route to a NAT gateway is refused until the gateway is available; AWS accepts it at times."},
		{[]string{"CreateRoute", "ReplaceRoute"}, wire.Stricter, "A route to a network interface is kept and shown, and forwards nothing."},
		{[]string{"DescribeVpcEndpoints", "DescribeVolumes"}, wire.Stricter, "`MaxResults` above 1000 is refused; AWS answers with 1000 at times."},
		{[]string{"RunInstances"}, wire.Kinder, "Packages other than nginx install without any effect."},
		{[]string{"RunInstances"}, wire.Stricter, "User data that asks for what isn't simulated fails the boot."},
	}
}
