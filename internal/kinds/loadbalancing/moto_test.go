package loadbalancing_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/resource"
)

// Moto makes a second listener on the same port.
func TestConformance_OnMoto(t *testing.T) {
	everything(t, kindtest.Moto(t), "listener")
}

func TestConformance_LocalCloud(t *testing.T) {
	t.Parallel()
	everything(t, localcloudtest.Start(t, func(o *server.Options) { o.Quotas = world.Quotas{"vpcs": 10, "internet_gateways": 10} }).Endpoint)
}

// everything runs all tests against an endpoint, each with a platform of its own. IgnoresTokens are the kinds of which it
// makes a second one when asked again.
func everything(t *testing.T, endpoint string, ignoring ...string) {
	for name, test := range map[string]func(*testing.T){
		"conform":                           func(t *testing.T) { conform(t, endpoint, ignoring...) },
		"names and ports that are taken":    func(t *testing.T) { taken(t, endpoint) },
		"a listener that is there already":  func(t *testing.T) { adopt(t, endpoint) },
		"depth":                             func(t *testing.T) { depth(t, endpoint) },
		"objects that vanish between calls": func(t *testing.T) { vanish(t, endpoint) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test(t)
		})
	}
}

// stage is a platform with the graph of its load balancing.
type stage struct {
	*kindtest.Platform
	graph                                        *resource.Graph
	network                                      kindtest.Network
	group, balancer, listener, registration      resource.Ref
	groupARN, balancerARN, listenerARN, instance string
}

var healthCheck = loadbalancing.HealthCheck{
	Path: "/healthz", Interval: 5 * time.Second, Timeout: 2 * time.Second, Healthy: 2, Unhealthy: 2,
}

func newStage(t *testing.T, endpoint, platform string) *stage {
	s := &stage{Platform: kindtest.New(t, endpoint, platform), graph: &resource.Graph{}}
	s.network = s.MakeNetwork(t)
	s.instance = s.RunInstance(t, s.network, s.Owner.TagsFor("instance/web-1", "web-1", 1, ""))
	g := s.graph
	vpc := s.Existing(g, "vpc", "main", s.network.VPC)
	subnets := []resource.Ref{
		s.Existing(g, "subnet", "public-a", s.network.Subnets[0]),
		s.Existing(g, "subnet", "public-b", s.network.Subnets[1]),
	}
	groups := []resource.Ref{s.Existing(g, "security-group", "alb", s.network.Group)}
	instance := s.Existing(g, "instance", "web-1", s.instance)

	s.group = resource.Add(g, loadbalancing.TargetGroupKind(), "web", loadbalancing.TargetGroup{
		VPC: vpc, Port: 80, HealthCheck: healthCheck, DeregistrationDelay: time.Second,
	})
	s.balancer = resource.Add(g, loadbalancing.LoadBalancerKind(), "alb", loadbalancing.LoadBalancer{
		Subnets: subnets, Groups: groups, IdleTimeout: 61 * time.Second,
	})
	s.listener = resource.Add(g, loadbalancing.ListenerKind(), "http", loadbalancing.Listener{
		LoadBalancer: s.balancer, Port: 80, Protocol: "HTTP", TargetGroup: s.group,
	})
	s.registration = resource.Add(g, loadbalancing.RegistrationKind(), "web-1", loadbalancing.Registration{
		TargetGroup: s.group, Instance: instance, Port: 80,
	}, s.listener)
	return s
}

