package localcloudtest

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
)

// Client returns an HTTP client for a test's own SDK clients, which make one attempt
// only. It keeps no connections, so that none outlives a test.
func Client() *http.Client {
	return &http.Client{Transport: inOnePiece{&http.Transport{DisableKeepAlives: true}}}
}

// inOnePiece sends a request's head and body together. Of a body of the SDK's own type
// net/http sends the head first and, once the body is sent, looks whether there is more
// of it. By then a server on the same machine may have answered and the SDK closed the
// body, which net/http takes for a failure: it cuts the connection in mid-reply.
type inOnePiece struct{ next http.RoundTripper }

func (p inOnePiece) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.Body == nil {
		return p.next.RoundTrip(r)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, fmt.Errorf("read the request's body: %w", err)
	}
	r = r.Clone(r.Context())
	r.Body = io.NopCloser(bytes.NewReader(body))
	return p.next.RoundTrip(r)
}
