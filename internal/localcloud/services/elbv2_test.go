package services_test

import (
	"context"
	"errors"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	s3model "github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const region = "eu-west-1"

// cloud is ELBv2 behind a real HTTP endpoint, with a real SDK client, beside a VPC
// with an internet gateway and instances that nothing runs in.
type elbCloud struct {
	*sdk.Client
	t     *testing.T
	world *world.World
	ctx   context.Context

	vpc, otherVPC       string
	a, b, b2, tiny      string // subnets: in zones a, b and b, and one with 11 addresses
	elsewhere           []string
	group, foreignGroup string

	mu     sync.Mutex
	at     time.Time
	health []service.TargetHealth
}

func newELBCloud(t *testing.T, options world.Options) *elbCloud {
	t.Helper()
	return newELBCloudAt(t, "", options)
}

// newELBCloudAt keeps the world in a file.
func newELBCloudAt(t *testing.T, path string, options world.Options) *elbCloud {
	t.Helper()
	c := &elbCloud{t: t, ctx: t.Context(), at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	options.Now = func() time.Time {
		c.mu.Lock()
		defer c.mu.Unlock()
		return c.at
	}
	w, err := world.Open(path, options, slices.Concat(network.Kinds(), compute.Kinds(), acmmodel.Kinds(), s3model.Kinds(), model.Kinds())...)
	if err != nil {
		t.Fatal(err)
	}
	c.world = w
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{World: w, Health: func(string) []service.TargetHealth { return c.health }})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	c.Client = sdk.New(sdk.Options{Region: region, BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	c.makeNetwork()
	return c
}

func (c *elbCloud) makeNetwork() {
	c.update(func(tx *world.Tx) error {
		vpc := do(network.CreateVPC(tx, "10.0.0.0/16", nil))(c.t)
		other := do(network.CreateVPC(tx, "10.1.0.0/16", nil))(c.t)
		subnet := func(vpc, cidr, zone string) string {
			return do(network.CreateSubnet(tx, vpc, cidr, region+zone, "", nil))(c.t).ID
		}
		c.vpc, c.otherVPC = vpc.ID, other.ID
		c.a, c.b, c.b2 = subnet(vpc.ID, "10.0.0.0/24", "a"), subnet(vpc.ID, "10.0.1.0/24", "b"), subnet(vpc.ID, "10.0.2.0/24", "b")
		c.tiny = subnet(vpc.ID, "10.0.3.0/28", "c")
		c.elsewhere = []string{subnet(other.ID, "10.1.0.0/24", "a"), subnet(other.ID, "10.1.1.0/24", "b")}
		c.group = do(network.CreateSecurityGroup(tx, "alb", "alb", vpc.ID, nil))(c.t).ID
		c.foreignGroup = do(network.CreateSecurityGroup(tx, "alb", "alb", other.ID, nil))(c.t).ID
		gateway := do(network.CreateInternetGateway(tx, nil))(c.t)
		return network.AttachInternetGateway(tx, gateway.ID, vpc.ID)
	})
}

func (c *elbCloud) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// update changes the world past the API, as other services would.
func (c *elbCloud) update(f func(*world.Tx) error) {
	c.t.Helper()
	if err := c.world.Update(region, f); err != nil {
		c.t.Fatal(err)
	}
}

// do fails the test on an error.
func do[T any](v T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func refusedByELB(t *testing.T, err error, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || message != "" && api.ErrorMessage() != message {
		t.Fatalf("got  %v\nwant %s: %s", err, code, message)
	}
	status := 400
	if code == "NotSimulated" {
		status = 501
	}
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != status {
		t.Fatalf("%s: want HTTP status %d, got %v", code, status, err)
	}
}

// instance makes a running instance in a zone of the VPC.
func (c *elbCloud) instance(id, zone string) string { return c.instanceIn(c.vpc, id, zone) }

func (c *elbCloud) instanceIn(vpc, id, zone string) string {
	id = "i-0" + (id + "0000000000000000")[:16]
	c.update(func(tx *world.Tx) error {
		world.Add(tx, &compute.Instance{Object: tx.NamedObject(id, nil), VPCID: vpc, Zone: region + zone, State: compute.Running})
		return nil
	})
	return id
}

func (c *elbCloud) setState(id, state string) {
	c.update(func(tx *world.Tx) error {
		world.Edit(tx, id, func(i *compute.Instance) { i.State = compute.State(state) })
		return nil
	})
}

func (c *elbCloud) loadBalancer(name string) types.LoadBalancer {
	c.t.Helper()
	return do(c.CreateLoadBalancer(c.ctx, &sdk.CreateLoadBalancerInput{Name: &name, Subnets: []string{c.a, c.b}, SecurityGroups: []string{c.group}}))(c.t).LoadBalancers[0]
}

func (c *elbCloud) newTargetGroup(name string) *sdk.CreateTargetGroupInput {
	return &sdk.CreateTargetGroupInput{Name: &name, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: &c.vpc}
}

func (c *elbCloud) targetGroup(name string) string {
	c.t.Helper()
	return *do(c.CreateTargetGroup(c.ctx, c.newTargetGroup(name)))(c.t).TargetGroups[0].TargetGroupArn
}

func forwardTo(arns ...string) []types.Action {
	if len(arns) == 1 {
		return []types.Action{{Type: types.ActionTypeEnumForward, TargetGroupArn: &arns[0]}}
	}
	config := &types.ForwardActionConfig{}
	for _, arn := range arns {
		config.TargetGroups = append(config.TargetGroups, types.TargetGroupTuple{TargetGroupArn: &arn, Weight: aws.Int32(10)})
	}
	return []types.Action{{Type: types.ActionTypeEnumForward, ForwardConfig: config}}
}

func newListener(loadBalancer string, port int32, actions []types.Action) *sdk.CreateListenerInput {
	return &sdk.CreateListenerInput{LoadBalancerArn: &loadBalancer, Port: &port, Protocol: types.ProtocolEnumHttp, DefaultActions: actions}
}

func (c *elbCloud) listener(loadBalancer string, port int32, actions []types.Action) string {
	c.t.Helper()
	return *do(c.CreateListener(c.ctx, newListener(loadBalancer, port, actions)))(c.t).Listeners[0].ListenerArn
}

func (c *elbCloud) targetHealth(targetGroup string) map[string]string {
	c.t.Helper()
	states := map[string]string{}
	for _, d := range do(c.DescribeTargetHealth(c.ctx, &sdk.DescribeTargetHealthInput{TargetGroupArn: &targetGroup}))(c.t).TargetHealthDescriptions {
		states[*d.Target.Id] = string(d.TargetHealth.State) + " " + string(d.TargetHealth.Reason)
	}
	return states
}
