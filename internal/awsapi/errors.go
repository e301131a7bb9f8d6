package awsapi

import (
	"errors"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
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

// Text is an error without the SDK's plumbing: AWS's code and message, and
// which call was refused.
func Text(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return err.Error()
	}
	text := api.ErrorCode() + ": " + api.ErrorMessage()
	var operation *smithy.OperationError
	if errors.As(err, &operation) {
		text = operation.OperationName + " was refused: " + text
	}
	return text
}

func hasCode(err error, codes ...string) bool { return slices.Contains(codes, Code(err)) }

// IsNotFound reports that the object is not there: EC2's Invalid….NotFound
// family, the NAT gateway's own two codes, ELBv2's …NotFound and IAM's
// NoSuchEntity.
func IsNotFound(err error) bool {
	code := Code(err)
	return strings.HasSuffix(code, ".NotFound") ||
		hasCode(err, "NatGatewayNotFound", "NoSuchEntity", "LoadBalancerNotFound", "TargetGroupNotFound",
			"ListenerNotFound", "RuleNotFound")
}

// IsAlready reports that what was asked for is so already.
func IsAlready(err error) bool {
	return hasCode(err, "InvalidPermission.Duplicate", "RouteAlreadyExists", "Resource.AlreadyAssociated",
		"Gateway.NotAttached", "InvalidPermission.NotFound", "InvalidRoute.NotFound")
}

// IsDuplicate reports that the name, port or address range is taken.
func IsDuplicate(err error) bool {
	return hasCode(err, "InvalidGroup.Duplicate", "InvalidSubnet.Conflict", "EntityAlreadyExists", "DuplicateLoadBalancerName",
		"DuplicateTargetGroupName", "DuplicateListener")
}

// IsInTheWay reports that something else still uses the object, so that it
// can't be deleted yet: "DependencyViolation" and its kin.
func IsInTheWay(err error) bool {
	return hasCode(err, "DependencyViolation", "ResourceInUse", "InvalidIPAddress.InUse", "DeleteConflict",
		"IncorrectState", "IncorrectInstanceState", "ResourceInUseException") ||
		// Releasing an address that a NAT gateway still holds is refused so.
		hasCode(err, "AuthFailure") && strings.Contains(Message(err), "permission to access the specified resource")
}

// IsPropagating reports an error that means, of an object that certainly
// exists, that another part of AWS hasn't heard of it yet: it is tried again
// inside a window. NotFound of what was just made (images are never ours), an instance profile that
// EC2 doesn't know, and a target that isn't running yet are such.
func IsPropagating(err error) bool {
	if IsNotFound(err) {
		return !hasCode(err, "InvalidAMIID.NotFound", "InvalidSnapshot.NotFound")
	}
	message := Message(err)
	return hasCode(err, "InvalidParameterValue") && (strings.Contains(message, "Invalid IAM Instance Profile") ||
		strings.Contains(message, "has no associated IAM Roles")) ||
		hasCode(err, "InvalidTarget", "SubnetNotFound", "InvalidSecurityGroup")
}

// IsSpentToken reports that the client token was used for an object that has
// since ended, or for another request, so that a new generation is due.
func IsSpentToken(err error) bool {
	return hasCode(err, "IdempotentInstanceTerminated", "IdempotentParameterMismatch")
}

// IsAmbiguous reports that the call may have been carried out although it
// failed: the connection broke, or AWS failed inside.
func IsAmbiguous(err error) bool {
	var response *awshttp.ResponseError
	if errors.As(err, &response) {
		return response.HTTPStatusCode() >= http.StatusInternalServerError && !isThrottle(err)
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
	return errors.As(err, &op) && op.Op == "dial"
}

// WithoutToken is for a create call that has no client token: it is repeated
// only where AWS certainly did nothing. What else may follow, the engine knows.
func WithoutToken(o *ec2.Options) {
	o.Retryer = retry.AddWithMaxAttempts(notAmbiguous{newRetryer()}, maxAttempts)
}

// notAmbiguous retries nothing whose outcome is not known.
type notAmbiguous struct{ aws.Retryer }

// IsErrorRetryable implements aws.Retryer.
func (r notAmbiguous) IsErrorRetryable(err error) bool {
	return !IsAmbiguous(err) && r.Retryer.IsErrorRetryable(err)
}

// IsCapacity reports that AWS has no room now. It lasts, so it is not retried.
func IsCapacity(err error) bool { return hasCode(err, "InsufficientInstanceCapacity") }
