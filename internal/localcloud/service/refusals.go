package service

import (
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Refusals are those that any call of a service can meet at its front.
type Refusals struct {
	Throttled             func() *wire.Error
	Internal, Unavailable func() *wire.Error // failures of the service itself
	Scope                 func() *wire.Error // the credentials are for a region that AWS doesn't have
	// Denied is the refusal for lack of a permission: what is lacking in a sentence, and
	// encoded as sts DecodeAuthorizationMessage reads it.
	Denied func(text, encoded string) *wire.Error
	// Unknown is the refusal of an access key that AWS doesn't know.
	Unknown func() *wire.Error
}

// QueryRefusals are those of services with AWS's query protocol.
// Source: the common errors of their API references; throttling as public logs have it.
func QueryRefusals() Refusals {
	return Refusals{
		Throttled: func() *wire.Error { return refuse.New("Throttling", "Rate exceeded") },
		Internal: func() *wire.Error {
			return refuse.WithStatus(http.StatusInternalServerError, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.")
		},
		Unavailable: func() *wire.Error {
			return refuse.WithStatus(http.StatusServiceUnavailable, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
		},
		Scope: func() *wire.Error {
			return refuse.WithStatus(http.StatusForbidden, "SignatureDoesNotMatch", "Credential should be scoped to a valid region. ")
		},
		Denied: func(text, _ string) *wire.Error {
			return refuse.WithStatus(http.StatusForbidden, "AccessDenied", "%s", text)
		},
		Unknown: func() *wire.Error {
			return refuse.WithStatus(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
		},
	}
}

// JSONRefusals are those of services with AWS's JSON protocol.
func JSONRefusals() Refusals {
	r := QueryRefusals()
	r.Throttled = func() *wire.Error { return refuse.New("ThrottlingException", "Rate exceeded") }
	r.Scope = func() *wire.Error {
		return refuse.New("InvalidSignatureException", "Credential should be scoped to a valid region. ")
	}
	r.Denied = func(text, _ string) *wire.Error { return refuse.New("AccessDeniedException", "%s", text) }
	r.Unknown = func() *wire.Error {
		return refuse.New("UnrecognizedClientException", "The security token included in the request is invalid.")
	}
	return r
}
