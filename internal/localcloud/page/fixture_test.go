package page_test

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/netip"
	"net/url"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/page"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// patience is how long a test waits for what the local cloud does by itself.
const patience = 60 * time.Second

const region = "eu-west-1"

// platform is what build makes.
type platform struct {
	cloud       *localcloudtest.Cloud
	vpc         string
	instances   []string // one in zone a, one in zone b
	targetGroup string   // ARN
}

// userData is a web server whose machine needs nothing from the internet.
const userData = `#cloud-config
packages: [nginx]
runcmd:
  - [systemctl, enable, --now, nginx]
`

// build puts a platform into the world: two zones, each with a public and a private
// subnet and an instance, behind a load balancer. It waits until all targets are healthy.
func build(t *testing.T, cloud *localcloudtest.Cloud, name string) platform {
	t.Helper()
	p := platform{cloud: cloud}
	p.change(t, func(tx *world.Tx) {
		vpc := must(network.CreateVPC(tx, "10.0.0.0/16", world.Tags{"platformctl:platform": name}))(t)
		p.vpc = vpc.ID
		gateway := must(network.CreateInternetGateway(tx, nil))(t)
		check(t, network.AttachInternetGateway(tx, gateway.ID, vpc.ID))
		open := must(network.CreateRouteTable(tx, vpc.ID, "", nil))(t)
		inner := must(network.CreateRouteTable(tx, vpc.ID, "", nil))(t)
		check(t, network.CreateRoute(tx, open.ID, network.Route{Destination: "0.0.0.0/0", GatewayID: gateway.ID}))
		must(network.CreateVPCEndpoint(tx, network.NewEndpoint{VPCID: vpc.ID, Service: network.S3Service(region), RouteTableIDs: []string{inner.ID}}, "", nil))(t)
		group := must(network.CreateSecurityGroup(tx, "all", "all", vpc.ID, nil))(t)
		must(network.Authorize(tx, group.ID, false, []network.SecurityGroupRule{{Permission: network.Permission{Protocol: "tcp", From: 80, To: 80, CIDR: "0.0.0.0/0"}}}, nil))(t)

		var public []string
		for i, zone := range []string{"a", "b"} {
			subnet := func(third byte, table string) string {
				cidr := netip.PrefixFrom(netip.AddrFrom4([4]byte{10, 0, third, 0}), 24)
				s := must(network.CreateSubnet(tx, vpc.ID, cidr.String(), region+zone, "", nil))(t)
				must(network.AssociateRouteTable(tx, table, s.ID))(t)
				return s.ID
			}
			public = append(public, subnet(byte(i), open.ID))
			run := must(compute.Run(tx, compute.Launch{ImageID: compute.Images(region)[0].ID, Type: "t3.micro", MinCount: 1, MaxCount: 1,
				SubnetID: subnet(byte(100+i), inner.ID), Groups: []string{group.ID}, UserData: base64.StdEncoding.EncodeToString([]byte(userData)),
				InstanceTags: world.Tags{"Name": hostile + name + "-" + zone}}, ""))(t)
			p.instances = append(p.instances, run[0].ID)
		}
		address := must(network.AllocateAddress(tx, nil))(t)
		must(network.CreateNATGateway(tx, public[0], address.ID, "", nil))(t)

		port, protocol, interval := 80, "HTTP", 5
		timeout, threshold := 2, 2
		targets := must(elbmodel.CreateTargetGroup(tx, elbmodel.NewTargetGroup{Name: name, Protocol: "HTTP", Port: &port, VPCID: vpc.ID,
			HealthCheck: elbmodel.HealthCheckChange{Interval: &interval, Timeout: &timeout, HealthyThreshold: &threshold, UnhealthyThreshold: &threshold}}))(t)
		p.targetGroup = targets.ID
		balancer := must(elbmodel.CreateLoadBalancer(tx, elbmodel.NewLoadBalancer{Name: name, Subnets: public, Groups: []string{group.ID}}))(t)
		must(elbmodel.CreateListener(tx, balancer.ID, elbmodel.ListenerChange{Port: &port, Protocol: &protocol,
			Actions: []elbmodel.Action{{Forward: &elbmodel.Forward{TargetGroups: []elbmodel.WeightedTargetGroup{{ARN: targets.ID, Weight: 1}}}}}}, nil))(t)
	})
	eventually(t, "running instances", func() bool {
		running := true
		p.view(t, func(tx *world.Tx) {
			for _, id := range p.instances {
				i := must(world.Find[compute.Instance](tx, id))(t)
				running = running && i.State == compute.Running
			}
		})
		return running
	})
	p.change(t, func(tx *world.Tx) {
		ids := []elbmodel.TargetID{{InstanceID: p.instances[0]}, {InstanceID: p.instances[1]}}
		check(t, elbmodel.RegisterTargets(tx, p.targetGroup, ids))
	})
	eventually(t, "healthy targets", func() bool {
		healthy := 0
		for _, i := range instances(p.picture(t, url.Values{"platform": {name}})) {
			for _, target := range i.Targets {
				if target.State == "healthy" {
					healthy++
				}
			}
		}
		return healthy == len(p.instances)
	})
	return p
}

