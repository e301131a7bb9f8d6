package awsapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"strings"

	"github.com/aws/aws-sdk-go-v2/config"
)

// Cause is a reason for which AWS can't be used as asked, and that lasts until
// somebody does something about it. Its value names it for scripts where AWS
// has no code of its own.
type Cause string

// The causes. "" is none of them.
const (
	Capacity    Cause = "capacity"    // no room for the instance type in the zone now
	NotOffered  Cause = "not-offered" // the zone doesn't have the instance type at all
	QuotaFull   Cause = "quota"       // a quota of the account is used up
	Permission  Cause = "denied"      // the caller may not do it
	Credentials Cause = "credentials" // missing, expired or unknown ones
	Clock       Cause = "clock"       // the signature's time is not AWS's time
	Region      Cause = "region"      // the account hasn't enabled the region
	Service     Cause = "service"     // AWS itself fails, however long it is tried
	Certificate Cause = "certificate" // the endpoint's certificate isn't trusted
	Name        Cause = "dns"         // the endpoint's name isn't found
	Unreachable Cause = "unreachable" // nobody answers at the endpoint
)

// CauseOf classifies an error.
//
// Sources: Amazon EC2 Developer Guide, "Error codes for the Amazon EC2 API";
// the lists of common errors of the ELBv2, IAM and STS API references.
func CauseOf(err error) Cause {
	if err == nil {
		return ""
	}
	if cause := causeOfCode(err); cause != "" {
		return cause
	}
	var name *net.DNSError
	switch {
	case isCredentials(err):
		return Credentials
	case isCertificate(err):
		return Certificate
	case errors.As(err, &name):
		return Name
	case isDialError(err):
		return Unreachable
	}
	return ""
}

func causeOfCode(err error) Cause {
	code := Code(err)
	switch code {
	case "":
		return ""
	case "InsufficientInstanceCapacity", "InsufficientHostCapacity", "InsufficientCapacity", "InsufficientAddressCapacity":
		return Capacity
	case "InstanceTypeNotSupported":
		return NotOffered
	case "Unsupported":
		// EC2's code for much that can't be had. This is the one with a way out.
		if strings.Contains(Message(err), "Availability Zone") {
			return NotOffered
		}
	case "UnauthorizedOperation", "AccessDenied", "AccessDeniedException", "AuthFailure.ServiceLinkedRoleCreationNotPermitted":
		return Permission
	case "OptInRequired", "RegionDisabledException":
		return Region
	case "ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidToken",
		"MissingAuthenticationToken", "MissingAuthenticationTokenException", "Blocked":
		return Credentials
	case "AuthFailure":
		// The other meaning is somebody else's object.
		if strings.Contains(Message(err), "validate the provided access credentials") {
			return Credentials
		}
	case "InternalError", "InternalFailure", "InternalServerError", "ServiceFailure", "ServiceUnavailable", "ServiceUnavailableException", "Unavailable":
		return Service
	case "RequestTimeTooSkewed", "RequestExpired", "SignatureDoesNotMatch", "InvalidSignatureException":
		return Clock
	}
	if !isThrottle(err) && (strings.HasSuffix(code, "LimitExceeded") || strings.HasPrefix(code, "TooMany")) {
		return QuotaFull
	}
	return ""
}

// isCertificate reports that the endpoint's certificate isn't trusted, or that
// what answers there doesn't speak TLS.
func isCertificate(err error) bool {
	var (
		verification *tls.CertificateVerificationError
		authority    x509.UnknownAuthorityError
		host         x509.HostnameError
		invalid      x509.CertificateInvalidError
		plain        tls.RecordHeaderError
	)
	return errors.As(err, &verification) || errors.As(err, &authority) || errors.As(err, &host) ||
		errors.As(err, &invalid) || errors.As(err, &plain)
}

// isCredentials reports that there is nothing to sign calls with.
func isCredentials(err error) bool {
	var (
		none    *CredentialsError
		profile config.SharedConfigProfileNotExistError
		role    config.SharedConfigAssumeRoleError
	)
	return errors.As(err, &none) || errors.As(err, &profile) || errors.As(err, &role)
}
