package server_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// troubled is a local cloud with faults, whose clock stands still.
type troubled struct {
	*testing.T
	sdk
	*localcloudtest.Cloud
	clock *clock.Fake
	iam   *iam.Client
	sts   *sts.Client
}

func newTroubled(t *testing.T, c faults.Config, policies ...policy.Policy) *troubled {
	t.Helper()
	fake := clock.NewFake(time.Date(2027, 1, 2, 3, 4, 5, 0, time.UTC))
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Clock, o.Faults, o.Policies = fake, c, policies })
	config := aws.Config{Region: region, BaseEndpoint: &cloud.Endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", ""), HTTPClient: oneShot()}
	return &troubled{t, clients(cloud.Endpoint), cloud, fake, iam.NewFromConfig(config), sts.NewFromConfig(config)}
}

func (c *troubled) createVPC() error {
	_, err := c.ec2.CreateVpc(c.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	return err
}

func (c *troubled) vpcs() []types.Vpc {
	c.Helper()
	out, err := c.ec2.DescribeVpcs(c.Context(), &ec2.DescribeVpcsInput{Filters: []types.Filter{{Name: aws.String("is-default"), Values: []string{"false"}}}})
	if err != nil {
		c.Fatal(err)
	}
	return out.Vpcs
}

// outcomes makes a call n times and says what became of each: ok, a code, or the
// transport's failure.
func outcomes(n int, call func() error) (all []string) {
	for range n {
		all = append(all, outcome(call()))
	}
	return all
}

func outcome(err error) string {
	var refusal smithy.APIError
	switch {
	case err == nil:
		return "ok"
	case errors.As(err, &refusal):
		return refusal.ErrorCode()
	case strings.Contains(err.Error(), "connection reset by peer"):
		return "reset"
	case errors.Is(err, io.EOF):
		return "cut off"
	}
	return err.Error()
}

func (c *troubled) expect(what string, got []string, want ...string) {
	c.Helper()
	if !slices.Equal(got, want) {
		c.Errorf("%s: got %v, want %v", what, got, want)
	}
}

func status(err error) int {
	var response *smithyhttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode()
	}
	return 0
}

func TestRules_HitNamedCalls(t *testing.T) {
	c := newTroubled(t, faults.Config{Rules: []faults.Rule{
		{Operations: []string{"CreateVpc"}, Fault: faults.LostReply, Nth: 3},
		{Operations: []string{"ec2:CreateVpc"}, Fault: faults.Reset, Times: 1},
		{Operations: []string{"CreateSubnet", "CreateVp*"}, Fault: faults.Refuse, Code: "Odd", Message: "100% odd", Status: 418, Nth: 1, Times: 1},
	}, Quotas: world.Quotas{"vpcs": 10}})
	// The reset call gets no further; so the second is the refusal's first; of those that
	// come as far as the network again, the third is lost.
	c.expect("calls", outcomes(6, c.createVPC), "reset", "Odd", "ok", "ok", "cut off", "ok")
	if n := len(c.vpcs()); n != 4 {
		t.Errorf("%d VPCs, want those of three answered calls and of the lost one", n)
	}
	var records []string
	for _, call := range c.calls() {
		if call.Operation == "CreateVpc" {
			records = append(records, call.Fault)
		}
	}
	c.expect("log", records, "reset", "refuse", "", "", "lost-reply", "")
}

func (c *troubled) calls() (all []struct{ Operation, Fault string }) {
	c.Helper()
	lines := json.NewDecoder(request(c.T, "GET", c.Endpoint+"/_local/calls", secret(c.Server)...).Body)
	for lines.More() {
		var call struct{ Operation, Fault string }
		if err := lines.Decode(&call); err != nil {
			c.Fatal(err)
		}
		all = append(all, call)
	}
	return all
}

