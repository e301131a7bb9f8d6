package exit

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/runbook"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// causeHint says what to do about a lasting reason for which AWS can't be used as asked: what
// is said of all such errors, or more where this one tells more.
func causeHint(err error) string {
	cause := awsapi.CauseOf(err)
	if cause == "" {
		return ""
	}
	row := rowOf(Code(cause))
	next := row.Means + ": " + row.Next
	switch cause {
	case awsapi.QuotaFull:
		return quotaHint(awsapi.Code(err), next)
	case awsapi.Permission:
		return deniedHint(err, next)
	case awsapi.Zone:
		return zoneHint(err, next)
	case awsapi.Settings:
		return settingsHint(err, next)
	case awsapi.Credentials:
		return credentialsHint(err, next)
	case awsapi.Clock:
		return clockHint(err, next)
	case awsapi.Scheme:
		return schemeHint(err)
	case awsapi.Marketplace:
		return next + " (" + awsapi.MarketplacePage(err) + ")"
	case awsapi.Service:
		return next + ". While a zone is disrupted, AWS may refuse to list instances at all; docs/operations.md says where to look meanwhile"
	}
	return next
}

// credentialsHint tells credentials that have ended from those that AWS doesn't know.
func credentialsHint(err error, next string) string {
	text := strings.ToLower(err.Error())
	var none *awsapi.CredentialsError
	switch {
	case errors.As(err, &none) && none.Missing != "":
		return "set " + none.Missing + ", too, or unset its other half"
	case none != nil && none.Sources != "":
		return "log in (aws sso login, or aws configure), set both variables, or choose an AWS_PROFILE that has credentials"
	case strings.Contains(text, "sso"):
		return "the SSO session has ended, or there was none: aws sso login, with the same AWS_PROFILE"
	case awsapi.HasCode(err, "ExpiredToken", "ExpiredTokenException"):
		return "the session has ended: log in again (aws sso login, or whatever gave the session token), or take AWS_SESSION_TOKEN away where it is of an older one"
	case awsapi.HasCode(err, "InvalidClientTokenId", "UnrecognizedClientException", "AuthFailure"):
		return next + ". A region that the account hasn't enabled refuses all credentials, too"
	}
	return next
}

// clockHint says by how much the clock is wrong, where AWS's answer had a time.
func clockHint(err error, next string) string {
	skew, known := awsapi.ClockSkew(err, time.Now())
	switch skew = skew.Round(time.Second); {
	case !known:
		return next
	case skew.Abs() < time.Minute:
		return "this machine's clock is right, so the request was long on its way: check its network and proxy; the same command goes on"
	case skew > 0:
		return fmt.Sprintf("set this machine's clock right: it is %s ahead of AWS's", skew)
	}
	return fmt.Sprintf("set this machine's clock right: it is %s behind AWS's", -skew)
}

// schemeHint says which of the two is spoken.
func schemeHint(err error) string {
	var other *awsapi.ForeignError
	if errors.As(err, &other) {
		return "what answers at the endpoint speaks HTTPS alone: write https:// in AWS_ENDPOINT_URL, or name its HTTP port"
	}
	return "what answers at the endpoint speaks HTTP without TLS: write http:// in AWS_ENDPOINT_URL, or name its HTTPS port"
}

// zoneHint names the zones that would do, as far as they are known.
func zoneHint(err error, next string) string {
	var refused *provision.ZoneRefused
	if errors.As(err, &refused) && len(refused.Others) > 0 {
		return fmt.Sprintf("%s can't have it: write network.zones: [%s]. With a number of zones, platformctl up chooses others itself",
			refused.Zone, strings.Join(refused.Others, ", "))
	}
	return next
}

// settingsHint names the setting, as far as the error does.
func settingsHint(err error, next string) string {
	var file *fs.PathError
	var endpoint *awsapi.EndpointError
	switch {
	case errors.As(err, &endpoint):
		return "write AWS_ENDPOINT_URL, or endpoint_url in the profile, with both, as in http://127.0.0.1:4566; or leave it out for AWS itself"
	case errors.As(err, &file):
		return "the file " + file.Path + ", which AWS_CA_BUNDLE or another of AWS's settings names, can't be read: correct the name, or give the file to the user that runs platformctl"
	case strings.Contains(strings.ToLower(err.Error()), "ca bundle"):
		return "what AWS_CA_BUNDLE, or ca_bundle in the profile, names holds no certificate of an authority: correct it, or leave it out for the system's own authorities"
	}
	return next
}

