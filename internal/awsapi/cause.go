package awsapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"regexp"
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
	Marketplace Cause = "marketplace" // the account hasn't accepted the terms of the image's product
	Zone        Cause = "zone"        // the zone can't have such an object at all
	Signing     Cause = "signing"     // the endpoint is another region's than the signature
	Settings    Cause = "settings"    // AWS's own settings can't be read
	Scheme      Cause = "scheme"      // HTTPS is asked of what speaks HTTP, or the other way round
	Proxy       Cause = "proxy"       // the environment's proxy doesn't answer
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
	case isSettings(err):
		return Settings
	case errors.Is(err, http.ErrSchemeMismatch):
		return Scheme
	case isCertificate(err):
		return Certificate
	case isProxy(err):
		return Proxy
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
		// One code for two: "In order to use this AWS Marketplace product you need to accept terms …".
		if strings.Contains(Message(err), "Marketplace") {
			return Marketplace
		}
		return Region
	case "NotAvailableInZone", "AvailabilityZoneNotSupported", "AvailabilityZoneNotSupportedException":
		return Zone
	case "InvalidParameterValue", "ValidationError", "InvalidConfigurationRequest":
		// Zones that AWS has closed to accounts that weren't in them.
		if regexp.MustCompile(`can currently only be created in the following availability zones|not supported in (?:the )?(?:AZ|[Aa]vailability [Zz]one)`).MatchString(Message(err)) {
			return Zone
		}
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
		if strings.Contains(Message(err), "should be scoped to") {
			return Signing
		}
		return Clock
	case "AuthorizationHeaderMalformed", "IncompleteSignature", "IncompleteSignatureException":
		return Signing
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

// isProxy reports that no connection was made to the proxy that the environment names.
func isProxy(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "proxyconnect"
}

// SettingsError says that the environment or the user's files can't be used to reach AWS.
type SettingsError struct{ Err error }

// Error is the SDK's reason.
func (e *SettingsError) Error() string { return "read the AWS settings: " + e.Err.Error() }

// Unwrap is the cause.
func (e *SettingsError) Unwrap() error { return e.Err }

func isSettings(err error) bool {
	var settings *SettingsError
	return errors.As(err, &settings)
}

// MarketplacePage is the address that a refusal names at which the terms are accepted; AWS
// Marketplace's own page of subscriptions where it names none.
func MarketplacePage(err error) string {
	if page := regexp.MustCompile(`https?://aws\.amazon\.com/marketplace/\S+`).FindString(Message(err)); page != "" {
		return page
	}
	return "https://console.aws.amazon.com/marketplace"
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
