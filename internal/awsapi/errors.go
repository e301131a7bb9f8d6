package awsapi

import (
	"errors"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/smithy-go"
)

// Code is AWS's error code in err, "" where there is none.
func Code(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}

// Message is AWS's own message in err, or the error's text; "" without one.
func Message(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorMessage()
	}
	if err == nil {
		return ""
	}
	return err.Error()
}

// Text is an error without the SDK's plumbing: AWS's code and message, or what
// broke, and in which call.
func Text(err error) string {
	var (
		api       smithy.APIError
		denied    *Denied
		operation *smithy.OperationError
		gaveUp    *GaveUp
	)
	var text string
	verb := " failed: "
	switch cause := underneath(err); {
	case errors.As(err, &denied):
		text, verb = denied.Error(), " was refused: "
	case errors.As(err, &api):
		text, verb = api.ErrorCode()+": "+api.ErrorMessage(), " was refused: "
	case cause != nil:
		text = cause.Error()
	default:
		return err.Error()
	}
	if errors.As(err, &operation) {
		text = operation.OperationName + verb + text
	}
	if errors.As(err, &gaveUp) {
		text += " (" + gaveUp.Error() + ")"
	}
	return text
}

// underneath is what broke under the SDK's layers, nil where that isn't known.
func underneath(err error) error {
	var (
		credentials *CredentialsError
		sent        *url.Error
	)
	switch {
	case errors.As(err, &credentials):
		return credentials
	case errors.As(err, &sent):
		return sent.Err
	}
	return nil
}

// IsUnknownOperation reports that what answers at the endpoint doesn't have the operation.
func IsUnknownOperation(err error) bool {
	return HasCode(err, "InvalidAction", "UnknownOperationException", "NotImplemented", "NotSimulated")
}

// HasCode reports that AWS's code in err is one of these. What a code means to one kind
// alone, such as that its name is taken, stands beside the kind.
func HasCode(err error, codes ...string) bool { return slices.Contains(codes, Code(err)) }

// IsNotFound reports that the object is not there. The codes follow two patterns: EC2's and ELBv2's
// end in NotFound, as ACM's ResourceNotFoundException; IAM's and Route 53's begin with NoSuch.
func IsNotFound(err error) bool {
	code := strings.TrimSuffix(Code(err), "Exception")
	return strings.HasSuffix(code, "NotFound") || strings.HasPrefix(code, "NoSuch")
}

// IsInUse reports that something else still uses the object, so that it
// can't be deleted yet: such as "DependencyViolation", and an InUse.
func IsInUse(err error) bool {
	var inUse *InUse
	return errors.As(err, &inUse) || HasCode(err, "DependencyViolation", "ResourceInUse", "InvalidIPAddress.InUse", "DeleteConflict",
		"IncorrectState", "IncorrectInstanceState", "ResourceInUseException")
}

// InUse marks the refusal of a deletion whose code alone doesn't tell that the object
// is in use.
type InUse struct{ Err error }

// Error is AWS's refusal.
func (e *InUse) Error() string { return e.Err.Error() }

// Unwrap is AWS's refusal.
func (e *InUse) Unwrap() error { return e.Err }

// IsPropagating reports an error that means, of an object that certainly
// exists, that another part of AWS hasn't heard of it yet: the call is repeated
// inside a window. NotFound of what was just made is one (images are never ours), and so are
// an Unseen and a Propagating.
func IsPropagating(err error) bool {
	var unseen *Unseen
	var propagating *Propagating
	return errors.As(err, &unseen) || errors.As(err, &propagating) ||
		IsNotFound(err) && !HasCode(err, "InvalidAMIID.NotFound", "InvalidSnapshot.NotFound")
}

// Propagating marks a refusal that a kind knows to be one of a part of AWS that hasn't
// heard of an object yet.
type Propagating struct{ Err error }

// Error is AWS's refusal.
func (e *Propagating) Error() string { return e.Err.Error() }

// Unwrap is AWS's refusal.
func (e *Propagating) Unwrap() error { return e.Err }

// Refusal describes errors of AWS.
type Refusal struct {
	Code string
	// Message is a regular expression that AWS's message must match; "" is any.
	Message string
}

// Matches reports that err is such a refusal.
func (r Refusal) Matches(err error) bool {
	return HasCode(err, r.Code) && regexp.MustCompile(r.Message).MatchString(Message(err))
}

// IsTokenConflict reports that the client token was used for an object that has
// since ended, or for another request, so that a new generation is due.
func IsTokenConflict(err error) bool {
	return HasCode(err, "IdempotentInstanceTerminated", "IdempotentParameterMismatch")
}

// IsAmbiguous reports that the call may have been carried out although it
// failed: the connection broke, or AWS failed inside.
func IsAmbiguous(err error) bool {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		// Below 300 AWS did it, and its reply broke off.
		status := response.HTTPStatusCode()
		return status >= http.StatusInternalServerError && !isThrottle(err) || status < http.StatusMultipleChoices
	}
	var api smithy.APIError
	return !errors.As(err, &api) && !isDialError(err)
}

func isThrottle(err error) bool {
	return retry.IsErrorThrottles(retry.DefaultThrottles).IsErrorThrottle(err).Bool()
}

// isDialError reports that no connection was made, so that nothing was sent.
func isDialError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && (op.Op == "dial" || op.Op == "proxyconnect")
}

// IsCapacity reports that AWS has no room now. It lasts, so it is not retried.
func IsCapacity(err error) bool { return causeOfCode(err) == Capacity }