// quotaHint names the quota and where more of it is asked for.
func quotaHint(code, next string) string {
	quota, ok := resource.QuotaBehind(blueprint.Kinds(), code)
	if !ok {
		return next
	}
	return fmt.Sprintf("the quota %q is used up: ask for more in the Service Quotas console (%s, %s), or delete what isn't needed",
		quota.Name, quota.Service, quota.Code)
}

// OnLocalCloud says what to do about a quota of the local cloud that is used up midway: no console has it. It is "" for any
// other error.
func OnLocalCloud(err error) string {
	quota, ok := resource.QuotaBehind(blueprint.Kinds(), awsapi.Code(err))
	if !ok || awsapi.CauseOf(err) != awsapi.QuotaFull {
		return ""
	}
	return fmt.Sprintf("the quota %q is used up, as it would be on AWS: %s, N being more than now; or delete what isn't needed. "+
		"Then the same command goes on from there: what was done is recorded", quota.Name, quota.RaiseLocally("N"))
}

func deniedHint(err error, next string) string {
	var denied *awsapi.Denied
	if !errors.As(err, &denied) {
		if encoded := awsapi.EncodedDenial(err); encoded != "" {
			return next + ". What is missing AWS tells those who may ask: aws sts decode-authorization-message --encoded-message " + encoded
		}
		return next
	}
	if denied.Explicit {
		return fmt.Sprintf("take %s out of what is denied (a policy, a permissions boundary or the organization's), or use other credentials", denied.Action)
	}
	return fmt.Sprintf("allow the caller %s; docs/aws.md names the policies that have all permissions", denied.Action)
}

// knownCode is AWS's own code; "" where what answered isn't AWS, and gave none.
func knownCode(err error) string {
	if code := awsapi.Code(err); code != "UnknownError" {
		return code
	}
	return ""
}

// unreadableHint says what to do about a state file that is refused.
func unreadableHint(e *state.Unreadable) string {
	var mismatch *state.Mismatch
	if errors.As(e, &mismatch) {
		return mismatchHint(mismatch, e.Path)
	}
	if errors.Is(e, fs.ErrPermission) {
		return "nothing was touched; give the file back to the user that runs platformctl"
	}
	return "nothing was touched; the file stays as it is. Name another with --state, or move it away: platformctl finds everything again by its tags"
}

// mismatchHint says how what a state is of goes on, and where this run can keep its own.
func mismatchHint(e *state.Mismatch, path string) string {
	const kept = "nothing was touched; the file stays as it is"
	own := strings.TrimSuffix(strings.TrimSuffix(path, ".bak"), ".json") + "-" + e.Want + ".json"
	beside := "; or both stay, each with a state of its own: add --state " + runbook.Quoted(own) + " here, to every command"
	switch e.Field {
	case "target":
		other := "platform " + e.Platform + " on AWS, which costs money,"
		if e.Have == string(config.TargetLocal) {
			other = "the local platform " + e.Platform
		}
		return fmt.Sprintf("%s, and %s goes on: platformctl down --target %s takes it down first%s", kept, other, e.Have, beside)
	case "region":
		return fmt.Sprintf("%s, and platform %s in %s goes on: region: %[3]s in the configuration means that one%s", kept, e.Platform, e.Have, beside)
	case "account":
		return fmt.Sprintf("%s: use the credentials of account %s (AWS_PROFILE)%s", kept, e.Have, beside)
	}
	return kept + ": leave --state away, or name another that isn't there yet"
}

// unwritableHint says what to do about a state that can't be written, before
// anything was made or midway.
func unwritableHint(e *state.Unwritable, midway bool) string {
	hint := "make it writable, or name another place with --state"
	if isDiskFull(e) {
		hint = "make space there, or name another place with --state"
	}
	if midway {
		return hint + "; then the same command goes on. Nothing is lost: what was made carries its tags"
	}
	return hint + ". Nothing was touched"
}