// hostile is in the names of instances: markup that must stay text.
const hostile = "<img src=x onerror=alert(1)>"

func (p platform) change(t *testing.T, f func(tx *world.Tx)) {
	t.Helper()
	check(t, p.cloud.World.Update(region, func(tx *world.Tx) error { f(tx); return nil }))
}

func (p platform) view(t *testing.T, f func(tx *world.Tx)) {
	t.Helper()
	check(t, p.cloud.World.View(region, func(tx *world.Tx) error { f(tx); return nil }))
}

// picture asks for the picture as the page does.
func (p platform) picture(t *testing.T, query url.Values) page.Picture {
	t.Helper()
	response := p.get(t, "/_local/picture?"+query.Encode(), "")
	defer response.Body.Close()
	var picture page.Picture
	decoder := json.NewDecoder(response.Body)
	decoder.DisallowUnknownFields()
	check(t, decoder.Decode(&picture))
	return picture
}

// get makes a request of the endpoint. It keeps no connection, so that none outlives a test.
func (p platform) get(t *testing.T, path, accept string) *http.Response {
	t.Helper()
	return fetch(t, p.cloud.Endpoint+path, accept)
}

func fetch(t *testing.T, address, accept string) *http.Response {
	t.Helper()
	request := must(http.NewRequestWithContext(t.Context(), http.MethodGet, address, nil))(t)
	if accept != "" {
		request.Header.Set("Accept", accept)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	return must(client.Do(request))(t)
}

// load makes requests of the platform's listener.
func (p platform) load(t *testing.T, requests int) {
	t.Helper()
	address := p.address(t)
	for range requests {
		response := fetch(t, address, "")
		_, err := io.Copy(io.Discard, response.Body)
		check(t, err)
		check(t, response.Body.Close())
		if response.StatusCode != http.StatusOK {
			t.Fatalf("the platform answered %s", response.Status)
		}
	}
}

// address is the URL of the platform's listener.
func (p platform) address(t *testing.T) string {
	t.Helper()
	return p.picture(t, nil).Platform.LoadBalancers[0].Listeners[0].URL + "/"
}

// keepLoaded makes requests until ctx ends. Those that a failure costs are lost.
func keepLoaded(ctx context.Context, address string) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	for ctx.Err() == nil {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
		if err != nil {
			return
		}
		if response, err := client.Do(request); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
	}
}

func instances(p page.Picture) (list []page.Instance) {
	for _, z := range p.Platform.Zones {
		for _, s := range z.Subnets {
			list = append(list, s.Instances...)
		}
	}
	return list
}

// must is for calls whose failure ends the test.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		check(t, err)
		return v
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits for what takes real time, such as health checks.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	late := time.After(patience)
	for !holds() {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("waited %v for %s", patience, what)
		}
	}
}
