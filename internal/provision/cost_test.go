package provision_test

import (
	"encoding/json"
	"math"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	astypes "github.com/aws/aws-sdk-go-v2/service/autoscaling/types"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/prices"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

func graphOf(t *testing.T, change func(*config.Config)) *resource.Graph {
	t.Helper()
	cfg := config.Default()
	change(&cfg)
	graph, err := blueprint.Build(cfg, blueprint.Facts{ImageID: "ami-1", Zones: []blueprint.Zone{
		{Name: "us-east-1a", Letter: "a", Slot: 0}, {Name: "us-east-1b", Letter: "b", Slot: 1},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return graph
}

// made are the objects of a graph that cost something, as they are when they were just created.
func made(graph *resource.Graph) []resource.Object {
	ids := map[resource.Key]string{}
	var objects []resource.Object
	for _, node := range graph.Nodes() {
		ids[node.Key] = "id-of-" + node.Key.Name
		if len(node.Handler.Cost(node)) > 0 {
			objects = append(objects, node.Handler.AsCreated(resource.Request{Node: node, IDs: ids, Tags: map[string]string{}}, ids[node.Key]))
		}
	}
	return objects
}

// platform is what one with so many NAT gateways and instances of a type costs, with a load balancer in two zones.
func platform(gateways, instances int64, instanceType string) []prices.Item {
	return []prices.Item{
		{Name: prices.NATGateway, Count: gateways},
		{Name: prices.LoadBalancer, Count: 1},
		{Name: prices.PublicIPv4, Count: gateways + 2},
		{Name: prices.Instance(instanceType), Count: instances},
		{Name: prices.GP3, Count: 8 * instances},
	}
}

func TestCostOf_BeforeAndAfter(t *testing.T) {
	const region = "us-east-1"
	asIs := func(*config.Config) {}
	four := func(c *config.Config) { c.Web.Instances = 4 }
	single := func(c *config.Config) { c.Network.Egress = config.EgressNATSingle }
	none := func(c *config.Config) { c.Network.Egress = config.EgressNone }
	exotic := func(c *config.Config) { c.Web.InstanceType = "x9.large" }
	for name, test := range map[string]struct {
		before        []resource.Object
		after         func(*config.Config)
		first, second []prices.Item
	}{
		"the first":       {nil, asIs, nil, platform(2, 2, "t3.micro")},
		"more instances":  {made(graphOf(t, asIs)), four, platform(2, 2, "t3.micro"), platform(2, 4, "t3.micro")},
		"one NAT gateway": {made(graphOf(t, asIs)), single, platform(2, 2, "t3.micro"), platform(1, 2, "t3.micro")},
		"none":            {made(graphOf(t, single)), none, platform(1, 2, "t3.micro"), platform(0, 2, "t3.micro")},
		"an unknown type": {made(graphOf(t, exotic)), asIs, platform(2, 2, "x9.large"), platform(2, 2, "t3.micro")},
	} {
		t.Run(name, func(t *testing.T) {
			list := prices.Published()
			cost := provision.CostOf(&provision.View{
				Owner: awsapi.Owner{Region: region}, Graph: graphOf(t, test.after), Observed: observe.New(test.before),
			})
			want := provision.Cost{
				Before: list.Month(test.first, region), After: list.Month(test.second, region), Currency: "USD", PricesOf: list.Date(region, platform(1, 1, "t3.micro")...),
			}
			if diff := testenv.Diff(want, cost); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// A group costs what it has, and is said to cost as little and as much as it may.
func TestCostOf_GroupByItsSizes(t *testing.T) {
	const region = "us-east-1"
	scaled := func(c *config.Config) { c.Web.AutoScaling = config.AutoScaling{Min: 2, Max: 6, CPU: 50} }
	group := func(desired int32) []resource.Object {
		return []resource.Object{{
			Key: resource.Key{Kind: "auto-scaling-group", Name: "web"}, Status: resource.Status{Phase: resource.Ready},
			Live: autoscaling.LiveGroup{AutoScalingGroup: astypes.AutoScalingGroup{
				DesiredCapacity: &desired, Instances: []astypes.Instance{{InstanceType: aws.String("t3.micro")}},
			}},
		}}
	}
	for name, test := range map[string]struct {
		before []resource.Object
		after  int64
	}{
		"the first": {nil, 2}, "grown with its load": {group(5), 5}, "beyond its sizes": {group(9), 6},
	} {
		t.Run(name, func(t *testing.T) {
			list := prices.Published()
			cost := provision.CostOf(&provision.View{Owner: awsapi.Owner{Region: region}, Graph: graphOf(t, scaled), Observed: observe.New(test.before)})
			// Seven metrics of each instance, and the policy's two alarms.
			monitored := func(instances int64) prices.Month {
				return list.Month(append(platform(2, instances, "t3.micro"), prices.Item{Name: prices.Metric, Count: 7 * instances},
					prices.Item{Name: prices.Alarm, Count: 2}), region)
			}
			if cost.Min != 2 || cost.Max != 6 {
				t.Errorf("it counts %d to %d instances", cost.Min, cost.Max)
			}
			for what, pair := range map[string][2]prices.Month{
				"after":  {monitored(test.after), cost.After},
				"at min": {monitored(2), *cost.AtMin},
				"at max": {monitored(6), *cost.AtMax},
			} {
				if diff := testenv.Diff(pair[0], pair[1]); diff != "" {
					t.Errorf("%s: %s", what, diff)
				}
			}
		})
	}
}

// A size that no group has is not added up beyond what can be counted.
func TestCostOf_AbsurdSizesStayNumbers(t *testing.T) {
	for _, desired := range []int32{math.MaxInt32, math.MinInt32, -1} {
		object := resource.Object{
			Key: resource.Key{Kind: "auto-scaling-group", Name: "web"}, Status: resource.Status{Phase: resource.Ready},
			Live: autoscaling.LiveGroup{AutoScalingGroup: astypes.AutoScalingGroup{
				DesiredCapacity: &desired, Instances: []astypes.Instance{{InstanceType: aws.String("t3.micro")}},
			}},
		}
		if month := provision.CostOfObjects([]resource.Object{object}, "us-east-1"); month.Amount < 0 || desired > 0 && month.Amount == 0 {
			t.Errorf("%d instances cost %s", desired, month)
		}
	}
}

// By requests nothing of the instances is monitored in detail; what AWS has is counted, alarms of the policy included.
func TestCostOf_GroupByRequestsAndWhatIsThere(t *testing.T) {
	const region = "us-east-1"
	byRequests := func(c *config.Config) {
		c.Web.AutoScaling = config.AutoScaling{Min: 2, Max: 6, RequestsPerTarget: 1000}
	}
	template := &astypes.LaunchTemplateSpecification{LaunchTemplateId: aws.String("lt-1"), Version: aws.String("7")}
	there := []resource.Object{
		{
			Key: resource.Key{Kind: "auto-scaling-group", Name: "web"}, Status: resource.Status{Phase: resource.Ready},
			Live: autoscaling.LiveGroup{
				AutoScalingGroup: astypes.AutoScalingGroup{DesiredCapacity: aws.Int32(3), LaunchTemplate: template},
				Versions: map[autoscaling.Version]types.ResponseLaunchTemplateData{
					{Template: "lt-1", Number: 7}: {InstanceType: "t3.micro", Monitoring: &types.LaunchTemplatesMonitoring{Enabled: aws.Bool(true)}},
				},
			},
		},
		{
			Key: resource.Key{Kind: "scaling-policy", Name: "web"}, Status: resource.Status{Phase: resource.Ready},
			Live: autoscaling.LivePolicy{ScalingPolicy: astypes.ScalingPolicy{Alarms: []astypes.Alarm{{}, {}}}},
		},
	}
	cost := provision.CostOf(&provision.View{Owner: awsapi.Owner{Region: region}, Graph: graphOf(t, byRequests), Observed: observe.New(there)})
	list := prices.Published()
	alarms := prices.Item{Name: prices.Alarm, Count: 2}
	before := []prices.Item{{Name: prices.Instance("t3.micro"), Count: 3}, {Name: prices.GP3, Count: 24}, {Name: prices.Metric, Count: 21}, alarms}
	if diff := testenv.Diff(list.Month(before, region), cost.Before); diff != "" {
		t.Errorf("before: %s", diff)
	}
	if diff := testenv.Diff(list.Month(append(platform(2, 3, "t3.micro"), alarms), region), cost.After); diff != "" {
		t.Errorf("after: %s", diff)
	}
}

func TestCostOf_SaysWhatIsUnknown(t *testing.T) {
	cost := provision.CostOf(&provision.View{
		Owner: awsapi.Owner{Region: "mars-1"}, Graph: graphOf(t, func(*config.Config) {}), Observed: observe.New(nil),
	})
	got, err := json.Marshal(cost)
	if want := `{"before":0.00,"after":null,"currency":"USD","prices_of":""}`; err != nil || string(got) != want {
		t.Errorf("%s, %v; want %s", got, err, want)
	}
	if got, want := cost.After.String(), "not known: the price list has no prices of mars-1"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestCostOfObjects_LeavesOutWhatGoesOrIsStopped(t *testing.T) {
	objects := made(graphOf(t, func(*config.Config) {}))
	for i := range objects {
		switch objects[i].Key.Kind {
		case "nat-gateway":
			objects[i].Status.Phase = resource.Deleting
		case "instance":
			objects[i].Live.(types.Instance).State.Name = types.InstanceStateNameStopped
		}
	}
	want := prices.Published().Month([]prices.Item{{Name: prices.LoadBalancer, Count: 1}, {Name: prices.PublicIPv4, Count: 4}, {Name: prices.GP3, Count: 16}}, "us-east-1")
	if diff := testenv.Diff(want, provision.CostOfObjects(objects, "us-east-1")); diff != "" {
		t.Error(diff)
	}
}