func TestRules_RatesFollowSeed(t *testing.T) {
	t.Parallel()
	run := func(seed int64) []string {
		c := newTroubled(t, faults.Config{Seed: seed, ThrottleRate: 0.2, ErrorRate: 0.2, ResetRate: 0.1, LostReplyRate: 0.1})
		describe := func() error {
			_, err := c.ec2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			return err
		}
		got := outcomes(100, describe)
		// Calls of another operation in between change nothing.
		if err := c.SetFaults(c.Faults()); err != nil {
			t.Fatal(err)
		}
		again := outcomes(20, func() error { _ = c.createVPC(); return describe() })
		c.expect("with other calls in between", again, got[:20]...)
		return got
	}
	one := run(1)
	count := map[string]int{}
	for _, o := range one {
		count[o]++
	}
	for _, o := range []string{"ok", "RequestLimitExceeded", "InternalError", "Unavailable", "reset", "cut off"} {
		if count[o] == 0 {
			t.Errorf("of 100 calls none had the outcome %s: %v", o, count)
		}
	}
	if n := count["RequestLimitExceeded"]; n < 8 || n > 32 { // 18 expected; 3.5 standard deviations
		t.Errorf("%d throttled", n)
	}
	if !slices.Equal(one, run(1)) {
		t.Error("the same seed had other outcomes")
	}
	if slices.Equal(one, run(2)) {
		t.Error("another seed had the same outcomes")
	}
}

func TestThrottling_ByTokenBuckets(t *testing.T) {
	t.Parallel()
	c := newTroubled(t, faults.Config{Throttle: true})
	ctx := t.Context()
	for name, test := range map[string]struct {
		capacity int
		refill   float64 // a second
		code     string
		status   int
		call     func() error
	}{
		"described by filter": {100, 20, "RequestLimitExceeded", 503, func() error {
			_, err := c.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("vpc-id"), Values: []string{"vpc-1"}}}})
			return err
		}},
		"described without": {50, 10, "RequestLimitExceeded", 503, func() error {
			_, err := c.ec2.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
			return err
		}},
		"mutating": {50, 5, "RequestLimitExceeded", 503, func() error {
			_, err := c.ec2.DeleteVpc(ctx, &ec2.DeleteVpcInput{VpcId: aws.String("vpc-00000000")})
			return ignore(err, "InvalidVpcID.NotFound")
		}},
		"NAT gateways": {10, 1, "RequestLimitExceeded", 503, func() error {
			_, err := c.ec2.DeleteNatGateway(ctx, &ec2.DeleteNatGatewayInput{NatGatewayId: aws.String("nat-00000000")})
			return ignore(err, "NatGatewayNotFound")
		}},
		"VPC endpoints": {4, 0.3, "RequestLimitExceeded", 503, func() error {
			_, err := c.ec2.DeleteVpcEndpoints(ctx, &ec2.DeleteVpcEndpointsInput{VpcEndpointIds: []string{"vpce-00000000"}})
			return err
		}},
		"launches": {5, 2, "RequestLimitExceeded", 503, func() error {
			_, err := c.ec2.RunInstances(ctx, &ec2.RunInstancesInput{ImageId: aws.String("ami-00000000"), MinCount: aws.Int32(1), MaxCount: aws.Int32(1), InstanceType: "t3.micro"})
			return ignore(err, "InvalidAMIID.NotFound", "MissingInput")
		}},
		"roles": {50, 5, "Throttling", 400, func() error {
			_, err := c.iam.DeleteRole(ctx, &iam.DeleteRoleInput{RoleName: aws.String("none")})
			return ignore(err, "NoSuchEntity")
		}},
		"load balancers": {10, 0.2, "Throttling", 400, func() error {
			_, err := c.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("-")})
			return ignore(err, "ValidationError")
		}},
	} {
		t.Run(name, func(t *testing.T) {
			if err := c.SetFaults(faults.Config{Throttle: true}); err != nil { // fills the buckets
				t.Fatal(err)
			}
			drain := func(want int) {
				t.Helper()
				for n := range want {
					if err := test.call(); err != nil {
						t.Fatalf("call %d of %d: %v", n+1, want, err)
					}
				}
				err := test.call()
				if outcome(err) != test.code || status(err) != test.status {
					t.Fatalf("after %d calls: %v", want, err)
				}
			}
			drain(test.capacity)
			c.clock.Advance(time.Duration(float64(time.Second)/test.refill) + time.Millisecond)
			drain(1)
			c.clock.Advance(time.Hour)
			drain(test.capacity)
		})
	}
}

func ignore(err error, codes ...string) error {
	if slices.Contains(codes, outcome(err)) {
		return nil
	}
	return err
}

