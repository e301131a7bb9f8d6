package awsapi

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// inOnePiece sends the head and the body of a request together. Of a body of
// the SDK's own type net/http sends the head first, and after the body looks
// once more whether anything is left of it. By then an endpoint on this machine
// may have answered and the SDK closed the body, which net/http takes for a
// failed write: it cuts the connection while the reply is being read.
type inOnePiece struct{ aws.HTTPClient }

// Do implements aws.HTTPClient.
func (c inOnePiece) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return c.HTTPClient.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	whole := r.Clone(r.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	response, err := c.HTTPClient.Do(whole)
	if err != nil {
		return response, err
	}
	return response, foreign(response)
}

// ForeignError says that what answers at an endpoint isn't an API of AWS.
type ForeignError struct {
	Host string
	// TLS says that it speaks HTTPS, and was asked in HTTP.
	TLS bool
}

// Error names the endpoint.
func (e *ForeignError) Error() string {
	if e.TLS {
		return e.Host + " speaks HTTPS, and was asked in HTTP"
	}
	return e.Host + " answers with a web page, as no API of AWS does"
}

// What others than AWS answer: HTTPS servers to HTTP (Go's, Nginx's and Apache's words), and
// web servers, proxies and sign-in pages of networks.
const (
	plainToHTTPS = `Client sent an HTTP request to an HTTPS server|plain HTTP request was sent to HTTPS port|speaking plain HTTP to an SSL-enabled server port`
	webPage      = `^\s*(?i:<!doctype html|<html)`
)

// foreign reads from an answer that it isn't AWS's; nil where it may be. What fails inside
// is left to the retries: a load balancer on the way may answer so for a moment. A web server that doesn't know POST isn't.
func foreign(response *http.Response) error {
	asked := response.Request.URL
	switch {
	case response.StatusCode == http.StatusProxyAuthRequired:
		return &ProxyError{asked.Host, response.Status}
	case response.StatusCode >= http.StatusInternalServerError && response.StatusCode != http.StatusNotImplemented:
		return nil
	case response.StatusCode != http.StatusBadRequest && !strings.Contains(response.Header.Get("Content-Type"), "html"):
		return nil
	}
	rest := response.Body
	begin := make([]byte, 1024)
	n, _ := io.ReadFull(rest, begin)
	begin = begin[:n]
	response.Body = struct {
		io.Reader
		io.Closer
	}{io.MultiReader(bytes.NewReader(begin), rest), rest}
	switch {
	case asked.Scheme == "http" && regexp.MustCompile(plainToHTTPS).Match(begin):
		return &ForeignError{Host: asked.Host, TLS: true}
	case regexp.MustCompile(webPage).Match(begin):
		return &ForeignError{Host: asked.Host}
	}
	return nil
}

// ProxyError says that a proxy didn't let a connection through.
type ProxyError struct{ Host, Status string }

// Error is the proxy's answer.
func (e *ProxyError) Error() string {
	return "the proxy on the way to " + e.Host + " answered " + e.Status
}

// throughProxy is the error of a proxy's answer to CONNECT.
func throughProxy(_ context.Context, _ *url.URL, connect *http.Request, answer *http.Response) error {
	if answer.StatusCode != http.StatusOK {
		return &ProxyError{connect.Host, answer.Status}
	}
	return nil
}
