package awsapi

import (
	"errors"
	"net"
	"net/http"
	"net/url"
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

// IsAlreadyApplied reports that what was asked for is so already.
func IsAlreadyApplied(err error) bool {
	return hasCode(err, "InvalidPermission.Duplicate", "RouteAlreadyExists", "Resource.AlreadyAssociated",
		"Gateway.NotAttached", "InvalidPermission.NotFound", "InvalidRoute.NotFound")
}

// IsDuplicate reports that the name, port or address range is taken.
func IsDuplicate(err error) bool {
	return hasCode(err, "InvalidGroup.Duplicate", "InvalidSubnet.Conflict", "EntityAlreadyExists", "DuplicateLoadBalancerName",
		"DuplicateTargetGroupName", "DuplicateListener")
}

// IsInUse reports that something else still uses the object, so that it
// can't be deleted yet: "DependencyViolation" and its kin.
func IsInUse(err error) bool {
	return hasCode(err, "DependencyViolation", "ResourceInUse", "InvalidIPAddress.InUse", "DeleteConflict",
		"IncorrectState", "IncorrectInstanceState", "ResourceInUseException") ||
		// Releasing an address that a NAT gateway still holds is refused so.
		hasCode(err, "AuthFailure") && strings.Contains(Message(err), "permission to access the specified resource")
}

// IsPropagating reports an error that means, of an object that certainly
// exists, that another part of AWS hasn't heard of it yet: it is tried again
// inside a window. NotFound of what was just made (images are never ours), an instance profile that
// EC2 doesn't know, a VPC that load balancing doesn't, an attachment of an internet gateway
// that the maker of a route or a load balancer doesn't, a target that isn't running yet,
// and an Unseen are such.
func IsPropagating(err error) bool {
	if isUnseen(err) {
		return true
	}
	if IsNotFound(err) {
		return !hasCode(err, "InvalidAMIID.NotFound", "InvalidSnapshot.NotFound")
	}
	message := Message(err)
	return hasCode(err, "InvalidParameterValue") && (strings.Contains(message, "Invalid IAM Instance Profile") ||
		strings.Contains(message, "has no associated IAM Roles") || strings.Contains(message, "belong to different networks")) ||
		hasCode(err, "ValidationError") && strings.HasPrefix(message, "The VPC ID") && strings.Contains(message, "not found") ||
		hasCode(err, "InvalidSubnet") && strings.Contains(message, "has no internet gateway") ||
		hasCode(err, "InvalidTarget", "SubnetNotFound", "InvalidSecurityGroup")
}

// IsTokenConflict reports that the client token was used for an object that has
// since ended, or for another request, so that a new generation is due.
func IsTokenConflict(err error) bool {
	return hasCode(err, "IdempotentInstanceTerminated", "IdempotentParameterMismatch")
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
	return errors.As(err, &op) && op.Op == "dial"
}

// IsCapacity reports that AWS has no room now. It lasts, so it is not retried.
func IsCapacity(err error) bool { return causeOfCode(err) == Capacity }
