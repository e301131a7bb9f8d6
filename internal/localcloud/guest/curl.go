package guest

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// curl fetches from the instance's own web server. Other hosts aren't simulated.
func (g *Guest) curl(ctx context.Context, p shell.Process) int {
	var address, write string
	quiet, fail, discard := false, false, false
	for i := 1; i < len(p.Args); i++ {
		value := func() string {
			if i++; i < len(p.Args) {
				return p.Args[i]
			}
			return ""
		}
		switch a := p.Args[i]; {
		case a == "-w" || a == "--write-out":
			write = value()
		case a == "-o" || a == "--output":
			if value() != "/dev/null" {
				return notSimulated(p)
			}
			discard = true
		case strings.HasPrefix(a, "-") && !strings.HasPrefix(a, "--") && strings.Trim(a[1:], "sSf") == "":
			quiet = quiet || strings.Contains(a, "s") && !strings.Contains(a, "S")
			fail = fail || strings.Contains(a, "f")
		case strings.HasPrefix(a, "-") || address != "":
			return notSimulated(p)
		default:
			address = a
		}
	}
	if !strings.Contains(address, "://") {
		address = "http://" + address
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "http" || !slices.Contains([]string{"localhost", "127.0.0.1", g.options.PrivateIP, g.options.LocalHostname}, u.Hostname()) {
		return notSimulated(p)
	}
	port := 80
	if u.Port() != "" {
		if port, err = strconv.Atoi(u.Port()); err != nil {
			return notSimulated(p)
		}
	}
	response, err := g.fetch(ctx, u, port)
	if err != nil {
		if !quiet {
			complain(p, 0, "curl: (7) Failed to connect to %s port %d after 0 ms: Couldn't connect to server", u.Hostname(), port)
		}
		return 7
	}
	defer response.Body.Close()
	failed := fail && response.StatusCode >= http.StatusBadRequest
	if !discard && !failed {
		if _, err := io.Copy(p.Stdout, response.Body); err != nil {
			return 18
		}
	}
	fmt.Fprint(p.Stdout, strings.NewReplacer("%{http_code}", strconv.Itoa(response.StatusCode), `\n`, "\n").Replace(write))
	if failed {
		return complain(p, 22, "curl: (22) The requested URL returned error: %d", response.StatusCode)
	}
	return 0
}

func (g *Guest) fetch(ctx context.Context, u *url.URL, port int) (*http.Response, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return nil, err
	}
	transport := &http.Transport{DisableKeepAlives: true, DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
		at, state := g.Address(port)
		if state != Open {
			return nil, fmt.Errorf("port %d is closed", port)
		}
		return new(net.Dialer).DialContext(ctx, "tcp", at)
	}}
	return transport.RoundTrip(request)
}
