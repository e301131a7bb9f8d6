package intercept

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// call sends on a call, tells of it, and only then hands back the reply.
func (p *Proxy) call(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the caller is gone, and nothing was sent
	}
	e := describe(r, body)
	e.At = p.options.Now()
	status, header, reply, err := p.send(r, body)
	e.Took = p.options.Now().Sub(e.At)
	if err == nil {
		e.Status, e.Reply, e.Type = status, reply, header.Get("X-Amzn-Errortype")
	}
	if e.Service != "" {
		if failed := p.options.Exchange(e); failed != nil {
			http.Error(w, "record the call: "+failed.Error(), http.StatusInternalServerError)
			return
		}
	}
	if err != nil {
		panic(http.ErrAbortHandler) // the caller sees what it would see: a connection that breaks
	}
	for name, values := range header {
		w.Header()[name] = values
	}
	w.WriteHeader(status)
	_, _ = w.Write(reply) // a caller that hung up is no concern of ours: the call is done
}

// send sends a request to where it wants to go, or to what stands there. Its context is its own: AWS carries out what has
// arrived, also when the caller has left.
func (p *Proxy) send(r *http.Request, body []byte) (status int, header http.Header, reply []byte, err error) {
	to := url.URL{Scheme: "https", Host: r.Host, Path: r.URL.Path, RawPath: r.URL.RawPath, RawQuery: r.URL.RawQuery}
	if up := p.options.Upstream; up != nil {
		to.Scheme, to.Host = up.Scheme, up.Host
	}
	request, err := http.NewRequestWithContext(context.WithoutCancel(r.Context()), r.Method, to.String(), bytes.NewReader(body))
	if err != nil {
		return 0, nil, nil, err
	}
	request.Header = r.Header.Clone()
	for _, hop := range []string{"Connection", "Keep-Alive", "Proxy-Connection", "Te", "Trailer", "Transfer-Encoding", "Upgrade"} {
		request.Header.Del(hop)
	}
	response, err := p.options.Transport.RoundTrip(request)
	if err != nil {
		return 0, nil, nil, err
	}
	defer response.Body.Close()
	reply, err = io.ReadAll(response.Body)
	response.Header.Del("Transfer-Encoding")
	return response.StatusCode, response.Header, reply, err
}

// describe takes from a request whose call it is. One that isn't signed has no service.
func describe(r *http.Request, body []byte) Exchange {
	e := Exchange{Request: body}
	_, scope, _ := strings.Cut(r.Header.Get("Authorization"), "Credential=")
	scope, _, _ = strings.Cut(scope, ",")
	if parts := strings.Split(scope, "/"); len(parts) >= 5 { // key/date/region/service/aws4_request
		e.Region, e.Service = parts[len(parts)-3], parts[len(parts)-2]
	}
	if _, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), "."); ok {
		e.Operation = operation
	} else if form, err := url.ParseQuery(string(body)); err == nil {
		e.Operation = form.Get("Action")
	}
	return e
}
