package faults

import (
	"cmp"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// throttled is a service's refusal of too many calls.
// Source for EC2: Amazon EC2 Developer Guide, "Error codes for the Amazon EC2 API". The
// others' are as public logs have them.
func throttled(service string) *wire.Error {
	switch service {
	case "ec2":
		return refuse.WithStatus(http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case "ssm":
		return refuse.New("ThrottlingException", "Rate exceeded")
	case "servicequotas":
		return refuse.New("TooManyRequestsException", "Rate exceeded")
	}
	return refuse.New("Throttling", "Rate exceeded")
}

// serverError is a failure of the service itself. The n-th one of an operation is an
// internal error or, every other time, says that the service is unavailable.
// Source: Amazon EC2 Developer Guide, "Error codes"; the common errors of the others.
func serverError(service string, n int) *wire.Error {
	unavailable := n%2 == 0
	switch {
	case service == "ec2" && unavailable:
		return refuse.WithStatus(http.StatusServiceUnavailable, "Unavailable", "The server is overloaded and can't handle the request.")
	case service == "ssm" && !unavailable:
		return refuse.WithStatus(http.StatusInternalServerError, "InternalServerError", "An error occurred on the server side.")
	case unavailable:
		return refuse.WithStatus(http.StatusServiceUnavailable, "ServiceUnavailable", "The request has failed due to a temporary failure of the server.")
	case service == "ec2":
		return refuse.WithStatus(http.StatusInternalServerError, "InternalError", "An internal error has occurred")
	}
	return refuse.WithStatus(http.StatusInternalServerError, "InternalFailure", "The request processing has failed because of an unknown error, exception or failure.")
}

// refusal is the one that a rule names.
func (r Rule) refusal() *wire.Error {
	return refuse.WithStatus(cmp.Or(r.Status, http.StatusBadRequest), r.Code, "%s", cmp.Or(r.Message, "Injected by a rule of the local cloud's faults."))
}
