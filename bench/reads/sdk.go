package reads

import (
	"bytes"
	"io"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
)

// SDK is the real SDK's configuration for a local cloud; no call is made twice.
func SDK(endpoint, region string) aws.Config { return Over(&Exchanges{}, endpoint, region) }

// Over is SDK with a client that carries out the requests.
func Over(client aws.HTTPClient, endpoint, region string) aws.Config {
	return aws.Config{Region: region, BaseEndpoint: &endpoint, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("bench", "bench", ""), HTTPClient: client}
}

// Exchanges carries out requests one after the other and remembers how long they took, from the first byte that is
// sent to the last one that comes back: what the SDK does before and after, such as decoding, isn't in it.
//
// It sends a request's head and body together. Otherwise net/http takes it for a failure
// when an endpoint as near as this one answers before the body's end was seen, and cuts
// the connection while the reply is read.
type Exchanges struct {
	Took  []time.Duration
	Bytes int // of the last reply
}

// Do implements aws.HTTPClient.
func (e *Exchanges) Do(r *http.Request) (*http.Response, error) {
	if r.Body != nil && r.Body != http.NoBody {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		r = r.Clone(r.Context())
		r.Body = io.NopCloser(bytes.NewReader(body))
	}
	begun := time.Now()
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body := bytes.NewBuffer(make([]byte, 0, max(0, response.ContentLength)+bytes.MinRead))
	if _, err := body.ReadFrom(response.Body); err != nil {
		return nil, err
	}
	e.Took, e.Bytes = append(e.Took, time.Since(begun)), body.Len()
	response.Body = io.NopCloser(body)
	return response, nil
}