func conform(t *testing.T, endpoint string, ignoring ...string) {
	s := newStage(t, endpoint, "shop")
	s.IgnoresTokens = ignoring
	s.Conform(t, s.graph, func(t *testing.T) {
		ctx, api := t.Context(), s.Clients.ELB
		s.groupARN, s.balancerARN, s.listenerARN = s.IDs[s.group.Key()], s.IDs[s.balancer.Key()], s.IDs[s.listener.Key()]
		drift := func(name string, node resource.Ref, fields []string, act func() error) {
			t.Run(name, func(t *testing.T) {
				if err := act(); err != nil {
					t.Fatal(err)
				}
				s.expectDrift(t, node, fields...)
			})
		}
		drift("another health check", s.group, []string{"health check path", "health check interval"}, func() error {
			_, err := api.ModifyTargetGroup(ctx, &elb.ModifyTargetGroupInput{
				TargetGroupArn: &s.groupARN, HealthCheckPath: aws.String("/"), HealthCheckIntervalSeconds: aws.Int32(30),
			})
			return err
		})
		drift("another delay", s.group, []string{"deregistration_delay.timeout_seconds"}, func() error {
			_, err := api.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
				TargetGroupArn: &s.groupARN,
				Attributes: []types.TargetGroupAttribute{{
					Key: aws.String("deregistration_delay.timeout_seconds"), Value: aws.String("300"),
				}},
			})
			return err
		})
		drift("bad headers let through", s.balancer, []string{"routing.http.drop_invalid_header_fields.enabled"}, func() error {
			_, err := api.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
				LoadBalancerArn: &s.balancerARN,
				Attributes: []types.LoadBalancerAttribute{{
					Key: aws.String("routing.http.drop_invalid_header_fields.enabled"), Value: aws.String("false"),
				}},
			})
			return err
		})
		drift("another group", s.balancer, []string{"security groups"}, func() error {
			_, err := api.SetSecurityGroups(ctx, &elb.SetSecurityGroupsInput{
				LoadBalancerArn: &s.balancerARN, SecurityGroups: []string{s.network.OtherGroup},
			})
			return err
		})
		drift("no request leaves its zone", s.group, []string{"load_balancing.cross_zone.enabled"}, func() error {
			_, err := api.ModifyTargetGroupAttributes(ctx, &elb.ModifyTargetGroupAttributesInput{
				TargetGroupArn: &s.groupARN,
				Attributes:     []types.TargetGroupAttribute{{Key: aws.String("load_balancing.cross_zone.enabled"), Value: aws.String("false")}},
			})
			return err
		})
		// Drift that the local cloud and moto can't have: what the tool asks for is all that can be seen there.
		s.updates(t, s.balancer, resource.Change{Field: "address type", Have: "dualstack", Want: "ipv4"})
		s.updates(t, s.listener, resource.Change{Field: "routing.http.response.access_control_allow_origin.header_value", Have: "*"})
		t.Run("what is stricter stays", func(t *testing.T) {
			set := func(desync, protection string) {
				t.Helper()
				if _, err := api.ModifyLoadBalancerAttributes(ctx, &elb.ModifyLoadBalancerAttributesInput{
					LoadBalancerArn: &s.balancerARN,
					Attributes: []types.LoadBalancerAttribute{
						{Key: aws.String("routing.http.desync_mitigation_mode"), Value: &desync},
						{Key: aws.String("deletion_protection.enabled"), Value: &protection},
					},
				}); err != nil {
					t.Fatal(err)
				}
			}
			set("strictest", "true")
			s.expectDrift(t, s.balancer)
			set("defensive", "false")
		})
		drift("a rule before the default action", s.listener, []string{"rule 1"}, func() error {
			_, err := api.CreateRule(ctx, &elb.CreateRuleInput{
				ListenerArn: &s.listenerARN, Priority: aws.Int32(1),
				Conditions: []types.RuleCondition{{Field: aws.String("path-pattern"), Values: []string{"*"}}},
				Actions: []types.Action{{
					Type:                types.ActionTypeEnumFixedResponse,
					FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")},
				}},
			})
			return err
		})
		drift("a listener of somebody else's", s.balancer, []string{"listener 8080"}, func() error {
			_, err := api.CreateListener(ctx, &elb.CreateListenerInput{
				LoadBalancerArn: &s.balancerARN, Port: aws.Int32(8080), Protocol: types.ProtocolEnumHttp,
				DefaultActions: []types.Action{{
					Type:                types.ActionTypeEnumFixedResponse,
					FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("200")},
				}},
			})
			return err
		})
		drift("another port and answer", s.listener, []string{"port", "forwards to"}, func() error {
			_, err := api.ModifyListener(ctx, &elb.ModifyListenerInput{
				ListenerArn: &s.listenerARN, Port: aws.Int32(8080),
				DefaultActions: []types.Action{{
					Type:                types.ActionTypeEnumFixedResponse,
					FixedResponseConfig: &types.FixedResponseActionConfig{StatusCode: aws.String("503")},
				}},
			})
			return err
		})
		t.Run("strangers in the target group are ours to take out", s.strangers)
		t.Run("calls", func(t *testing.T) {
			s.expectCalls(t, 10+1) // two of them the listener's attributes and rules; and the instances, which another kind reads too
		})
		t.Run("what people see", s.whatPeopleSee)
		t.Run("blockers of the target group", func(t *testing.T) {
			blockers, err := s.graph.Node(s.group.Key()).Handler.Blockers(ctx, s.Clients, s.groupARN)
			if err != nil || len(blockers) != 1 || blockers[0].ID != s.balancerARN {
				t.Errorf("blockers %v, %v, want the load balancer", blockers, err)
			}
		})
	})
}

