package network

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// A name or range that is taken: by a lost first call of ours it is found, by
// anything else it is named.
func TestCreate_NameOrRangeTaken(t *testing.T) {
	subnet := func(cidr, tags string) string {
		return "<subnetSet><item><subnetId>subnet-there</subnetId><cidrBlock>" + cidr + "</cidrBlock>" + tags + "</item></subnetSet>"
	}
	group := func(tags string) string {
		return "<securityGroupInfo><item><groupId>sg-there</groupId><groupName>shop-alb</groupName>" + tags + "</item></securityGroupInfo>"
	}
	taken := map[string]func(url.Values) string{
		"CreateSubnet":        always(refusal("InvalidSubnet.Conflict", "The CIDR conflicts with another subnet")),
		"CreateSecurityGroup": always(refusal("InvalidGroup.Duplicate", "The security group already exists")),
	}
	for name, test := range map[string]struct {
		key, describe, reply string
		id, says             string
	}{
		"subnet of ours":               {"subnet/public-a", "DescribeSubnets", subnet("10.0.0.0/24", tagSet("subnet/public-a", 1)), "subnet-there", ""},
		"subnet of a foreigner":        {"subnet/public-a", "DescribeSubnets", subnet("10.0.0.0/24", ""), "", "subnet-there (not made by platformctl)"},
		"subnet of another key":        {"subnet/public-a", "DescribeSubnets", subnet("10.0.0.0/24", tagSet("subnet/x", 1)), "", "of platform shop"},
		"subnet of another generation": {"subnet/public-a", "DescribeSubnets", subnet("10.0.0.0/24", tagSet("subnet/public-a", 2)), "", "subnet-there"},
		"wider subnet":                 {"subnet/public-a", "DescribeSubnets", subnet("10.0.0.0/20", tagSet("subnet/public-a", 1)), "", "overlaps 10.0.0.0/20 of subnet subnet-there"},
		"subnet that is not listed":    {"subnet/public-a", "DescribeSubnets", subnet("10.0.9.0/24", ""), "", "doesn't list"},
		"group of ours":                {"security-group/alb", "DescribeSecurityGroups", group(tagSet("security-group/alb", 1)), "sg-there", ""},
		"group of a foreigner":         {"security-group/alb", "DescribeSecurityGroups", group(""), "", `"shop-alb" already, sg-there (not made by platformctl)`},
		"group of other case": {"security-group/alb", "DescribeSecurityGroups", strings.ReplaceAll(group(""), "shop-alb", "SHOP-alb"), "",
			`"SHOP-alb" already, sg-there`},
		"group that is not listed": {"security-group/alb", "DescribeSecurityGroups", "", "", "doesn't list"},
	} {
		t.Run(name, func(t *testing.T) {
			taken := map[string]func(url.Values) string{
				"CreateSubnet": taken["CreateSubnet"], "CreateSecurityGroup": taken["CreateSecurityGroup"],
				test.describe: always(test.reply),
			}
			_, c := newStub(t, taken)
			r := request(t, c, test.key)
			id, err := r.Node.Handler.Create(t.Context(), r)
			if id != test.id || (err == nil) != (test.says == "") {
				t.Fatalf("got %q, %v; want %q", id, err, test.id)
			}
			if err != nil && (!strings.Contains(err.Error(), test.says) || !awsapi.HasCode(err, "InvalidSubnet.Conflict", "InvalidGroup.Duplicate")) {
				t.Errorf("got the error %v; want AWS's refusal, and %q", err, test.says)
			}
			if again := err != nil && awsapi.IsPropagating(err); again != strings.HasSuffix(name, "not listed") {
				t.Errorf("it is tried again: %t", again)
			}
		})
	}
}

