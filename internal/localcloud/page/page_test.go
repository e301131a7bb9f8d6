package page_test

import (
	"io"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/page"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func TestPicture_ShowsPlatformAndTraffic(t *testing.T) {
	t.Parallel()
	p := build(t, localcloudtest.Start(t), "shop")
	const requests = 8
	before := counted(p.picture(t, nil))
	p.load(t, requests)
	picture := p.picture(t, nil)
	shop := picture.Platform
	if shop == nil || shop.Name != "shop" || shop.Region != region || shop.VPC != p.vpc || shop.CIDR != "10.0.0.0/16" || shop.InternetGateway == "" {
		t.Fatalf("platform %+v", shop)
	}
	if len(shop.Zones) != 2 || shop.Zones[0].Name != region+"a" || shop.Zones[1].Name != region+"b" || len(shop.Endpoints) != 1 {
		t.Fatalf("zones %+v, endpoints %+v", shop.Zones, shop.Endpoints)
	}
	for _, zone := range shop.Zones {
		if len(zone.Subnets) != 2 || !zone.Subnets[0].Public || zone.Subnets[1].Public {
			t.Fatalf("%s: subnets %+v", zone.Name, zone.Subnets)
		}
		public, private := zone.Subnets[0], zone.Subnets[1]
		if public.Way != shop.InternetGateway || len(public.Nodes) != 1 || !public.Nodes[0].InDNS || public.Nodes[0].Blocked != "" || public.Nodes[0].LoadBalancer != "shop" {
			t.Errorf("%s: public subnet %+v", zone.Name, public)
		}
		if len(private.Instances) != 1 || private.Instances[0].State != "running" || len(private.Instances[0].Targets) != 1 {
			t.Fatalf("%s: private subnet %+v", zone.Name, private)
		}
		if target := private.Instances[0].Targets[0]; target.State != "healthy" || target.Port != 80 || target.TargetGroup != "shop" || len(target.Flows) != 2 {
			t.Errorf("%s: target %+v", zone.Name, target)
		}
	}
	if nat := shop.Zones[0].Subnets[0].NATGateways; len(nat) != 1 || nat[0].PublicIP == "" {
		t.Errorf("NAT gateways %+v", nat)
	}
	if got := counted(picture) - before; got != requests {
		t.Errorf("%d requests were counted, %d were made", got, requests)
	}
}

// counted is how many requests targets have answered well.
func counted(p page.Picture) (sum int64) {
	for _, i := range instances(p) {
		for _, target := range i.Targets {
			for _, f := range target.Flows {
				sum += f.Class2xx
			}
		}
	}
	return sum
}

func TestPicture_FollowsFailingAndLeavingTargets(t *testing.T) {
	t.Parallel()
	p := build(t, localcloudtest.Start(t), "shop")
	target := func(id string) page.Target {
		for _, i := range instances(p.picture(t, nil)) {
			if i.ID == id && len(i.Targets) == 1 {
				return i.Targets[0]
			}
		}
		return page.Target{}
	}
	p.change(t, func(tx *world.Tx) { must(compute.Stop(tx, p.instances[:1]))(t) })
	eventually(t, "an unused target", func() bool {
		got := target(p.instances[0])
		return got.State == "unused" && got.Reason == "Target.InvalidState" && got.Description == "Target is in the stopped state"
	})
	p.change(t, func(tx *world.Tx) {
		check(t, elbmodel.DeregisterTargets(tx, p.targetGroup, []elbmodel.TargetID{{InstanceID: p.instances[1]}}))
	})
	if got := target(p.instances[1]); got.State != "draining" || got.DrainingUntil == nil {
		t.Errorf("deregistered: %+v", got)
	}
}

func TestPicture_OfRequestedPlatform(t *testing.T) {
	t.Parallel()
	cloud := localcloudtest.Start(t)
	first, second := build(t, cloud, "one"), build(t, cloud, "two")
	for name, vpc := range map[string]string{"one": first.vpc, "two": second.vpc, "three": first.vpc} {
		picture := first.picture(t, url.Values{"platform": {name}})
		if picture.Platform.VPC != vpc || strings.Join(picture.Platforms, " ") != "one two" {
			t.Errorf("picture of %s: %s of %v, want %s", name, picture.Platform.VPC, picture.Platforms, vpc)
		}
	}
}