// expectDrift expects that exactly these fields differ, and that an update
// restores them.
func (s *stage) expectDrift(t *testing.T, ref resource.Ref, fields ...string) {
	t.Helper()
	node := s.graph.Node(ref.Key())
	var got []string
	changes := s.Diff(t, node)
	for _, c := range changes {
		got = append(got, c.Field)
	}
	if !slices.Equal(got, fields) || resource.NeedsReplacement(changes) {
		t.Fatalf("changes: %v, want the fields %q", changes, fields)
	}
	s.Settle(t, node)
}

// updates expects that a change is taken back in one update, and that nothing differs then.
func (s *stage) updates(t *testing.T, ref resource.Ref, change resource.Change) {
	t.Run("takes back "+change.Field, func(t *testing.T) {
		node := s.graph.Node(ref.Key())
		for _, object := range s.observeAll(t, s.Clients.Snapshot()) {
			if object.Key != node.Key {
				continue
			}
			if err := node.Handler.Update(t.Context(), s.Request(node), object, []resource.Change{change}); err != nil {
				t.Fatal(err)
			}
			s.expectDrift(t, ref)
			return
		}
		t.Fatalf("%s isn't there", node.Key)
	})
}

// strangers registers an instance of nobody, and expects it to be found and to
// go.
func (s *stage) strangers(t *testing.T) {
	foreign := s.RunInstance(t, s.network, map[string]string{"Name": "not ours"})
	_, err := s.Clients.ELB.RegisterTargets(t.Context(), &elb.RegisterTargetsInput{
		TargetGroupArn: &s.groupARN,
		Targets:        []types.TargetDescription{{Id: &foreign, Port: aws.Int32(80)}},
	})
	if err != nil {
		t.Fatal(err)
	}
	kind := s.graph.Node(s.registration.Key()).Handler
	observe := func() map[string]resource.Key {
		t.Helper()
		objects, err := kind.Observe(t.Context(), s.Clients.Snapshot(), s.Owner)
		if err != nil {
			t.Fatal(err)
		}
		keys := map[string]resource.Key{}
		for _, object := range objects {
			keys[object.ID] = object.Key
		}
		return keys
	}
	good := s.IDs[s.registration.Key()]
	stranger := loadbalancing.RegistrationID{TargetGroup: s.groupARN, Instance: foreign, Port: 80}.String()
	key := resource.Key{Kind: "registration", Name: stranger}
	if got, want := observe(), (map[string]resource.Key{good: s.registration.Key(), stranger: key}); !maps.Equal(got, want) {
		t.Fatalf("registrations %v, want %v", got, want)
	}
	if err := kind.Delete(t.Context(), s.Clients, resource.Record{Key: key, ID: stranger}); err != nil {
		t.Errorf("delete %s: %v", stranger, err)
	}
	want := map[string]resource.Key{good: s.registration.Key()}
	const tick, patience = 20 * time.Millisecond, 30 * time.Second // it drains first
	for deadline := time.Now().Add(patience); !maps.Equal(observe(), want); <-time.After(tick) {
		if time.Now().After(deadline) {
			t.Fatalf("registrations %v, want %v", observe(), want)
		}
	}
}

