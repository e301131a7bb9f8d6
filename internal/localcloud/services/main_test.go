// Package services_test calls each service's operations with the SDK's client, a file a service, or more. They are one
// package since a test program that holds the SDK takes a while to link.
package services_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestMain(m *testing.M) {
	testenv.Waiting("4")
	os.Exit(m.Run())
}

// patience is how long tests wait for what takes milliseconds.
const patience = 30 * time.Second

// must takes a call's result where it succeeded.
func must[T any](v T, err error) func(t *testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// refused wants a call to be refused with an HTTP status, a code, and a message, where that isn't "".
func refused(t *testing.T, err error, status int, code, message string) {
	t.Helper()
	var api smithy.APIError
	if !errors.As(err, &api) || api.ErrorCode() != code || message != "" && api.ErrorMessage() != message {
		t.Fatalf("got  %v\nwant %s: %s", err, code, message)
	}
	var response *smithyhttp.ResponseError
	if !errors.As(err, &response) || response.HTTPStatusCode() != status {
		t.Fatalf("%s: want HTTP status %d, got %v", code, status, err)
	}
}

// codeOf is the code of a refusal; "" where a call wasn't refused.
func codeOf(err error) string {
	var api smithy.APIError
	if errors.As(err, &api) {
		return api.ErrorCode()
	}
	return ""
}
