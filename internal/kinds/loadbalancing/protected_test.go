package loadbalancing

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

const gone = "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/shop-alb/0123456789abcdef"

func clientsOf(t *testing.T) *awsapi.Clients {
	t.Helper()
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: localcloudtest.Start(t).Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// AWS may go on naming a load balancer with its target group after it was deleted.
func TestForeignToTargetGroups_LeavesOutBalancerThatIsGone(t *testing.T) {
	group := LiveTargetGroup{TargetGroup: types.TargetGroup{TargetGroupArn: aws.String("arn:group"), LoadBalancerArns: []string{gone}}}
	deletions := resource.DeletionSet{
		Objects: []resource.Object{{Key: resource.Key{Kind: "target-group", Name: "web"}, ID: "arn:group", Live: group}},
		Missing: []resource.Record{{Key: resource.Key{Kind: "load-balancer", Name: "alb"}, ID: gone}},
	}
	blockers, err := foreignToTargetGroups(t.Context(), clientsOf(t), deletions)
	if err != nil || len(blockers) > 0 {
		t.Errorf("error %v, in the way %v", err, blockers)
	}
}

// What was deleted since it was listed protects nothing.
func TestProtectedLoadBalancers_ReadsWhatTheListLeftOut(t *testing.T) {
	clients := clientsOf(t)
	for name, test := range map[string]struct {
		live LiveLoadBalancer
		want int
	}{
		"listed as protected":     {LiveLoadBalancer{Attributes: map[string]string{attributeProtection: "true"}}, 1},
		"listed as not protected": {LiveLoadBalancer{Attributes: map[string]string{attributeProtection: "false"}}, 0},
		"gone":                    {LiveLoadBalancer{}, 0},
	} {
		blockers, err := protectedLoadBalancers(t.Context(), clients, []resource.Object{{ID: gone, Live: test.live}})
		if err != nil || len(blockers) != test.want {
			t.Errorf("%s: error %v, protected %v, want %d", name, err, blockers, test.want)
		}
	}
}

// TestSetProtection_NeverLeavesAProtectionUnmarked stops before each call, as a killed run does: what is protected by then
// has the mark, or had the protection before.
func TestSetProtection_NeverLeavesAProtectionUnmarked(t *testing.T) {
	for _, on := range []bool{true, false} {
		for calls := range 3 {
			var order []string
			server := httptest.NewServer(localcloudtest.RecordedRequests(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if err := r.ParseForm(); err != nil {
					t.Error(err)
				}
				if len(order) == calls {
					w.WriteHeader(http.StatusBadRequest)
					return
				}
				order = append(order, r.Form.Get("Action"))
				_, _ = fmt.Fprintf(w, "<%[1]sResponse><%[1]sResult/></%[1]sResponse>", r.Form.Get("Action"))
			})))
			clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			err = setProtection(t.Context(), clients, gone, map[string]string{tagProtected: strconv.FormatBool(!on)}, on)
			server.Close()
			want := []string{"AddTags", "ModifyLoadBalancerAttributes"}
			if !on {
				want = []string{"ModifyLoadBalancerAttributes", "AddTags"}
			}
			if (err == nil) != (calls == len(want)) || !slices.Equal(order, want[:calls]) {
				t.Errorf("on %t, after %d calls: error %v, calls %v", on, calls, err, order)
			}
		}
	}
}

// A name that others have is known before anything is made: of a second generation the second name.
func TestUnplaceable_NamesTakenByOthers(t *testing.T) {
	clients := clientsOf(t)
	vpcs, err := clients.EC2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
	if err != nil {
		t.Fatal(err)
	}
	for name, tags := range map[string]map[string]string{
		"shop-web": {"team": "other"}, "shop-web-2": {awsapi.TagPlatform: "shop", awsapi.TagKey: "target-group/web"},
		"shop-old": {awsapi.TagPlatform: "other"},
	} {
		_, err := clients.ELB.CreateTargetGroup(t.Context(), &elb.CreateTargetGroupInput{
			Name: &name, Protocol: types.ProtocolEnumHttp, Port: aws.Int32(80), VpcId: vpcs.Vpcs[0].VpcId, Tags: awsapi.ELBTags(tags),
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	creation := func(name string, generation int) resource.Creation {
		return resource.Creation{Node: &resource.Node{Key: resource.Key{Kind: "target-group", Name: name}}, Generation: generation}
	}
	problems, err := TargetGroupKind().Unplaceable(t.Context(), clients.Snapshot(), awsapi.Owner{Platform: "shop", Region: "us-east-1"},
		[]resource.Creation{creation("web", 1), creation("web", 2), creation("web", 3), creation("old", 1)})
	if err != nil {
		t.Fatal(err)
	}
	var taken []string
	for _, problem := range problems {
		taken = append(taken, problem.Text)
	}
	want := []string{"somebody else's target group has the name shop-web", "somebody else's target group has the name shop-old"}
	if !slices.Equal(taken, want) {
		t.Errorf("taken are %q, want %q", taken, want)
	}
}