func TestThrottling_TakesTokenPerInstance(t *testing.T) {
	c := newTroubled(t, faults.Config{Throttle: true})
	run := func(n int32) string {
		_, err := c.ec2.RunInstances(t.Context(), &ec2.RunInstancesInput{ImageId: aws.String("ami-00000000"), MinCount: aws.Int32(1), MaxCount: &n, InstanceType: "t3.micro"})
		return outcome(err)
	}
	got := []string{run(900), run(101), run(100), run(1)}
	c.clock.Advance(500 * time.Millisecond)
	got = append(got, run(1), run(1))
	if got[0] == "RequestLimitExceeded" || got[1] != "RequestLimitExceeded" || got[2] == "RequestLimitExceeded" || got[3] != "RequestLimitExceeded" ||
		got[4] == "RequestLimitExceeded" || got[5] != "RequestLimitExceeded" {
		t.Errorf("launches of 900, 101, 100, 1 and, half a second later, 1 and 1: %v", got)
	}
}

func TestThrottling_LoadBalancingSharesOneBucket(t *testing.T) {
	c := newTroubled(t, faults.Config{Throttle: true})
	describe := func() error {
		_, err := c.elb.DescribeLoadBalancers(t.Context(), &elb.DescribeLoadBalancersInput{})
		return err
	}
	mutate := func() error {
		_, err := c.elb.DeleteLoadBalancer(t.Context(), &elb.DeleteLoadBalancerInput{LoadBalancerArn: aws.String("x")})
		return ignore(err, "ValidationError")
	}
	if got := outcomes(20, mutate); slices.Contains(got, "Throttling") {
		t.Errorf("of 20: %v", got)
	}
	c.expect("the 21st change", outcomes(1, mutate), "Throttling")
	if got := outcomes(20, describe); slices.Contains(got, "Throttling") {
		t.Errorf("of 20 reads: %v", got)
	}
	c.expect("the 41st call", outcomes(1, describe), "Throttling")
}

func TestDeny_RefusesWithEncodedMessage(t *testing.T) {
	c := newTroubled(t, faults.Config{Deny: []string{"ec2:CreateNat*", "iam:CreateRole", "elb:CreateLoadBalancer", "sts:*"}})
	ctx := t.Context()
	_, err := c.ec2.CreateNatGateway(ctx, &ec2.CreateNatGatewayInput{SubnetId: aws.String("subnet-00000000"), AllocationId: aws.String("eipalloc-00000000"), DryRun: aws.Bool(true)})
	if outcome(err) != "UnauthorizedOperation" || status(err) != 403 {
		t.Fatal(err)
	}
	encoded := regexp.MustCompile(`Encoded authorization failure message: (\S+)$`).FindStringSubmatch(err.Error())
	if encoded == nil {
		t.Fatalf("no encoded message in %v", err)
	}
	if _, err := c.sts.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &encoded[1]}); outcome(err) != "AccessDenied" {
		t.Errorf("it is denied, too: %v", err)
	}
	if _, err := c.sts.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{}); err != nil {
		t.Errorf("nobody can be denied to ask who they are: %v", err)
	}
	_, err = c.iam.CreateRole(ctx, &iam.CreateRoleInput{RoleName: aws.String("web"), AssumeRolePolicyDocument: aws.String("{}")})
	if outcome(err) != "AccessDenied" || status(err) != 403 || !strings.Contains(err.Error(), "is not authorized to perform: iam:CreateRole") {
		t.Error(err)
	}
	if _, err = c.elb.CreateLoadBalancer(ctx, &elb.CreateLoadBalancerInput{Name: aws.String("web")}); outcome(err) != "AccessDenied" {
		t.Error(err)
	}

	if err := c.SetFaults(faults.Config{}); err != nil {
		t.Fatal(err)
	}
	decoded, err := c.sts.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &encoded[1]})
	if err != nil {
		t.Fatal(err)
	}
	var document struct {
		Allowed, ExplicitDeny bool
		Context               struct {
			Action    string
			Principal struct{ ARN string }
		}
	}
	if err := json.Unmarshal([]byte(*decoded.DecodedMessage), &document); err != nil {
		t.Fatal(err)
	}
	if document.Allowed || !document.ExplicitDeny || document.Context.Action != "ec2:CreateNatGateway" || !strings.Contains(document.Context.Principal.ARN, ":user/") {
		t.Errorf("decoded %s", *decoded.DecodedMessage)
	}
	changed := "A" + encoded[1][1:]
	if changed == encoded[1] {
		changed = "B" + encoded[1][1:]
	}
	if _, err := c.sts.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &changed}); outcome(err) != "InvalidAuthorizationMessageException" {
		t.Errorf("a message that was changed: %v", err)
	}
}

