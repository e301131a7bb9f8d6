package verify

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/dns"
	"github.com/platformctl/platformctl/internal/httpclient"
	kinds "github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/resource"
)

// Front is how users reach a platform.
type Front struct {
	// Page is the way to the page; without a URL it has no address yet.
	Page httpclient.Way
	// Plain is the way to the HTTP listener that redirects to the page; without a URL where the page itself is plain.
	Plain httpclient.Way
	// Names are all that should lead to the load balancer, the domain first; none where the page is plain.
	Names []string
	// LoadBalancer is its own DNS name.
	LoadBalancer string
	// HostedZone is the zone in which the platform makes the records of its names; "" where they are made elsewhere.
	HostedZone string
}

// Reached is what came of the attempt to fetch a page as users do.
type Reached struct {
	// Way is the one that was taken: by the page's name, or past DNS through the load balancer's.
	Way    httpclient.Way
	Answer Answer
	Err    error
	// Astray are the names that don't lead to the page, each with what to do about it.
	Astray []Cause
}

// Fault is why the page didn't come; "" where it did.
func (r Reached) Fault() string {
	if r.Err != nil {
		return r.Err.Error()
	}
	return r.Answer.Fault()
}

// Reach fetches the page by each of its names. Where the first doesn't lead to it, the page is fetched past DNS.
func (f Front) Reach(ctx context.Context) Reached {
	r := Reached{Way: f.Page}
	if len(f.Names) == 0 {
		r.Answer, r.Err = Fetch(ctx, f.Page)
		return r
	}
	var all sync.WaitGroup
	astray := make([]*Cause, len(f.Names))
	for i, name := range f.Names {
		if strings.HasPrefix(name, "*.") {
			continue // it is many names, or none
		}
		all.Go(func() {
			answer, err := Fetch(ctx, f.Page.For(name))
			if i == 0 {
				r.Answer, r.Err = answer, err
			}
			if err != nil || answer.Fault() != "" {
				cause := f.astray(ctx, name, answer, err)
				astray[i] = &cause
			}
		})
	}
	all.Wait()
	for _, cause := range astray {
		if cause != nil {
			r.Astray = append(r.Astray, *cause)
		}
	}
	if astray[0] != nil {
		r.Way = f.Page.PastDNS()
		r.Answer, r.Err = Fetch(ctx, r.Way)
	}
	return r
}

// A record that has just been made is in DNS within a minute on AWS, and at once in a fast local cloud, for which a little
// patience saves a warning.
const (
	spreadTries = 4
	spreadPause = 100 * time.Millisecond
)

// astrayAfterSpreading are the names that don't lead to the page, after a moment for the records of the platform's own zone.
func (f Front) astrayAfterSpreading(ctx context.Context) []Cause {
	for try := 1; ; try++ {
		astray := f.Reach(ctx).Astray
		spreads := slices.ContainsFunc(astray, func(c Cause) bool { return c.Transient })
		if !spreads || try == spreadTries || observe.Sleep(ctx, spreadPause) != nil {
			return astray
		}
	}
}

// Choose is the way on which the page comes now: by the domain, or else past DNS.
func (f Front) Choose(ctx context.Context) httpclient.Way {
	if len(f.Names) == 0 || f.Page.URL == "" {
		return f.Page
	}
	if answer, err := Fetch(ctx, f.Page); err == nil && answer.Fault() == "" {
		return f.Page
	}
	return f.Page.PastDNS()
}

