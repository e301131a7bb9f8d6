package awsapi

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http"
	"regexp"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
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
	Secret      Cause = "secret"      // the secret key isn't that of the access key
	Clock       Cause = "clock"       // the signature's time is not AWS's time
	Region      Cause = "region"      // the account hasn't enabled the region
	Account     Cause = "account"     // AWS has restricted the account, or still verifies it
	Marketplace Cause = "marketplace" // the account hasn't accepted the terms of the image's product
	Image       Cause = "image"       // there is no such image for this account
	Zone        Cause = "zone"        // the zone can't have such an object at all
	Signing     Cause = "signing"     // the endpoint is another region's than the signature
	Settings    Cause = "settings"    // AWS's own settings can't be read
	Scheme      Cause = "scheme"      // HTTPS is asked of what speaks HTTP, or the other way round
	Endpoint    Cause = "endpoint"    // what answers isn't an API of AWS
	Proxy       Cause = "proxy"       // the environment's proxy doesn't answer, or lets nothing through
	Service     Cause = "service"     // AWS itself fails, however long it is tried
	Throttling  Cause = "throttling"  // the account makes more calls than AWS takes
	Certificate Cause = "certificate" // the endpoint's certificate isn't trusted
	Name        Cause = "dns"         // the endpoint's name isn't found
	Unreachable Cause = "unreachable" // nobody answers at the endpoint
	Connection  Cause = "connection"  // connections to the endpoint break, however long it is tried
)

// Causes are all of them.
func Causes() []Cause {
	return []Cause{
		Capacity, NotOffered, QuotaFull, Permission, Credentials, Secret, Clock, Region, Account, Marketplace, Image, Zone, Signing,
		Settings, Scheme, Endpoint, Proxy, Service, Throttling, Certificate, Name, Unreachable, Connection,
	}
}

// CauseOf classifies an error.
func CauseOf(err error) Cause {
	if err == nil {
		return ""
	}
	if cause := causeOfCode(err); cause != "" {
		return cause
	}
	var name *net.DNSError
	var other *ForeignError
	switch {
	case isCredentials(err):
		return Credentials
	case isSettings(err):
		return Settings
	case isScheme(err):
		return Scheme
	case errors.As(err, &other):
		return Endpoint
	case isCertificate(err):
		return Certificate
	case isProxy(err):
		return Proxy
	case errors.As(err, &name):
		return Name
	case isDialError(err):
		return Unreachable
	case IsGivenUp(err) && IsAmbiguous(err):
		return Connection
	}
	return ""
}

// isScheme reports that HTTPS was asked of what speaks HTTP, or HTTP of what speaks HTTPS.
func isScheme(err error) bool {
	var other *ForeignError
	return errors.Is(err, http.ErrSchemeMismatch) || errors.As(err, &other) && other.TLS
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

// isProxy reports that no connection was made to the proxy that the environment names, or
// that it lets none through.
func isProxy(err error) bool {
	var op *net.OpError
	var refused *ProxyError
	return errors.As(err, &op) && op.Op == "proxyconnect" || errors.As(err, &refused)
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

// ClockSkew is by how much a clock that shows now is ahead of the clock of what refused a
// call just now; false where the answer has no time.
func ClockSkew(err error, now time.Time) (time.Duration, bool) {
	var response *awshttp.ResponseError
	if !errors.As(err, &response) || response.HTTPResponse() == nil {
		return 0, false
	}
	theirs, parsed := http.ParseTime(response.HTTPResponse().Header.Get("Date"))
	return now.Sub(theirs), parsed == nil
}
