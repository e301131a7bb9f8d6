package main

import (
	"bytes"
	"io"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// sdk is the real SDK's configuration for a local cloud; no call is made twice.
func sdk(endpoint, region string) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("bench", "bench", ""), HTTPClient: inOnePiece{http.DefaultClient}}
}

// inOnePiece sends a request's head and body together. Otherwise net/http takes it for a
// failure when an endpoint as near as this one answers before the body's end was seen,
// and cuts the connection while the reply is read.
type inOnePiece struct{ client *http.Client }

// Do implements aws.HTTPClient.
func (p inOnePiece) Do(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Body == http.NoBody {
		return p.client.Do(r)
	}
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	whole := r.Clone(r.Context())
	whole.Body = io.NopCloser(bytes.NewReader(body))
	return p.client.Do(whole)
}