// AWS says Resource.AlreadyAssociated both of the gateway that is attached
// already and of another one.
func TestAttachInternetGateway_VPCHasOne(t *testing.T) {
	for name, test := range map[string]struct{ there, says string }{
		"itself":     {"igw-ours", ""},
		"nobody now": {"", ""},
		"another":    {"igw-other", "another internet gateway, igw-other (not made by platformctl)"},
	} {
		t.Run(name, func(t *testing.T) {
			reply := ""
			if test.there != "" {
				reply = "<internetGatewaySet><item><internetGatewayId>" + test.there + "</internetGatewayId></item></internetGatewaySet>"
			}
			_, c := newStub(t, map[string]func(url.Values) string{
				"AttachInternetGateway":    always(refusal("Resource.AlreadyAssociated", "already attached")),
				"DescribeInternetGateways": always(reply),
			})
			r := request(t, c, "internet-gateway/main")
			err := r.Node.Handler.Update(t.Context(), r, resource.Object{Live: types.InternetGateway{InternetGatewayId: aws.String("igw-ours")}},
				[]resource.Change{{Field: "attached VPC"}})
			if (err == nil) != (test.says == "") || err != nil && !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want %q", err, test.says)
			}
		})
	}
}

// What was read of an endpoint can be older than its last change.
func TestUpdateVPCEndpoint_RouteTableAlreadyAdded(t *testing.T) {
	for code, refused := range map[string]bool{"RouteAlreadyExists": false, "InvalidRouteTableId.NotFound": true} {
		_, c := newStub(t, map[string]func(url.Values) string{"ModifyVpcEndpoint": always(refusal(code, "refused"))})
		r := request(t, c, "vpc-endpoint/s3")
		err := r.Node.Handler.Update(t.Context(), r, resource.Object{Live: types.VpcEndpoint{VpcEndpointId: aws.String("vpce-ours")}},
			[]resource.Change{{Field: "route table"}})
		if (err != nil) != refused {
			t.Errorf("%s: %v", code, err)
		}
	}
}

// A subnet that has another table is moved with one call, so that it never
// follows the main table in between, and only once the new table has its routes.
func TestUpdateRouteTable_MovesSubnetAfterRoutes(t *testing.T) {
	routed := make(chan struct{})
	s, c := newStub(t, map[string]func(url.Values) string{
		"CreateRoute": func(url.Values) string {
			close(routed)
			return "<return>true</return>"
		},
		"AssociateRouteTable": always(refusal("Resource.AlreadyAssociated", "conflicts with an existing association")),
		"DescribeRouteTables": always("<routeTableSet><item><routeTableId>rtb-old</routeTableId><associationSet>" +
			"<item><routeTableAssociationId>rtbassoc-other</routeTableAssociationId><subnetId>subnet-other</subnetId></item>" +
			"<item><routeTableAssociationId>rtbassoc-moved</routeTableAssociationId><subnetId>subnet-public-a</subnetId></item>" +
			"</associationSet></item></routeTableSet>"),
		"ReplaceRouteTableAssociation": func(form url.Values) string {
			select {
			case <-routed:
			default:
				t.Error("moved before the route was there")
			}
			if form.Get("AssociationId") != "rtbassoc-moved" || form.Get("RouteTableId") != "rtb-new" {
				t.Errorf("moved %v", form)
			}
			return "<newAssociationId>rtbassoc-new</newAssociationId>"
		},
	})
	r, unconfirmed := request(t, c, "route-table/public"), false
	r.Unconfirmed = func() { unconfirmed = true }
	err := r.Node.Handler.Update(t.Context(), r, resource.Object{Live: types.RouteTable{RouteTableId: aws.String("rtb-new")}},
		[]resource.Change{{Field: "associations"}})
	if err != nil || !unconfirmed {
		t.Fatalf("unconfirmed: %v, error: %v; want it to be looked at", unconfirmed, err)
	}
	made := s.made()
	slices.Sort(made)
	if diff := testenv.Diff([]string{"AssociateRouteTable", "AssociateRouteTable", "CreateRoute", "ReplaceRouteTableAssociation"}, made); diff != "" {
		t.Error(diff)
	}
}

