package teardown_test

import (
	"context"
	"net/netip"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
)

// Two groups come to name each other after the plan was made, which deletes the rules as
// it saw them. AWS refuses to delete either group then, until another plan takes the new
// rules, too.
func TestApply_ReplansForRulesAddedSince(t *testing.T) {
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: localcloudtest.Start(t).Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	store, err := state.Open("", state.Identity{Platform: "shop", Region: "us-east-1"})
	if err != nil {
		t.Fatal(err)
	}
	g := &resource.Graph{}
	vpc := resource.Add(g, network.VPCKind(), "main", network.VPC{CIDR: netip.MustParsePrefix("10.0.0.0/16")})
	https := []network.Rule{{Protocol: "tcp", FromPort: 443, ToPort: 443, CIDR: netip.MustParsePrefix("0.0.0.0/0")}}
	var groups []resource.Ref
	for _, name := range []string{"alb", "web"} {
		group := resource.Add(g, network.SecurityGroupKind(), name, network.SecurityGroup{VPC: vpc, Description: name})
		resource.Add(g, network.SecurityGroupRulesKind(), name, network.Rules{Group: group, Egress: https})
		groups = append(groups, group)
	}
	kinds, owner := network.Kinds(), awsapi.Owner{Platform: "shop", Region: "us-east-1"}
	observed, err := observe.All(t.Context(), clients, owner, kinds)
	if err != nil {
		t.Fatal(err)
	}
	run := &apply.Run{Clients: clients, Owner: owner, Store: store}
	if _, err := run.Apply(t.Context(), plan.Make(g, kinds, owner, observed, store.Document())); err != nil {
		t.Fatal(err)
	}
	ids := map[resource.Key]string{}
	if err := store.Update(func(d *state.Document) {
		for i := range d.Records {
			d.Records[i].Since = time.Now().Add(-time.Hour) // AWS has known all for long
			ids[d.Records[i].Key] = d.Records[i].ID
		}
	}); err != nil {
		t.Fatal(err)
	}

	plan, err := teardown.Plan(t.Context(), clients, owner, kinds, store, preflight.Protection{}, nil, func(string) {})
	if err != nil {
		t.Fatal(err)
	}
	for i, group := range groups {
		if _, err := clients.EC2.AuthorizeSecurityGroupIngress(t.Context(), &ec2.AuthorizeSecurityGroupIngressInput{
			GroupId: aws.String(ids[group.Key()]),
			IpPermissions: []types.IpPermission{{
				IpProtocol: aws.String("tcp"), FromPort: aws.Int32(80), ToPort: aws.Int32(80),
				UserIdGroupPairs: []types.UserIdGroupPair{{GroupId: aws.String(ids[groups[1-i].Key()])}},
			}},
		}); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute) // else it would wait for ten
	defer cancel()
	if _, err := teardown.Apply(ctx, run, kinds, plan); err != nil {
		t.Error(err)
	}
}
