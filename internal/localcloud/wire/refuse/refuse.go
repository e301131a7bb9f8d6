// Package refuse holds the errors with which the local cloud turns a call down.
// It is apart from package wire so that the model, which knows nothing of HTTP,
// can refuse as well. What belongs here: the error type and the constructors that
// several areas share. An error that only one kind of object gives is made by that
// object's file with [New].
package refuse

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// HTTP statuses that refusals of the model have, besides the usual 400: the model
// itself doesn't import net/http.
const (
	StatusNotFound  = http.StatusNotFound
	StatusConflict  = http.StatusConflict
	StatusForbidden = http.StatusForbidden
	// StatusNotSimulated is that of NotSimulated alone.
	StatusNotSimulated = http.StatusNotImplemented
)

// Error is a refusal as AWS words it.
type Error struct {
	Status  int    // HTTP status
	Code    string // AWS error code, such as "DependencyViolation"
	Message string
	Detail  Detail // what S3's document says beside
}

// Detail is a further element of a refusal.
type Detail struct{ Name, Value string }

// With is a refusal with a detail.
func (e *Error) With(name, value string) *Error {
	e.Detail = Detail{name, value}
	return e
}

func (e *Error) Error() string { return e.Code + ": " + e.Message }

// Text is what an error says, without the code where it is a refusal.
func Text(err error) string {
	var refusal *Error
	if errors.As(err, &refusal) {
		return refusal.Message
	}
	return err.Error()
}

// Is reports whether an error is a refusal with that code.
func Is(err error, code string) bool {
	refusal, ok := errors.AsType[*Error](err)
	return ok && refusal.Code == code
}

// Fault says whose it is, in the words of the query protocol.
func (e *Error) Fault() string {
	if e.Status >= http.StatusInternalServerError {
		return "Receiver"
	}
	return "Sender"
}

// New makes a refusal with HTTP status 400, which is what nearly all of AWS's have.
func New(code, format string, args ...any) *Error {
	return WithStatus(http.StatusBadRequest, code, format, args...)
}

// WithStatus makes a refusal with the given HTTP status.
func WithStatus(status int, code, format string, args ...any) *Error {
	message := format
	if len(args) > 0 {
		message = fmt.Sprintf(format, args...)
	}
	return &Error{Status: status, Code: code, Message: message}
}

// NotSimulated says that the local cloud has no such operation, parameter or value.
// It isn't AWS's: rather than ignore what it doesn't know, the local cloud names it.
func NotSimulated(format string, args ...any) *Error {
	return WithStatus(StatusNotSimulated, "NotSimulated", "platformctl local cloud: "+format, args...)
}

// Internal is an unexpected failure of the local cloud itself.
func Internal(err error) *Error {
	return WithStatus(http.StatusInternalServerError, "InternalError", "platformctl local cloud: %v", err)
}

// DryRun is EC2's answer to a call that would have succeeded.
func DryRun() *Error {
	return WithStatus(http.StatusPreconditionFailed, "DryRunOperation", "Request would have succeeded, but DryRun flag is set.")
}

// DependencyViolation is EC2's refusal to delete or detach what is in use.
func DependencyViolation(format string, args ...any) *Error {
	return New("DependencyViolation", format, args...)
}

// InvalidParameterValue is the refusal of a value.
func InvalidParameterValue(format string, args ...any) *Error {
	return New("InvalidParameterValue", format, args...)
}

// InvalidParameterCombination is the refusal of parameters that exclude each other.
func InvalidParameterCombination(format string, args ...any) *Error {
	return New("InvalidParameterCombination", format, args...)
}

// MissingParameter is EC2's refusal of a call that lacks a parameter.
func MissingParameter(name string) *Error {
	return New("MissingParameter", "The request must contain the parameter %s", name)
}

// Malformed is EC2's refusal of an ID that isn't shaped like one. The code is such
// as "InvalidVpcID.Malformed", the prefix such as "vpc".
func Malformed(code, id, prefix string) *Error {
	return New(code, "Invalid id: %q (expecting %q)", id, prefix+"-...")
}

// NotFound is EC2's refusal of an ID that nothing has. The noun is such as "vpc ID".
func NotFound(code, noun string, ids ...string) *Error {
	if len(ids) == 1 {
		return New(code, "The %s '%s' does not exist", noun, ids[0])
	}
	return New(code, "The %ss '%s' do not exist", noun, strings.Join(ids, ", "))
}