// expectCalls pins what one look at all kinds costs.
func (s *stage) expectCalls(t *testing.T, want int) {
	t.Helper()
	before := s.Clients.Ledger.Calls()
	s.observeAll(t, s.Clients)
	if calls := s.Clients.Ledger.Calls() - before; calls != want {
		t.Errorf("looking at all kinds took %d calls, want %d: %v", calls, want, s.Clients.Ledger.ByOperation())
	}
}

func (s *stage) observeAll(t *testing.T, c *awsapi.Clients) []resource.Object {
	t.Helper()
	snapshot := c.Snapshot()
	kinds := loadbalancing.Kinds()
	lists := make([][]resource.Object, len(kinds))
	errs := make(chan error)
	for i, kind := range kinds {
		go func() {
			var err error
			lists[i], err = kind.Observe(t.Context(), snapshot, s.Owner)
			errs <- err
		}()
	}
	var all error
	for range lists {
		all = errors.Join(all, <-errs)
	}
	if all != nil {
		t.Fatal(all)
	}
	return slices.Concat(lists...)
}

func (s *stage) whatPeopleSee(t *testing.T) {
	s.Settle(t, s.graph.Node(s.registration.Key())) // healthy again, after what the listener went through
	objects := s.observeAll(t, s.Clients)
	want := []loadbalancing.Target{{Instance: s.instance, Zone: "us-east-1a", State: "healthy"}}
	if got := loadbalancing.Targets(objects); !slices.Equal(got, want) {
		t.Errorf("targets %+v, want %+v", got, want)
	}
	entrances := 0
	for _, object := range objects {
		entrance, ok := loadbalancing.EntranceOf(object)
		if !ok {
			continue
		}
		entrances++
		if entrance.ARN != s.balancerARN || entrance.Name != "shop-alb" || !strings.HasPrefix(entrance.DNSName, "shop-alb") ||
			!slices.Equal(entrance.Zones, []string{"us-east-1a", "us-east-1b"}) {
			t.Errorf("entrance %+v", entrance)
		}
	}
	if entrances != 1 {
		t.Errorf("%d entrances among the objects, want 1", entrances)
	}
}

// taken makes the objects as somebody else first.
func taken(t *testing.T, endpoint string) {
	s := newStage(t, endpoint, "mall")
	// The same names for another platform: all that differs is the tags.
	other := s.Owner
	other.Platform = "other"
	own := s.Clients
	for _, ref := range []resource.Ref{s.group, s.balancer, s.listener} {
		node := s.graph.Node(ref.Key())
		request := s.Request(node)
		request.Clients = own
		request.Tags = other.TagsFor(node.Key.String(), node.Key.Name, 1, "")
		id, err := node.Handler.Create(t.Context(), request)
		if err != nil {
			t.Fatal(err)
		}
		s.Clients = refusingListeners(t, endpoint)
		if again, err := node.Handler.Create(t.Context(), s.Request(node)); err == nil {
			t.Errorf("create %s where somebody else's is: took %s", node.Key, again)
		} else if !strings.Contains(err.Error(), "mall") {
			t.Errorf("create %s where somebody else's is: %v doesn't say whose it isn't", node.Key, err)
		}
		s.IDs[node.Key] = id // the others are built on it
	}
	s.Clients = own
	if objects := s.observeAll(t, s.Clients); len(objects) > 0 {
		t.Errorf("took somebody else's objects for the platform's: %+v", objects)
	}
	// Names that merely begin alike are another platform's, too.
	begins := kindtest.New(t, endpoint, "ma")
	if objects := (&stage{Platform: begins}).observeAll(t, begins.Clients); len(objects) > 0 {
		t.Errorf("platform ma has %+v", objects)
	}
}

// proxied gives clients whose calls pass a handler on their way to the endpoint.
func proxied(t *testing.T, endpoint string, around func(next http.Handler) http.Handler) *awsapi.Clients {
	t.Helper()
	target, err := url.Parse(endpoint)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(around(httputil.NewSingleHostReverseProxy(target)))
	t.Cleanup(server.Close)
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return clients
}

