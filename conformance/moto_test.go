//go:build judges

package conformance_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/cli"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestTool_OnBareMoto runs the tool against a moto_server, which shares no line with the local cloud, and lets the AWS CLI
// count what is there before and after. Nothing that others have may change, though it has the same addresses.
func TestTool_OnBareMoto(t *testing.T) {
	program := testenv.Program(t, "aws")
	m := &motoAccount{aws: program}
	for name, value := range map[string]string{
		"AWS_ENDPOINT_URL": kindtest.Moto(t), "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing",
		"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
	} {
		t.Setenv(name, value)
	}

	vpc := m.run(t, "ec2", "create-vpc", "--cidr-block", "10.0.0.0/16", "--query", "Vpc.VpcId")
	subnet := m.run(t, "ec2", "create-subnet", "--vpc-id", vpc, "--cidr-block", "10.0.0.0/20", "--query", "Subnet.SubnetId")
	image := m.run(t, "ec2", "describe-images", "--query", "Images[0].ImageId")
	m.run(t, "ec2", "run-instances", "--image-id", image, "--instance-type", "t3.micro", "--subnet-id", subnet)
	before := m.inventory(t)
	if before["VPC"] == nil || before["instance"] == nil {
		t.Fatalf("the AWS CLI does not see what is somebody else's: %v", before)
	}

	tool := &motoTool{dir: t.TempDir()}
	up := tool.run(t, "up", "--no-probe", "--yes")
	if up["created"] != 28.0 || up["url"] == "" {
		t.Errorf("up: %v", up)
	}
	made := map[string]int{}
	for kind, ids := range m.inventory(t) {
		if n := len(ids) - len(before[kind]); n != 0 {
			made[kind] = n
		}
	}
	want := map[string]int{
		"VPC": 1, "subnet": 4, "internet gateway": 1, "Elastic IP": 2, "NAT gateway": 2, "VPC endpoint": 1, "instance": 2, "volume": 2,
		"load balancer": 1, "target group": 1, "role": 1, "instance profile": 1,
		"route table":    5, // the VPC's own and one for each subnet
		"security group": 3, // the VPC's own and two
	}
	for _, kind := range []string{"security group rule", "network interface"} {
		if made[kind] == 0 {
			t.Errorf("no %s was made", kind)
		}
		delete(made, kind) // moto's way of counting is its own
	}
	if diff := testenv.Diff(want, made); diff != "" {
		t.Errorf("what up made, as the AWS CLI counts (-want +got):\n%s", diff)
	}

	if again := tool.run(t, "up", "--no-probe", "--yes"); again["created"] != 0.0 || again["updated"] != 0.0 ||
		again["replaced"] != 0.0 || again["deleted"] != 0.0 || again["unchanged"] != 28.0 {
		t.Errorf("up again: %v", again)
	}
	if status := tool.run(t, "status", "--no-probe"); status["health"] != "healthy" {
		t.Errorf("status: %v", status["health"])
	}
	if down := tool.run(t, "down", "--yes"); down["deleted"] != 28.0 || len(down["remaining"].([]any)) != 0 {
		t.Errorf("down: %v", down)
	}
	if status := tool.run(t, "status", "--no-probe"); status["health"] != "absent" {
		t.Errorf("status after down: %v", status["health"])
	}
	if diff := testenv.Diff(before, m.inventory(t)); diff != "" {
		t.Errorf("before up and after down (-before +after):\n%s", diff)
	}
}

// motoTool is the tool in a working directory.
type motoTool struct{ dir string }

// run runs a command that must succeed and returns its document.
func (m *motoTool) run(t *testing.T, args ...string) map[string]any {
	t.Helper()
	var out, progress bytes.Buffer
	code := cli.Run(t.Context(), cli.Environment{
		Args: append(args, "--target", "aws", "-o", "json"), Dir: m.dir, In: strings.NewReader(""),
		Env: []string{"PLATFORMCTL_HOME=" + m.dir}, Streams: terminal.Streams{Out: &out, Err: &progress},
	})
	if code != cli.ExitOK {
		t.Fatalf("platformctl %s: exit code %d\n%s\n%s", strings.Join(args, " "), code, out.String(), progress.String())
	}
	document := map[string]any{}
	if err := json.Unmarshal(out.Bytes(), &document); err != nil {
		t.Fatalf("platformctl %s: %v in %s", strings.Join(args, " "), err, out.String())
	}
	return document
}