// astray says what is wrong with a name by which the page doesn't come.
func (f Front) astray(ctx context.Context, name string, answer Answer, err error) Cause {
	cause := Cause{Hint: fmt.Sprintf("make a record that leads there: CNAME %s, or at the top of a zone an alias to it", f.LoadBalancer)}
	if f.HostedZone != "" {
		cause.Resource = resource.Key{Kind: kinds.RecordKind().Name, Name: kinds.AddressName(name)}.String()
		cause.Hint = fmt.Sprintf("zone %s has the record, or platformctl up makes it; a resolver that was asked before may deny it for 15 minutes", f.HostedZone)
	}
	var unknown *net.DNSError
	switch {
	case errors.As(err, &unknown) && unknown.IsNotFound:
		cause.Message = name + " has no address in DNS"
		if f.HostedZone != "" { // whose record may be missing, which is drift, or spreads
			cause.Message, cause.Transient = cause.Message+" yet", true
		}
	case errors.As(err, &unknown), errors.As(err, new(*dns.Failure)):
		cause.Message = fmt.Sprintf("%s can't be looked up in DNS: %v", name, err)
		cause.Hint = "check this machine's network, and whether the name servers of the domain answer"
	case httpclient.CertificateFault(err) != "":
		cause.Message = fmt.Sprintf("%s is served%s with a certificate that isn't accepted: %s", name, f.addresses(ctx, name), httpclient.CertificateFault(err))
	case err != nil:
		cause.Message = fmt.Sprintf("the page doesn't come by %s%s: %v", name, f.addresses(ctx, name), err)
	default:
		cause.Message = fmt.Sprintf("the page doesn't come by %s%s: %s", name, f.addresses(ctx, name), answer.Fault())
	}
	return cause
}

// addresses say where a name leads, as a part of a sentence; "" where DNS doesn't say.
func (f Front) addresses(ctx context.Context, name string) string {
	asked := f.Page.DNS
	if asked == nil {
		asked = dns.System(ctx)
	}
	found, err := asked.A(ctx, name)
	if err != nil || len(found) == 0 {
		return ""
	}
	list := make([]string, len(found))
	for i, address := range found {
		list[i] = address.String()
	}
	return fmt.Sprintf(" (which leads to %s)", strings.Join(list, ", "))
}

// NotRedirected says that users who come over HTTP aren't led to the page.
type NotRedirected struct {
	// URL is where they come, and Page where they should be led.
	URL, Page string
	// Seen is what came instead.
	Seen string
}

// Error implements error.
func (e *NotRedirected) Error() string {
	return fmt.Sprintf("%s doesn't redirect to %s within %s: %s", e.URL, e.Page, redirectTimeout, e.Seen)
}

// redirectTimeout is how long the nodes of a load balancer may take to know a listener's new action.
const redirectTimeout = time.Minute

// redirects waits until the HTTP listener leads to the page.
func (f Front) redirects(ctx context.Context) error {
	if f.Plain.URL == "" {
		return nil
	}
	waiting, cancel := context.WithTimeout(ctx, redirectTimeout)
	defer cancel()
	wrong := &NotRedirected{URL: f.Plain.URL, Page: f.Page.URL}
	err := observe.Poll(waiting, func() (bool, error) {
		wrong.Seen = f.redirect(waiting)
		return wrong.Seen == "", nil
	})
	if err == nil || ctx.Err() != nil {
		return ctx.Err()
	}
	return wrong
}

// redirect is what the HTTP listener answers instead of a redirect to the page; "" where that comes.
func (f Front) redirect(ctx context.Context) string {
	response, err := get(ctx, f.Plain.PastDNS())
	if err != nil {
		return err.Error()
	}
	if err := response.Body.Close(); err != nil {
		return err.Error()
	}
	if response.StatusCode != http.StatusMovedPermanently && response.StatusCode != http.StatusFound {
		return fmt.Sprintf("HTTP %d", response.StatusCode)
	}
	to, err := response.Location()
	page, failed := url.Parse(f.Page.URL)
	if err != nil || failed != nil || origin(to) != origin(page) {
		return fmt.Sprintf("it redirects to %s", response.Header.Get("Location"))
	}
	return ""
}

// origin is what a browser takes for the same site.
func origin(u *url.URL) [3]string {
	port := u.Port()
	if port == "" {
		port = map[string]string{"http": "80", "https": "443"}[u.Scheme]
	}
	return [3]string{u.Scheme, strings.ToLower(u.Hostname()), port}
}
