package verify

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
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
	// URL is where a client reaches the load balancer with a DNS name; "" where it
	// has no address yet.
	URL func(ctx context.Context, dnsName string) (string, error)
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

// Page fetches the page until it has come from every zone, and returns its URL:
// success is what a user sees, not what AWS says. The error is an *Error joined with
// what the instances last wrote on their consoles, or the context's.
func Page(ctx context.Context, p Platform, tell func(string)) (string, error) {
	tell("fetching the page from every zone")
	dnsName, err := dnsName(ctx, p)
	if err != nil {
		return "", err
	}
	url, err := p.URL(ctx, dnsName)
	if err != nil || p.NoFetch {
		return url, err
	}
	missing := slices.Clone(p.Zones)
	fetch := func(ctx context.Context) (Answer, error) {
		// The local cloud may open the port a moment after the listener.
		if url == "" {
			if url, err = p.URL(ctx, dnsName); err != nil || url == "" {
				return Answer{}, errors.Join(errors.New("the load balancer has no address yet"), err)
			}
		}
		answer, err := Fetch(ctx, url)
		if missing = slices.DeleteFunc(missing, func(zone string) bool { return answer.Fault() == "" && zone == answer.Zone }); len(missing) > 0 {
			tell("fetching the page from every zone; it has not come from " + strings.Join(missing, ", "))
		}
		return answer, err
	}
	if err := everyZone(ctx, p.Zones, p.Clients.Emulated, fetch); err != nil {
		var silent *Error
		if !errors.As(err, &silent) {
			return "", err // the instances have no part in it
		}
		p.explain(ctx, url, silent)
		return "", errors.Join(err, consoles(ctx, p.Clients, p.Owner))
	}
	return url, nil
}

// explain looks for the causes of a page that doesn't come: in AWS, and on the way there.
func (p Platform) explain(ctx context.Context, url string, silent *Error) {
	var now Inspection
	if now, silent.Inspected = p.inspect(ctx); silent.Inspected {
		silent.Causes = now.Causes()
	}
	if url == "" {
		return
	}
	direct := func(ctx context.Context) (Answer, error) { return fetchDirect(ctx, url) }
	if cause, ok := way(ctx, url, proxyOf(url), silent.failure, direct); ok {
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