// motoAccount is what the AWS CLI sees.
type motoAccount struct{ aws string }

func (m *motoAccount) run(t *testing.T, args ...string) string {
	t.Helper()
	text, err := m.try(t, args...)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func (m *motoAccount) try(t *testing.T, args ...string) (string, error) {
	cmd := exec.CommandContext(t.Context(), m.aws, append(args, "--output", "text")...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	text, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("aws %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSpace(string(text)), nil
}

// motoLeaves is the query for what moto, unlike AWS, keeps of a deleted NAT gateway and no call can delete. It keeps a VPC's
// own network ACL as well, for which reason only the others are counted.
const motoLeaves = "interface of a NAT gateway"

// inventory lists the IDs of all that is in the account, but what has ended and is only listed still.
func (m *motoAccount) inventory(t *testing.T) map[string][]string {
	t.Helper()
	all := map[string][]string{}
	queries := map[string][]string{
		"VPC":                 {"ec2", "describe-vpcs", "--query", "Vpcs[].VpcId"},
		"subnet":              {"ec2", "describe-subnets", "--query", "Subnets[].SubnetId"},
		"internet gateway":    {"ec2", "describe-internet-gateways", "--query", "InternetGateways[].InternetGatewayId"},
		"Elastic IP":          {"ec2", "describe-addresses", "--query", "Addresses[].AllocationId"},
		"NAT gateway":         {"ec2", "describe-nat-gateways", "--query", "NatGateways[?State!='deleted'].NatGatewayId"},
		"route table":         {"ec2", "describe-route-tables", "--query", "RouteTables[].RouteTableId"},
		"network ACL":         {"ec2", "describe-network-acls", "--query", "NetworkAcls[?!IsDefault].NetworkAclId"},
		"security group":      {"ec2", "describe-security-groups", "--query", "SecurityGroups[].GroupId"},
		"security group rule": {"ec2", "describe-security-group-rules", "--query", "SecurityGroupRules[].SecurityGroupRuleId"},
		"network interface":   {"ec2", "describe-network-interfaces", "--query", "NetworkInterfaces[].NetworkInterfaceId"},
		"instance":            {"ec2", "describe-instances", "--query", "Reservations[].Instances[?State.Name!='terminated'].InstanceId[]"},
		"volume":              {"ec2", "describe-volumes", "--query", "Volumes[].VolumeId"},
		motoLeaves:            {"ec2", "describe-nat-gateways", "--query", "NatGateways[].NatGatewayAddresses[].NetworkInterfaceId"},
		"VPC endpoint":        {"ec2", "describe-vpc-endpoints", "--query", "VpcEndpoints[?State!='deleted'].VpcEndpointId"},
		"load balancer":       {"elbv2", "describe-load-balancers", "--query", "LoadBalancers[].LoadBalancerArn"},
		"target group":        {"elbv2", "describe-target-groups", "--query", "TargetGroups[].TargetGroupArn"},
		"role":                {"iam", "list-roles", "--query", "Roles[].RoleName"},
		"instance profile":    {"iam", "list-instance-profiles", "--query", "InstanceProfiles[].InstanceProfileName"},
	}
	kinds := slices.Sorted(maps.Keys(queries))
	texts := make([]string, len(kinds))
	var group errgroup.Group
	group.SetLimit(4)
	for i, kind := range kinds {
		group.Go(func() (err error) {
			texts[i], err = m.try(t, queries[kind]...)
			return err
		})
	}
	if err := group.Wait(); err != nil {
		t.Fatal(err)
	}
	for i, kind := range kinds {
		if ids := strings.Fields(texts[i]); len(ids) > 0 {
			slices.Sort(ids)
			all[kind] = ids
		}
	}
	all["network interface"] = slices.DeleteFunc(all["network interface"], func(id string) bool {
		return slices.Contains(all[motoLeaves], id)
	})
	delete(all, motoLeaves)
	return all
}