func TestPicture_EmptyLocalCloudHasNoPlatform(t *testing.T) {
	p := platform{cloud: localcloudtest.Start(t)}
	if picture := p.picture(t, nil); picture.Platform != nil || len(picture.Platforms) != 0 || picture.Endpoint != p.cloud.Endpoint {
		t.Errorf("picture %+v", picture)
	}
}

func TestPicture_ContinuesAfterKnownCalls(t *testing.T) {
	p := platform{cloud: localcloudtest.Start(t)}
	if response := p.get(t, "/", "application/xml"); response.StatusCode != http.StatusForbidden {
		t.Errorf("a call without a signature: %s", response.Status)
	}
	first := p.picture(t, nil)
	if len(first.Calls) != 1 || first.NextCall != 1 || first.Calls[0].Code != "MissingAuthenticationToken" {
		t.Errorf("calls %+v", first.Calls)
	}
	if second := p.picture(t, url.Values{"calls": {"1"}}); len(second.Calls) != 0 || second.NextCall != 1 {
		t.Errorf("calls from the second on: %+v", second.Calls)
	}
	if later := p.picture(t, url.Values{"calls": {"99"}}); len(later.Calls) != 1 {
		t.Errorf("calls for a page that knows an earlier local cloud: %+v", later.Calls)
	}
	if response := p.get(t, "/_local/picture?calls=x", ""); response.StatusCode != http.StatusBadRequest {
		t.Errorf("calls=x: %s", response.Status)
	}
}

func TestPage_LoadsNothingFromElsewhere(t *testing.T) {
	p := platform{cloud: localcloudtest.Start(t)}
	for path, want := range map[string]string{"/": "<!doctype html>", "/_local/page/page.css": ":root", "/_local/page/page.js": "import"} {
		response := p.get(t, path, "text/html,*/*")
		body := string(must(io.ReadAll(response.Body))(t))
		check(t, response.Body.Close())
		if response.StatusCode != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s: %s without %q", path, response.Status, want)
		}
		if policy := response.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "default-src 'none'") {
			t.Errorf("%s: policy %q", path, policy)
		}
	}
	for _, path := range []string{"/_local/page/nothing", "/_local/page/", "/_local/console?instance=i-1"} {
		if response := p.get(t, path, "text/html"); response.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, response.Status)
		}
	}
}

// counting is how many moments have requests that the moment before had not.
func counting(moments []page.Moment) (n int) {
	requests := func(m page.Moment) (sum int64) {
		for _, c := range m.Counters {
			sum += c.Requests
		}
		return sum
	}
	for i := 1; i < len(moments); i++ {
		if requests(moments[i]) > requests(moments[i-1]) {
			n++
		}
	}
	return n
}

func happened(p page.Picture, what string) bool {
	return slices.ContainsFunc(p.Happened, func(e page.Event) bool { return strings.Contains(e.Text, what) })
}

// What happened while no page was open is told to one that is opened later, and once.
func TestPicture_TellsWhatHappenedBefore(t *testing.T) {
	t.Parallel()
	cloud := localcloudtest.Start(t)
	p, other := build(t, cloud, "shop"), build(t, cloud, "two")
	p.change(t, func(tx *world.Tx) { must(compute.Stop(tx, p.instances[:1]))(t) })
	eventually(t, "the stop, told", func() bool { return happened(p.picture(t, nil), "shop-a is stopped") })
	late := p.picture(t, nil)
	if !happened(late, "target "+hostile+"shop-b is healthy") || happened(late, "two-a") {
		t.Errorf("happened: %+v", late.Happened)
	}
	eventually(t, "a moment of traffic", func() bool { return len(p.picture(t, nil).Before) > 0 })
	if further := p.picture(t, url.Values{"events": {strconv.Itoa(late.NextEvent)}}); happened(further, "shop-a is stopped") || len(further.Before) != 0 {
		t.Errorf("told twice: %+v", further.Happened)
	}
	if of := other.picture(t, url.Values{"platform": {"two"}}); happened(of, "shop-a") || !happened(of, "two-a is running") {
		t.Errorf("of the other: %+v", of.Happened)
	}
	if response := p.get(t, "/_local/picture?events=-1", ""); response.StatusCode != http.StatusBadRequest {
		t.Errorf("events=-1: %s", response.Status)
	}
}
