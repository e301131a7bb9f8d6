package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/httpclient"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
)

// Platform is what a verification has to know of a platform.
type Platform struct {
	Clients *awsapi.Clients
	Owner   awsapi.Owner
	// Zones are those that must serve.
	Zones []string
	// Objects are what was there before the plan, Records what is on record after it.
	Objects []resource.Object
	Records []resource.Record
	// Front is how users reach the load balancer with a DNS name; without a URL where it
	// has no address yet.
	Front func(ctx context.Context, dnsName string) (Front, error)
	// NoFetch ends the verification when the URL is known.
	NoFetch bool
	// Inspect reads the platform once more where it doesn't serve; nil: nobody looks.
	Inspect Inspect
}

// inspect is the platform as it is now; false where it can't be read.
func (p Platform) inspect(ctx context.Context) (Inspection, bool) {
	if p.Inspect == nil || ctx.Err() != nil {
		return Inspection{}, false
	}
	now, err := p.Inspect(ctx)
	return now, err == nil
}

// Served is a page that comes from every zone.
type Served struct {
	URL string
	// Astray are the names that don't lead to it.
	Astray []Cause
}

// Page fetches the page until it has come from every zone, and returns where it is:
// success is what a user sees, not what AWS says. With HTTPS it is fetched by the
// domain's name, or past DNS as long as that doesn't lead there, and HTTP must redirect
// to it. The error is an *Error joined with what the instances last wrote on their
// consoles, a *NotRedirected, or the context's.
func Page(ctx context.Context, p Platform, tell func(string)) (Served, error) {
	tell("fetching the page from every zone")
	dnsName, err := dnsName(ctx, p)
	if err != nil {
		return Served{}, err
	}
	front, err := p.Front(ctx, dnsName)
	if err != nil || p.NoFetch {
		return Served{URL: front.Page.URL}, err
	}
	way := front.Choose(ctx)
	missing := slices.Clone(p.Zones)
	fetch := func(ctx context.Context) (Answer, error) {
		// The local cloud may open the port a moment after the listener.
		if way.URL == "" {
			if front, err = p.Front(ctx, dnsName); err != nil || front.Page.URL == "" {
				return Answer{}, errors.Join(errors.New("the load balancer has no address yet"), err)
			}
			way = front.Choose(ctx)
		}
		answer, err := Fetch(ctx, way)
		if missing = slices.DeleteFunc(missing, func(zone string) bool { return answer.Fault() == "" && zone == answer.Zone }); len(missing) > 0 {
			tell("fetching the page from every zone; it has not come from " + strings.Join(missing, ", "))
		}
		return answer, err
	}
	if err := everyZone(ctx, p.Zones, p.Clients.Emulated, fetch); err != nil {
		var silent *Error
		if !errors.As(err, &silent) {
			return Served{}, err // the instances have no part in it
		}
		p.explain(ctx, way, silent)
		return Served{}, errors.Join(err, consoles(ctx, p.Clients, p.Owner))
	}
	if err := front.redirects(ctx); err != nil {
		return Served{}, err
	}
	served := Served{URL: front.Page.URL}
	if way.Through || len(front.Names) > 1 {
		served.Astray = front.astrayAfterSpreading(ctx)
	}
	return served, nil
}

// explain looks for the causes of a page that doesn't come: in AWS, and on the way there.
func (p Platform) explain(ctx context.Context, page httpclient.Way, silent *Error) {
	var now Inspection
	if now, silent.Inspected = p.inspect(ctx); silent.Inspected {
		silent.Causes = now.Causes()
	}
	if page.URL == "" {
		return
	}
	direct := func(ctx context.Context) (Answer, error) { return fetchDirect(ctx, page) }
	if cause, ok := way(ctx, page, proxyOf(page), silent.failure, direct); ok {
		silent.Causes = append(silent.Causes, cause)
	}
}

// dnsName is the name of the platform's load balancer, which AWS is asked for where it
// is not the one that the plan saw.
func dnsName(ctx context.Context, p Platform) (string, error) {
	var now resource.Record
	for _, record := range p.Records {
		if record.Key.Kind == loadbalancing.LoadBalancerKind().Name && record.Generation > now.Generation {
			now = record
		}
	}
	for _, object := range p.Objects {
		if entrance, ok := loadbalancing.EntranceOf(object); ok && entrance.ARN == now.ID {
			return entrance.DNSName, nil
		}
	}
	var name string
	began := time.Now()
	err := observe.Poll(ctx, func() (last bool, err error) {
		name, err = loadbalancing.DNSName(ctx, p.Clients, now.ID)
		if awsapi.IsNotFound(err) && time.Since(began) < observe.VisibleAfter {
			return false, nil // it is new, and not known everywhere
		}
		return true, err
	})
	return name, err
}
