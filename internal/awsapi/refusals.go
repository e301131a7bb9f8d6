package awsapi

import (
	"regexp"
	"slices"
	"strings"
)

// meaning is what some codes of AWS mean: one that lasts.
type meaning struct {
	cause Cause
	codes []string
	// message is a regular expression that AWS's message must match; "" is any.
	message string
}

// meanings are looked through in order: the first that fits counts.
//
// Sources: Amazon EC2 Developer Guide, "Error codes for the Amazon EC2 API"; the lists of
// common errors of the ELBv2, IAM and STS API references.
func meanings() []meaning {
	signature := []string{"SignatureDoesNotMatch", "InvalidSignatureException"}
	optIn := []string{"OptInRequired", "RegionDisabledException"}
	return []meaning{
		{cause: Capacity, codes: []string{"InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity", "InsufficientAddressCapacity"}},
		{cause: NotOffered, codes: []string{"InstanceTypeNotSupported"}},
		// EC2's code for much that can't be had. This is the one with a way out.
		{NotOffered, []string{"Unsupported"}, "Availability Zone"},
		{cause: Permission, codes: []string{"UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AuthFailure.ServiceLinkedRoleCreationNotPermitted"}},
		// One code for two: "In order to use this AWS Marketplace product you need to accept terms …".
		{Marketplace, optIn, "Marketplace"},
		{cause: Region, codes: optIn},
		{cause: Zone, codes: []string{"NotAvailableInZone", "AvailabilityZoneNotSupported", "AvailabilityZoneNotSupportedException"}},
		// Zones that AWS has closed to accounts that weren't in them.
		{
			Zone, []string{"InvalidParameterValue", "ValidationError", "InvalidConfigurationRequest"},
			`can currently only be created in the following availability zones|not supported in (?:the )?(?:AZ|[Aa]vailability [Zz]one)`,
		},
		{cause: Image, codes: []string{"InvalidAMIID.NotFound", "InvalidAMIID.Unavailable", "InvalidAMIID.Malformed"}},
		{cause: Account, codes: []string{"Blocked", "PendingVerification"}},
		// "This AWS account currently does not support creating load balancers. …"
		{Account, []string{"OperationNotPermitted"}, "does not support creating load balancers"},
		{cause: Credentials, codes: []string{
			"ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken",
			"MissingAuthenticationToken", "MissingAuthenticationTokenException",
		}},
		// The other meaning is somebody else's object.
		{Credentials, []string{"AuthFailure"}, "validate the provided access credentials"},
		{cause: Service, codes: []string{
			"InternalError", "InternalFailure", "InternalServerError", "ServiceFailure", "ServiceUnavailable", "ServiceUnavailableException", "Unavailable",
		}},
		{Signing, slices.Concat(signature, []string{"AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException"}), "should be scoped to"},
		{Clock, signature, "Signature (?:expired|not yet current)"},
		{cause: Secret, codes: signature},
		{cause: Clock, codes: []string{"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"}},
		{cause: Signing, codes: []string{"AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException"}},
	}
}

// CodesOf are the codes of AWS that can mean a cause, each once. Those of quotas and of
// throttling are many, and go by their form.
func CodesOf(cause Cause) []string {
	var codes []string
	for _, m := range meanings() {
		if m.cause != cause {
			continue
		}
		for _, code := range m.codes {
			if !slices.Contains(codes, code) {
				codes = append(codes, code)
			}
		}
	}
	return codes
}

func causeOfCode(err error) Cause {
	code := Code(err)
	if code == "" {
		return ""
	}
	for _, m := range meanings() {
		if slices.Contains(m.codes, code) && regexp.MustCompile(m.message).MatchString(Message(err)) {
			return m.cause
		}
	}
	switch {
	case isThrottle(err):
		return Throttling
	case strings.HasSuffix(code, "LimitExceeded") || strings.HasPrefix(code, "TooMany"):
		return QuotaFull
	}
	return ""
}