// refusingListeners gives clients that are told, as AWS tells and moto doesn't,
// that a listener's port is taken.
func refusingListeners(t *testing.T, endpoint string) *awsapi.Clients {
	return proxied(t, endpoint, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			r.Body = io.NopCloser(bytes.NewReader(body))
			if !bytes.Contains(body, []byte("Action=CreateListener&")) {
				next.ServeHTTP(w, r)
				return
			}
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `<ErrorResponse xmlns="http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"><Error><Type>Sender</Type>`+
				`<Code>DuplicateListener</Code><Message>A listener already exists on this port for this load balancer</Message></Error></ErrorResponse>`)
		})
	})
}

// adopt repeats the creation of a listener that an earlier run made.
func adopt(t *testing.T, endpoint string) {
	s := newStage(t, endpoint, "again")
	for _, ref := range []resource.Ref{s.group, s.balancer, s.listener} {
		s.Make(t, s.graph.Node(ref.Key()))
	}
	s.Clients = refusingListeners(t, endpoint)
	node := s.graph.Node(s.listener.Key())
	if id, err := node.Handler.Create(t.Context(), s.Request(node)); err != nil || id != s.IDs[node.Key] {
		t.Errorf("create the listener again: %s, %v, want %s", id, err, s.IDs[node.Key])
	}
}

// depth holds every call until all that can be under way together are, and
// counts the rounds: how many calls wait for one another.
func depth(t *testing.T, endpoint string) {
	s := newStage(t, endpoint, "deep")
	for _, node := range s.graph.Nodes() {
		if s.IDs[node.Key] == "" {
			s.Make(t, node)
		}
	}
	// Instances, load balancers, target groups; then tags, two kinds of
	// attributes, listeners, health; then the listeners' tags, attributes and rules.
	rounds := []int32{3, 5, 3}
	var arrived atomic.Int32
	gates := make([]chan struct{}, len(rounds))
	for i := range gates {
		gates[i] = make(chan struct{})
	}
	clients := proxied(t, endpoint, func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			n, last := arrived.Add(1), int32(0)
			for i, size := range rounds {
				last += size
				if n == last {
					close(gates[i])
				}
				if n <= last {
					select {
					case <-gates[i]:
					case <-r.Context().Done(): // the rest of the round never came
						return
					}
					break
				}
			}
			next.ServeHTTP(w, r)
		})
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		s.observeAll(t, clients)
	}()
	select {
	case <-done:
	case <-ctx.Done():
		t.Fatalf("the calls don't run side by side: %d came, and none more before those were answered", arrived.Load())
	}
	if n := arrived.Load(); n != 11 {
		t.Errorf("%d calls, want 11", n)
	}
}

// vanish deletes the load balancer and the target group right after they were
// listed: what is gone by the next call is left out.
func vanish(t *testing.T, endpoint string) {
	s := newStage(t, endpoint, "gone")
	for _, node := range s.graph.Nodes() {
		if s.IDs[node.Key] == "" {
			s.Make(t, node)
		}
	}
	snapshot := s.Clients.Snapshot()
	kinds := loadbalancing.Kinds()
	if objects, err := kinds[0].Observe(t.Context(), snapshot, s.Owner); err != nil || len(objects) != 1 {
		t.Fatalf("target groups: %v, %v", objects, err)
	}
	for _, ref := range []resource.Ref{s.listener, s.balancer, s.group} {
		node := s.graph.Node(ref.Key())
		if err := node.Handler.Delete(t.Context(), s.Clients, resource.Record{Key: node.Key, ID: s.IDs[node.Key]}); err != nil {
			t.Fatal(err)
		}
	}
	// The snapshot still has the target group and its tags; the rest is read now.
	for _, kind := range kinds {
		objects, err := kind.Observe(t.Context(), snapshot, s.Owner)
		if err != nil || len(objects) > 0 {
			t.Errorf("list %s: %+v, %v, want nothing and no error", kind.Name, objects, err)
		}
	}
}
