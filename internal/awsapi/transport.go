package awsapi

import (
	"bytes"
	"io"
	"net/http"

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
	return c.HTTPClient.Do(whole)
}
