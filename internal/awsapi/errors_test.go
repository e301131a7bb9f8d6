package awsapi

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/testenv"
)

func apiError(code, message string) error {
	return fmt.Errorf("create it: %w", &smithy.OperationError{
		ServiceID: "EC2", OperationName: "CreateIt", Err: &smithy.GenericAPIError{Code: code, Message: message},
	})
}

func TestIsPropagating_TrueForUnseen(t *testing.T) {
	refused := apiError("InvalidSubnet.Conflict", "The CIDR conflicts")
	err := fmt.Errorf("create it: %w", &Unseen{refused})
	if !IsPropagating(err) || !HasCode(err, "InvalidSubnet.Conflict") || IsPropagating(refused) {
		t.Errorf("propagating %t, its code %q; the refusal alone: propagating %t", IsPropagating(err), Code(err), IsPropagating(refused))
	}
}

// TestClasses lists every class of some errors, so that a code can't slip into
// a class that it was not meant for.
func TestErrorClasses_CodeIsOfNoOtherClass(t *testing.T) {
	classes := map[string]func(error) bool{
		"not found": IsNotFound, "in use": IsInUse,
		"propagating": IsPropagating, "token conflict": IsTokenConflict, "capacity": IsCapacity,
	}
	for _, test := range []struct {
		code, message string
		want          []string
	}{
		{"InvalidVpcID.NotFound", "", []string{"not found", "propagating"}},
		{"InvalidInstanceID.NotFound", "", []string{"not found", "propagating"}},
		{"NatGatewayNotFound", "", []string{"not found", "propagating"}},
		{"LoadBalancerNotFound", "", []string{"not found", "propagating"}},
		{"TargetGroupNotFound", "", []string{"not found", "propagating"}},
		{"ListenerNotFound", "", []string{"not found", "propagating"}},
		{"NoSuchEntity", "", []string{"not found", "propagating"}},
		{"InvalidAMIID.NotFound", "", []string{"not found"}},
		{"InvalidVpcID.Malformed", "", nil},
		{"DependencyViolation", "", []string{"in use"}},
		{"ResourceInUse", "", []string{"in use"}},
		{"DeleteConflict", "", []string{"in use"}},
		{"InvalidIPAddress.InUse", "", []string{"in use"}},
		{"AuthFailure", "You do not have permission to access the specified resource.", nil},
		{"AuthFailure", "AWS was not able to validate the provided access credentials", nil},
		{"IdempotentInstanceTerminated", "", []string{"token conflict"}},
		{"InsufficientInstanceCapacity", "", []string{"capacity"}},
		{"UnauthorizedOperation", "", nil},
		{"DuplicateListener", "", nil},
		{"InvalidParameterValue", "Invalid IAM Instance Profile name", nil}, // only an instance's kind knows
		{"VpcLimitExceeded", "", nil},
	} {
		err := apiError(test.code, test.message)
		var got []string
		for name, is := range classes {
			if is(err) {
				got = append(got, name)
			}
		}
		slices.Sort(got)
		if !slices.Equal(got, test.want) {
			t.Errorf("%s %q is %v, want %v", test.code, test.message, got, test.want)
		}
	}
	for name, is := range classes {
		for _, err := range []error{nil, errors.New("InvalidVpcID.NotFound")} {
			if is(err) {
				t.Errorf("%v, which is not AWS's, is %s", err, name)
			}
		}
	}
}

func TestCodeAndMessage(t *testing.T) {
	err := apiError("VpcLimitExceeded", "The maximum number of VPCs has been reached.")
	if diff := testenv.Diff([]string{"VpcLimitExceeded", "The maximum number of VPCs has been reached."}, []string{Code(err), Message(err)}); diff != "" {
		t.Error(diff)
	}
	plain := errors.New("no route to host")
	if diff := testenv.Diff([]string{"", "no route to host"}, []string{Code(plain), Message(plain)}); diff != "" {
		t.Error(diff)
	}
	if Code(nil) != "" || Message(nil) != "" {
		t.Error("no error has a code or a message")
	}
}

func TestRetryer_ErrorCodes(t *testing.T) {
	retryer := newRetryer(nil)
	for _, test := range []struct {
		code string
		want bool
	}{
		{"RequestLimitExceeded", true}, {"Throttling", true}, {"ThrottlingException", true},
		{"InsufficientInstanceCapacity", false}, {"InvalidVpcID.NotFound", false}, {"UnauthorizedOperation", false},
	} {
		if got := retryer.IsErrorRetryable(apiError(test.code, "")); got != test.want {
			t.Errorf("%s is tried again: %t, want %t", test.code, got, test.want)
		}
	}
	// AWS says 500 for missing capacity, which would be tried again.
	capacity := &aws.RequestCanceledError{Err: apiError("InsufficientInstanceCapacity", "")}
	if retryer.IsErrorRetryable(capacity) {
		t.Error("missing capacity is tried again")
	}
}
