package network

import (
	"net/url"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// Every blocker is named with its type, its ID and whose it is.
func TestBlockers(t *testing.T) {
	replies := map[string]func(url.Values) string{
		"DescribeNetworkInterfaces": always("<networkInterfaceSet>" +
			"<item><networkInterfaceId>eni-lb</networkInterfaceId><description>ELB app/shop-alb/0123</description><requesterManaged>true</requesterManaged>" +
			"<requesterId>amazon-elb</requesterId><association><publicIp>198.51.100.7</publicIp></association></item>" +
			"<item><networkInterfaceId>eni-db</networkInterfaceId><attachment><instanceId>i-1</instanceId></attachment>" +
			"<tagSet><item><key>Name</key><value>database</value></item></tagSet></item>" +
			"</networkInterfaceSet>"),
		"DescribeNatGateways": always("<natGatewaySet><item><natGatewayId>nat-1</natGatewayId><state>deleting</state>" + tagSet("nat-gateway/a", 1) +
			"</item><item><natGatewayId>nat-gone</natGatewayId><state>deleted</state></item></natGatewaySet>"),
		"DescribeVpcEndpoints": always("<vpcEndpointSet><item><vpcEndpointId>vpce-1</vpcEndpointId><state>available</state><serviceName>s3</serviceName></item>" +
			"<item><vpcEndpointId>vpce-gone</vpcEndpointId><state>deleted</state></item></vpcEndpointSet>"),
		"DescribeSubnets": always("<subnetSet><item><subnetId>subnet-1</subnetId><cidrBlock>10.0.0.0/24</cidrBlock></item></subnetSet>"),
		"DescribeRouteTables": always("<routeTableSet><item><routeTableId>rtb-main</routeTableId><associationSet><item><main>true</main></item></associationSet>" +
			"<propagatingVgwSet><item><gatewayId>vgw-1</gatewayId></item></propagatingVgwSet></item>" +
			"<item><routeTableId>rtb-1</routeTableId><routeSet><item><destinationCidrBlock>0.0.0.0/0</destinationCidrBlock><gatewayId>igw-1</gatewayId></item>" +
			"<item><destinationCidrBlock>192.168.0.0/16</destinationCidrBlock><gatewayId>vgw-1</gatewayId></item>" +
			"<item><destinationIpv6CidrBlock>::/0</destinationIpv6CidrBlock><egressOnlyInternetGatewayId>eigw-1</egressOnlyInternetGatewayId></item></routeSet></item></routeTableSet>"),
		"DescribeSecurityGroups": always("<securityGroupInfo><item><groupId>sg-default</groupId><groupName>default</groupName></item>" +
			"<item><groupId>sg-1</groupId><groupName>legacy</groupName></item></securityGroupInfo>"),
		"DescribeInternetGateways": always("<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId>" +
			"<attachmentSet><item><vpcId>vpc-1</vpcId></item></attachmentSet></item></internetGatewaySet>"),
		"DescribeNetworkAcls": always("<networkAclSet><item><networkAclId>acl-default</networkAclId><default>true</default></item>" +
			"<item><networkAclId>acl-1</networkAclId></item></networkAclSet>"),
		"DescribeAddresses": always("<addressesSet><item><networkInterfaceId>eni-lb</networkInterfaceId></item></addressesSet>"),
	}
	const (
		lb     = "network interface eni-lb (ELB app/shop-alb/0123, public address 198.51.100.7, of amazon-elb)"
		db     = "network interface eni-db (of instance i-1, database, not made by platformctl)"
		legacy = "security group sg-1 (legacy, "
	)
	_, c := newStub(t, replies)
	for _, test := range []struct {
		kind, id string
		want     []string
	}{
		{"vpc", "vpc-1", []string{
			lb, db, "network ACL acl-1 (not made by platformctl)", "internet gateway igw-1 (attached, not made by platformctl)",
			"subnet subnet-1 (10.0.0.0/24, not made by platformctl)", "NAT gateway nat-1 (deleting, of platform shop)",
			"egress-only internet gateway eigw-1 (routed to by rtb-1, not made by platformctl)", "route table rtb-1 (not made by platformctl)",
			"virtual private gateway vgw-1 (routed to by rtb-main, not made by platformctl)", legacy + "not made by platformctl)", "VPC endpoint vpce-1 (s3, not made by platformctl)",
		}},
		{"internet-gateway", "igw-1", []string{lb}},
		{"subnet", "subnet-1", []string{lb, db}},
		{"elastic-ip", "eipalloc-1", []string{lb, db}},
		{"security-group", "sg-default", []string{lb, db, legacy + "ingress rules name it, not made by platformctl)", legacy + "egress rules name it, not made by platformctl)"}},
	} {
		for _, kind := range Kinds() {
			if kind.Name != test.kind {
				continue
			}
			got, err := kind.Blockers(t.Context(), c, test.id)
			if err != nil {
				t.Fatal(err)
			}
			var texts []string
			for _, blocker := range got {
				texts = append(texts, blocker.String())
			}
			if diff := testenv.Diff(test.want, texts); diff != "" {
				t.Errorf("%s (-want +got):\n%s", test.kind, diff)
			}
		}
	}
}

// A VPC has one internet gateway at most: where that is to be deleted, nobody asks for
// others.
func TestForeignInternetGateways(t *testing.T) {
	own := types.InternetGateway{Attachments: []types.InternetGatewayAttachment{{VpcId: aws.String("vpc-1")}}}
	for name, test := range map[string]struct {
		objects []resource.Object
		want    []string
	}{
		"beside one of its own": {[]resource.Object{{Key: resource.Key{Kind: "internet-gateway", Name: "main"}, ID: "igw-own", Live: own}}, nil},
		"in its place":          {nil, []string{"internet gateway igw-1 (attached, not made by platformctl)"}},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := newStub(t, map[string]func(url.Values) string{
				"DescribeInternetGateways": always("<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId></item></internetGatewaySet>"),
			})
			deletions := resource.DeletionSet{Objects: append(test.objects, resource.Object{Key: resource.Key{Kind: vpcKind, Name: "main"}, ID: "vpc-1"})}
			found, err := foreignInternetGateways(t.Context(), c, deletions)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, b := range found {
				got = append(got, b.String())
			}
			if diff := testenv.Diff(test.want, got); diff != "" {
				t.Error(diff)
			}
			if asked := c.Ledger.Calls(); asked != len(test.want) {
				t.Errorf("asked %d times", asked)
			}
		})
	}
}
