package record

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/conformance/parity/intercept"
	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
)

// recorded says whether a call is written down. The services are those of the tool, by their signing names; others, such as those that credentials come
// from, pass unseen.
func recorded(service, operation string) bool {
	switch service {
	case "ec2", "elasticloadbalancing", "iam", "ssm", "servicequotas":
		return true
	case "sts":
		return operation == "GetCallerIdentity" // the others' replies have credentials or policies in them
	}
	return false
}

// record writes down an exchange, with everything replaced that tells of the account.
func (r *runner) record(e intercept.Exchange) error {
	if !recorded(e.Service, e.Operation) {
		return nil
	}
	parameters, err := trace.Parameters(string(e.Request))
	if err != nil {
		return err
	}
	reply := string(e.Reply)
	call := trace.Call{
		Service: e.Service, Region: e.Region, Operation: e.Operation, Status: e.Status, At: e.At, Seconds: e.Took.Seconds(),
		Reply: r.scrubbed(reply), Parameters: r.scrub.Parameters(parameters),
	}
	if name, ok := r.current.Load().(string); ok {
		call.Step = name
	}
	if call.Refused() {
		call.Code = trace.CodeOf(reply, e.Type)
	}
	return r.writer.Call(call)
}

// scrubbed is a reply with everything replaced that tells of the account.
func (r *runner) scrubbed(reply string) string {
	if strings.HasPrefix(strings.TrimSpace(reply), "{") {
		return r.scrub.JSON(reply)
	}
	return r.scrub.Text(reply)
}

func parse(endpoint string) (*url.URL, error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return nil, fmt.Errorf("read the endpoint: %w", err)
	}
	return u, nil
}

// transport goes to AWS as the environment says: by its proxy, with its certificates.
func transport(environ []string) (http.RoundTripper, error) {
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.MaxIdleConnsPerHost, t.DisableCompression = 64, true
	for _, pair := range environ {
		if file, ok := strings.CutPrefix(pair, "AWS_CA_BUNDLE="); ok && file != "" {
			text, err := os.ReadFile(file)
			if err != nil {
				return nil, fmt.Errorf("read the certificates of AWS_CA_BUNDLE: %w", err)
			}
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(text)
			t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: pool}
		}
	}
	return t, nil
}

// localCloud stands in AWS's place.
type localCloud struct {
	home, endpoint string
	now            func() time.Time

	mu        sync.Mutex
	addresses map[string]string // of load balancers' listeners, by DNS name
	read      time.Time
}

func startCloud(ctx context.Context, exe, home, latency string, now func() time.Time) (*localCloud, error) {
	status, err := daemon.Ensure(ctx, home, exe, latency, "")
	if err != nil {
		return nil, fmt.Errorf("start a local cloud: %w", err)
	}
	return &localCloud{home: home, endpoint: status.Endpoint, now: now}, nil
}

// stop ends the local cloud, with all that is in it.
func (c *localCloud) stop() error {
	_, err := daemon.Stop(context.Background(), c.home)
	return err
}

// fresh is how long it is known where load balancers are.
const fresh = time.Second

// address is where a load balancer's listener is on this machine.
func (c *localCloud) address(ctx context.Context, host string) (string, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now().Sub(c.read) > fresh {
		status, ok := daemon.Running(ctx, c.home)
		if !ok {
			return "", false
		}
		c.addresses, c.read = map[string]string{}, c.now()
		for _, balancer := range status.LoadBalancers {
			for _, listener := range balancer.Listeners {
				if listener.Port == 80 {
					c.addresses[strings.ToLower(balancer.DNSName)] = listener.Address
				}
			}
		}
	}
	address, ok := c.addresses[strings.ToLower(host)]
	return address, ok
}