// An association can take its time, which the reply says.
func TestAssociate_ReportsCompletion(t *testing.T) {
	for state, want := range map[string]association{"associated": associationDone, "associating": associationUnderWay} {
		_, c := newStub(t, map[string]func(url.Values) string{
			"AssociateRouteTable": always("<associationId>rtbassoc-1</associationId><associationState><state>" + state + "</state></associationState>"),
		})
		if got, err := associate(t.Context(), c, "rtb-1", "subnet-1"); got != want || err != nil {
			t.Errorf("%s: %v, error: %v", state, got, err)
		}
	}
}

// AWS answers AuthFailure for an address that is in use, and for one that was
// released before.
func TestReleaseAddress_TellsInUseFromReleased(t *testing.T) {
	for name, test := range map[string]struct {
		describe string
		inUse    bool
	}{
		"in use":   {"<addressesSet><item><allocationId>eipalloc-1</allocationId></item></addressesSet>", true},
		"released": {refusal("InvalidAllocationID.NotFound", "does not exist"), false},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := newStub(t, map[string]func(url.Values) string{
				"ReleaseAddress":    always(refusal("AuthFailure", "You do not have permission to access the specified resource.")),
				"DescribeAddresses": always(test.describe),
			})
			err := ElasticIPKind().Delete(t.Context(), c, resource.Record{ID: "eipalloc-1"})
			if awsapi.IsInUse(err) != test.inUse || awsapi.IsNotFound(err) == test.inUse {
				t.Errorf("got %v", err)
			}
		})
	}
}

// AWS answers 200 to the deletion of an endpoint that it refuses.
func TestDeleteVPCEndpoint_ReadsRefusalFromReply(t *testing.T) {
	unsuccessful := func(code string) string {
		return "<unsuccessful><item><resourceId>vpce-1</resourceId><error><code>" + code + "</code><message>no</message></error></item></unsuccessful>"
	}
	for name, test := range map[string]struct{ reply, code string }{
		"deleted":  {"", ""},
		"absent":   {unsuccessful("InvalidVpcEndpointId.NotFound"), "InvalidVpcEndpointId.NotFound"},
		"in use":   {unsuccessful("DependencyViolation"), "DependencyViolation"},
		"not 200":  {refusal("InvalidVpcEndpointId.NotFound", "gone"), "InvalidVpcEndpointId.NotFound"},
		"no right": {refusal("UnauthorizedOperation", "no"), "UnauthorizedOperation"},
	} {
		t.Run(name, func(t *testing.T) {
			_, c := newStub(t, map[string]func(url.Values) string{"DeleteVpcEndpoints": always(test.reply)})
			err := VPCEndpointKind().Delete(t.Context(), c, resource.Record{ID: "vpce-1"})
			if awsapi.Code(err) != test.code || (err == nil) != (test.code == "") {
				t.Errorf("got %v, want code %q", err, test.code)
			}
		})
	}
}

