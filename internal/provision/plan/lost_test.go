package plan_test

import (
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// TestMake_TakesDownWhatNoStateKnows guesses all needs by the order of kinds: no guess may be at odds with what ends with another
// object.
func TestMake_TakesDownWhatNoStateKnows(t *testing.T) {
	plain, secure := config.Default(), config.Default()
	secure.LoadBalancer.HTTPS.Domain, secure.LoadBalancer.HTTPS.HostedZone = "shop.example.com", "example.com"
	for name, cfg := range map[string]config.Config{"HTTP": plain, "HTTPS": secure} {
		graph, err := blueprint.Build(cfg, blueprint.Facts{ImageID: "ami-1", Zones: []blueprint.Zone{{Name: "us-east-1a", Letter: "a"}, {Name: "us-east-1b", Letter: "b", Slot: 1}}})
		if err != nil {
			t.Fatal(err)
		}
		ids := map[string]string{
			"load-balancer/alb": "arn:aws:elasticloadbalancing:us-east-1:1:loadbalancer/app/shop-alb/1",
			"listener/http":     "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/shop-alb/1/1",
			"listener/https":    "arn:aws:elasticloadbalancing:us-east-1:1:listener/app/shop-alb/1/2",
		}
		var objects []resource.Object
		for _, node := range graph.Nodes() {
			id := ids[node.Key.String()]
			switch {
			case node.Key.Kind == "registration":
				id = "target-group/web|instance/" + node.Key.Name + "|80"
			case id == "":
				id = node.Key.String()
			}
			objects = append(objects, resource.Object{Key: node.Key, ID: id, Generation: 1, Status: resource.Status{Phase: resource.Ready}})
		}
		p := plan.Make(&resource.Graph{}, blueprint.Kinds(), awsapi.Owner{Platform: "shop"}, observe.New(objects), state.Document{})
		if err := p.Check(); err != nil || p.Count(plan.Delete) != len(objects) {
			t.Errorf("%s: %d of %d go, %v", name, p.Count(plan.Delete), len(objects), err)
		}
	}
}