func TestDescribeDelay_HidesNewObjects(t *testing.T) {
	c := newTroubled(t, faults.Config{DescribeDelay: faults.Duration(3 * time.Second)})
	if err := c.createVPC(); err != nil {
		t.Fatal(err)
	}
	if n := len(c.vpcs()); n != 0 {
		t.Errorf("%d VPCs at once", n)
	}
	c.clock.Advance(3 * time.Second)
	if n := len(c.vpcs()); n != 1 {
		t.Errorf("%d VPCs after three seconds", n)
	}
}

// The route takes YAML, refuses what is wrong with its line, and changes quotas too.
func TestFaults_ChangeAtRuntime(t *testing.T) {
	c := newTroubled(t, faults.Config{})
	put := func(route, text string) (int, string) {
		r, err := http.NewRequestWithContext(t.Context(), "PUT", c.Endpoint+route, strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+c.Secret())
		response, err := oneShot().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		body, err := io.ReadAll(response.Body)
		if err != nil {
			t.Fatal(err)
		}
		return response.StatusCode, string(body)
	}
	if code, text := put("/_local/faults", "throttle: true\nreste_rate: 1\n"); code != 400 || !strings.Contains(text, `faults:2:1: there is no key "reste_rate"; allowed: seed,`) {
		t.Errorf("%d %s", code, text)
	}
	if c.Faults().Throttle {
		t.Error("what is wrong in part was applied in part")
	}
	if code, text := put("/_local/faults", "quotas: {vpcs: 1}"); code != 200 || !strings.Contains(text, `"vpcs": 1`) {
		t.Errorf("%d %s", code, text)
	}
	c.expect("with a quota of 1 beside the default VPC", outcomes(1, c.createVPC), "VpcLimitExceeded")
	if code, text := put("/_local/faults", "{}"); code != 200 || strings.TrimSpace(text) != "{}" {
		t.Errorf("%d %s", code, text)
	}
	c.expect("without", outcomes(1, c.createVPC), "ok")
	body, err := io.ReadAll(request(t, "GET", c.Endpoint+"/_local/faults", secret(c.Server)...).Body)
	if err != nil || strings.TrimSpace(string(body)) != "{}" {
		t.Errorf("%s %v", body, err)
	}

	for text, want := range map[string]string{`{"latency": "slow"}`: "must be fast, aws, or aws/N", `aws`: "allowed: such as", `{"latency": "aws/9"}`: `"latency": "aws/9"`} {
		if _, got := put("/_local/latency", text); !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
	if s, err := c.Status(); err != nil || s.Latency != "aws/9" {
		t.Errorf("latency %s, %v", s.Latency, err)
	}
}

func TestFaults_OptionsAreChecked(t *testing.T) {
	var wrong *faults.Error
	if _, err := server.New(server.Options{Faults: faults.Config{Deny: []string{"ec2:Nothing"}}}); !errors.As(err, &wrong) {
		t.Errorf("got %v", err)
	}
	if n := len(service.Operations(services.All(), service.Env{})); n < 100 {
		t.Errorf("%d operations", n)
	}
}

// Many callers at once draw from the same buckets, and no token is given twice.
func TestThrottling_HoldsForConcurrentCallers(t *testing.T) {
	c := newTroubled(t, faults.Config{Throttle: true})
	var group sync.WaitGroup
	results := make([]string, 30)
	for i := range results {
		group.Go(func() {
			_, err := c.ec2.DeleteNatGateway(t.Context(), &ec2.DeleteNatGatewayInput{NatGatewayId: aws.String("nat-00000000")})
			results[i] = outcome(err)
		})
	}
	group.Wait()
	through := 0
	for _, r := range results {
		if r == "NatGatewayNotFound" {
			through++
		}
	}
	if through != 10 {
		t.Errorf("%d of 30 got through: %v", through, results)
	}
}