// A gateway whose VPC went in the meantime, or that someone detached, is still
// deleted; one that AWS won't detach stays.
func TestDeleteInternetGateway_DetachesFirst(t *testing.T) {
	attached := "<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId><attachmentSet>" +
		"<item><vpcId>vpc-1</vpcId><state>available</state></item></attachmentSet></item></internetGatewaySet>"
	both := []string{"DetachInternetGateway", "DeleteInternetGateway"}
	for name, test := range map[string]struct {
		describe, detach string
		made             []string
		code             string
	}{
		"attached":         {attached, "", both, ""},
		"not attached":     {"<internetGatewaySet><item><internetGatewayId>igw-1</internetGatewayId></item></internetGatewaySet>", "", both[1:], ""},
		"detached by then": {attached, refusal("Gateway.NotAttached", "x"), both, ""},
		"VPC gone by then": {attached, refusal("InvalidVpcID.NotFound", "x"), both, ""},
		"addresses mapped": {attached, refusal("DependencyViolation", "has some mapped public address(es)"), both[:1], "DependencyViolation"},
		"gone":             {refusal("InvalidInternetGatewayID.NotFound", "x"), "", nil, "InvalidInternetGatewayID.NotFound"},
	} {
		t.Run(name, func(t *testing.T) {
			s, c := newStub(t, map[string]func(url.Values) string{
				"DescribeInternetGateways": always(test.describe),
				"DetachInternetGateway":    always(test.detach),
				"DeleteInternetGateway":    always("<return>true</return>"),
			})
			err := InternetGatewayKind().Delete(t.Context(), c, resource.Record{ID: "igw-1"})
			if awsapi.Code(err) != test.code || (err == nil) != (test.code == "") {
				t.Errorf("got %v, want code %q", err, test.code)
			}
			if diff := testenv.Diff(test.made, s.made()); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// AWS authorises all rules of a call or none: where one is there already, the
// others are still authorised.
func TestSetRules_RuleAlreadyApplied(t *testing.T) {
	var authorized []string
	s, c := newStub(t, map[string]func(url.Values) string{
		"AuthorizeSecurityGroupIngress": func(form url.Values) string {
			ports := []string{}
			for i := 1; form.Has(fmt.Sprintf("IpPermissions.%d.FromPort", i)); i++ {
				ports = append(ports, form.Get(fmt.Sprintf("IpPermissions.%d.FromPort", i)))
			}
			if slices.Contains(ports, "80") {
				return refusal("InvalidPermission.Duplicate", "already exists")
			}
			authorized = append(authorized, ports...)
			return "<return>true</return>"
		},
		"RevokeSecurityGroupEgress": always("<return>true</return>"),
	})
	want := Rules{}
	for _, port := range []int32{79, 80, 81} {
		want.Ingress = append(want.Ingress, Rule{Protocol: "tcp", FromPort: port, ToPort: port, CIDR: prefix("10.0.0.0/8")})
	}
	r, unconfirmed := rulesRequest(c, want), false
	r.Unconfirmed = func() { unconfirmed = true }
	if _, err := r.Node.Handler.Create(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	if !unconfirmed {
		t.Error("a group that has one of the rules already isn't looked at")
	}
	if diff := testenv.Diff([]string{"79", "81"}, authorized); diff != "" {
		t.Errorf("authorised ports (-want +got):\n%s", diff)
	}
	if made := s.made(); len(made) != 5 {
		t.Errorf("want one call for all rules, one for each, and one for the surplus rule: %v", made)
	}
}

// rulesRequest is a request for rules of the group sg-1.
func rulesRequest(c *awsapi.Clients, rules Rules) resource.Request {
	g := &resource.Graph{}
	vpc := resource.Add(g, VPCKind(), "main", VPC{CIDR: prefix("10.0.0.0/16")})
	rules.Group = resource.Add(g, SecurityGroupKind(), "web", SecurityGroup{VPC: vpc})
	ref := resource.Add(g, SecurityGroupRulesKind(), "web", rules)
	return resource.Request{Clients: c, Node: g.Node(ref.Key()), IDs: map[resource.Key]string{rules.Group.Key(): "sg-1"}}
}

// Traffic that both the old and the new rules allow never stops.
func TestSetRules_AuthorizesBeforeRevoking(t *testing.T) {
	done := always("<return>true</return>")
	s, c := newStub(t, map[string]func(url.Values) string{
		"AuthorizeSecurityGroupIngress": done, "AuthorizeSecurityGroupEgress": done,
		"RevokeSecurityGroupIngress": done, "RevokeSecurityGroupEgress": done,
	})
	rules := []Rule{{Protocol: "tcp", FromPort: 80, ToPort: 80, CIDR: prefix("10.0.0.0/8")}}
	old := []types.IpPermission{{IpProtocol: aws.String("-1"), IpRanges: []types.IpRange{{CidrIp: aws.String("0.0.0.0/0")}}}}
	want := Rules{Ingress: rules, Egress: rules}
	live := types.SecurityGroup{GroupId: aws.String("sg-1"), IpPermissions: old, IpPermissionsEgress: old}
	r := rulesRequest(c, want)
	if err := r.Node.Handler.Update(t.Context(), r, resource.Object{ID: "sg-1", Live: live}, []resource.Change{{Field: "rules"}}); err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff([]string{
		"AuthorizeSecurityGroupIngress", "AuthorizeSecurityGroupEgress", "RevokeSecurityGroupIngress", "RevokeSecurityGroupEgress",
	}, s.made()); diff != "" {
		t.Errorf("calls (-want +got):\n%s", diff)
	}
}

// What a list call names must stay in the list, whatever the reads after it say:
// a dropped object would be taken for deleted.
func TestListVPCs_KeepsVPCBeingDeleted(t *testing.T) {
	_, c := newStub(t, map[string]func(url.Values) string{
		"DescribeVpcs":           always("<vpcSet><item><vpcId>vpc-1</vpcId><state>available</state>" + tagSet("vpc/main", 1) + "</item></vpcSet>"),
		"DescribeVpcAttribute":   always(refusal("InvalidVpcID.NotFound", "does not exist")),
		"DescribeSecurityGroups": always(""),
		"DescribeNetworkAcls":    always(""),
	})
	objects, err := VPCKind().Handler().Observe(t.Context(), c, awsapi.Owner{Platform: "shop"})
	if err != nil || len(objects) != 1 || objects[0].ID != "vpc-1" || objects[0].Status.Phase != resource.Pending {
		t.Errorf("got %+v, %v", objects, err)
	}
}

// Every create call that can carry the token does, because the SDK would make
// up another one for each run; all carry the tags.
func TestCreate_SendsTokenAndTags(t *testing.T) {
	for action, test := range map[string]struct {
		key, reply string
		token      bool
	}{
		"CreateVpc":             {"vpc/main", "<vpc><vpcId>id</vpcId></vpc>", false},
		"CreateInternetGateway": {"internet-gateway/main", "<internetGateway><internetGatewayId>id</internetGatewayId></internetGateway>", false},
		"CreateSubnet":          {"subnet/public-a", "<subnet><subnetId>id</subnetId></subnet>", false},
		"AllocateAddress":       {"elastic-ip/nat-a", "<allocationId>id</allocationId>", false},
		"CreateNatGateway":      {"nat-gateway/a", "<natGateway><natGatewayId>id</natGatewayId></natGateway>", true},
		"CreateRouteTable":      {"route-table/public", "<routeTable><routeTableId>id</routeTableId></routeTable>", true},
		"CreateSecurityGroup":   {"security-group/alb", "<groupId>id</groupId>", false},
		"CreateVpcEndpoint":     {"vpc-endpoint/s3", "<vpcEndpoint><vpcEndpointId>id</vpcEndpointId></vpcEndpoint>", true},
	} {
		t.Run(action, func(t *testing.T) {
			s, c := newStub(t, map[string]func(url.Values) string{action: always(test.reply)})
			r := request(t, c, test.key)
			id, err := r.Node.Handler.Create(t.Context(), r)
			if id != "id" || err != nil {
				t.Fatalf("got %q, %v", id, err)
			}
			if len(s.calls) != 1 {
				t.Fatalf("made %d calls, not one", len(s.calls))
			}
			form := s.calls[0]
			if got := form.Get("ClientToken"); test.token && got != "token" || !test.token && got != "" {
				t.Errorf("the client token is %q", got)
			}
			if form.Get("TagSpecification.1.Tag.1.Key") != awsapi.TagPlatform || form.Get("TagSpecification.1.Tag.1.Value") != "shop" {
				t.Errorf("the tags are missing: %v", form)
			}
		})
	}
}
