package notification

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Within is how long an endpoint may take for its answer.
// Source: SNS Developer Guide, "Amazon SNS message delivery retries".
const Within = 15 * time.Second

// Client posts messages to endpoints on this machine.
type Client struct{ http http.Client }

// NewClient makes a client.
func NewClient() *Client {
	dialer := &net.Dialer{Control: onlyLoopback}
	return &Client{http.Client{
		Timeout: Within,
		Transport: &http.Transport{DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			host, port, err := net.SplitHostPort(address)
			if err != nil {
				return nil, err
			}
			if !OfThisMachine(host) {
				return nil, errElsewhere(host)
			}
			if _, err := netip.ParseAddr(host); err != nil {
				address = net.JoinHostPort("localhost", port) // whatever a resolver says of names under it
			}
			return dialer.DialContext(ctx, network, address)
		}},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

func errElsewhere(host string) error {
	return fmt.Errorf("%s isn't an address of this machine's loopback, and messages go to no other", host)
}

// onlyLoopback lets nothing else be dialled, whatever names lead to.
func onlyLoopback(_, address string, _ syscall.RawConn) error {
	if a, err := netip.ParseAddrPort(address); err != nil || !a.Addr().Unmap().IsLoopback() {
		return errElsewhere(address)
	}
	return nil
}

// OfThisMachine reports whether nobody else than this machine can have such a host: an address or a name, without a port.
// Source: RFC 6761, 6.3, for names under localhost.
func OfThisMachine(host string) bool {
	if a, err := netip.ParseAddr(strings.Trim(host, "[]")); err == nil {
		return a.Unmap().IsLoopback()
	}
	host = strings.ToLower(strings.TrimSuffix(host, "."))
	return host == "localhost" || strings.HasSuffix(host, ".localhost")
}

// maxAnswer is how much of an answer is read, in bytes.
const maxAnswer = 64 << 10

// Post posts a body, and returns the status of the answer. Redirects aren't followed. An error says why there is no answer.
func (c *Client) Post(ctx context.Context, endpoint string, header http.Header, body []byte) (status int, err error) {
	u, err := url.Parse(endpoint)
	if err != nil {
		return 0, fmt.Errorf("the endpoint is no URL: %w", err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, u.String(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	request.Header = header
	if password, has := u.User.Password(); has || u.User != nil {
		request.SetBasicAuth(u.User.Username(), password)
	}
	answer, err := c.http.Do(request)
	if err != nil {
		return 0, err
	}
	defer answer.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(answer.Body, maxAnswer))
	return answer.StatusCode, nil
}

// Close ends idle connections.
func (c *Client) Close() { c.http.CloseIdleConnections() }
