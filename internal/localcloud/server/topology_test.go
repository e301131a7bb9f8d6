package server

import (
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// do runs a transaction that must succeed.
func do(t *testing.T, w *world.World, f func(tx *world.Tx) error) {
	t.Helper()
	if err := w.Update("eu-west-1", f); err != nil {
		t.Fatal(err)
	}
}

func newWorld(t *testing.T) *world.World {
	t.Helper()
	w, err := world.Open("", world.Options{}, service.Kinds(services.All())...)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// A security group's rule that is taken away ends no connection, a network ACL's entry
// silences all.
func TestReachability(t *testing.T) {
	w := newWorld(t)
	const instance = "i-0123456789abcdef0"
	var node dataplane.Node
	var vpc *network.VPC
	var subnet *network.Subnet
	do(t, w, func(tx *world.Tx) (err error) {
		if vpc, err = network.CreateVPC(tx, "10.0.0.0/16", nil); err != nil {
			return err
		}
		from, err := network.CreateSubnet(tx, vpc.ID, "10.0.0.0/24", "eu-west-1a", "", nil)
		if err != nil {
			return err
		}
		if subnet, err = network.CreateSubnet(tx, vpc.ID, "10.0.1.0/24", "eu-west-1b", "", nil); err != nil {
			return err
		}
		inside, err := network.CreateInterface(tx, network.NewInterface{SubnetID: from.ID})
		if err != nil {
			return err
		}
		node.InterfaceID = inside.ID
		target, err := network.CreateInterface(tx, network.NewInterface{SubnetID: subnet.ID})
		if err != nil {
			return err
		}
		_, err = network.AttachToInstance(tx, target.ID, instance, 0, true)
		return err
	})
	expect := func(allowed, established bool) {
		t.Helper()
		reach := reachability{}
		do(t, w, func(tx *world.Tx) error {
			reach.note(tx, node, instance, 80)
			return nil
		})
		v := reach.verdict(node, instance, 80)
		if v.Allowed != allowed || v.Established != established || (v.Why == "") != allowed {
			t.Errorf("got %+v", v)
		}
	}
	expect(true, true)
	do(t, w, func(tx *world.Tx) error {
		group := network.DefaultGroup(tx, vpc.ID)
		for _, r := range network.RulesOf(tx, group.ID) {
			if !r.Egress {
				if _, err := network.Revoke(tx, group.ID, false, nil, []string{r.ID}); err != nil {
					return err
				}
			}
		}
		return nil
	})
	expect(false, true)
	do(t, w, func(tx *world.Tx) error {
		return network.PutNetworkACLEntry(tx, network.NetworkACLOf(tx, subnet).ID,
			network.NetworkACLEntry{Number: 1, Protocol: "-1", CIDR: netip.MustParsePrefix("0.0.0.0/0")}, false)
	})
	expect(false, false)
	if v := (reachability{}).verdict(node, instance, 80); v.Allowed || v.Established || v.Why == "" {
		t.Errorf("an unknown way: %+v", v)
	}
}

func TestInventory(t *testing.T) {
	w := newWorld(t)
	expect := func(when, left string, owners ...string) {
		t.Helper()
		do(t, w, func(tx *world.Tx) error {
			var list []string
			for _, item := range world.Inventory(tx) {
				list = append(list, item.Noun+" "+item.ID)
			}
			if got := strings.Join(list, ", "); got != left {
				t.Errorf("%s: left is %q, want %q", when, got, left)
			}
			if got := platforms(tx); !slices.Equal(got, owners) {
				t.Errorf("%s: platforms %v, want %v", when, got, owners)
			}
			return nil
		})
	}
	var vpc *network.VPC
	do(t, w, func(tx *world.Tx) error {
		network.Prepare(tx)
		vpc, _ = network.DefaultVPC(tx)
		return nil
	})
	expect("in a new region", "")
	tags := func(owner string) []iammodel.Tag { return []iammodel.Tag{{Key: platformTag, Value: owner}} }
	do(t, w, func(tx *world.Tx) error {
		_, err := iammodel.CreateRole(tx.In(""), iammodel.NewRole{Name: "web", Tags: tags("shop"),
			TrustPolicy: `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}`})
		return err
	})
	expect("with a role", "role web", "shop")
	var group *elbmodel.TargetGroup
	do(t, w, func(tx *world.Tx) (err error) {
		port := 80
		group, err = elbmodel.CreateTargetGroup(tx, elbmodel.NewTargetGroup{Name: "web", Port: &port, Protocol: "HTTP", VPCID: vpc.ID,
			TargetType: "instance", Tags: []elbmodel.Tag{{Key: platformTag, Value: "other"}}})
		return err
	})
	expect("with a target group", "role web, target group "+group.ID, "other", "shop")
}
