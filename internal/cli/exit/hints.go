package exit

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// causeHint says what to do about a lasting reason for which AWS can't be used
// as asked; "" where the error has none.
func causeHint(err error) string {
	switch awsapi.CauseOf(err) {
	case awsapi.Capacity:
		return "AWS has no room for this instance type in this zone now: choose another web.instance_type, name other zones in network.zones, or try again later"
	case awsapi.NotOffered:
		return "this zone doesn't have this instance type: choose another web.instance_type, or name other zones in network.zones"
	case awsapi.QuotaFull:
		return quotaHint(awsapi.Code(err))
	case awsapi.Permission:
		return deniedHint(err)
	case awsapi.Credentials:
		return "log in again (aws sso login, or aws configure), or choose another AWS_PROFILE; aws sts get-caller-identity shows who you are. A region that the account hasn't enabled refuses all credentials, too"
	case awsapi.Clock:
		return "AWS refuses the signature: set this machine's clock right, and check the secret key"
	case awsapi.Region:
		return "the account hasn't enabled this region: choose another region, or enable it (aws account enable-region)"
	case awsapi.Marketplace:
		return "accept the product's terms for this account (" + awsapi.MarketplacePage(err) + "), or name another web.image"
	case awsapi.Zone:
		return zoneHint(err)
	case awsapi.Signing:
		return "what answers at the endpoint is of another region or service than the call was signed for: check AWS_ENDPOINT_URL against the region (region in platform.yaml, AWS_REGION)"
	case awsapi.Settings:
		return settingsHint(err)
	case awsapi.Scheme:
		return "what answers at the endpoint speaks HTTP without TLS: write http:// in AWS_ENDPOINT_URL, or name its HTTPS port"
	case awsapi.Proxy:
		return "the proxy that HTTPS_PROXY or HTTP_PROXY names doesn't answer: check its address, or name the endpoint's host in NO_PROXY"
	case awsapi.Service:
		return "AWS itself fails: see https://health.aws.amazon.com/health/status, and run the same command again later. While a zone is disrupted, AWS may refuse to list instances at all; docs/operations.md says where to look meanwhile"
	case awsapi.Certificate:
		return "the endpoint's certificate isn't trusted: check this machine's clock, any proxy in between, and that AWS_CA_BUNDLE names the authority that signed it"
	case awsapi.Name:
		return "the endpoint's name isn't found: check the region's name, AWS_ENDPOINT_URL, and this machine's network"
	case awsapi.Unreachable:
		return "nobody answers at the endpoint. The local cloud's, which platformctl local status shows, starts again with the same command; for AWS check AWS_ENDPOINT_URL, and this machine's network and proxy"
	}
	return ""
}

// zoneHint names the zones that would do, as far as they are known.
func zoneHint(err error) string {
	hint := "this zone can't have it: name other zones in network.zones"
	var refused *provision.ZoneRefused
	if errors.As(err, &refused) && len(refused.Others) > 0 {
		hint = fmt.Sprintf("%s can't have it: write network.zones: [%s]. With a number of zones, platformctl up chooses others itself",
			refused.Zone, strings.Join(refused.Others, ", "))
	}
	return hint
}

// settingsHint names the setting, as far as the error does.
func settingsHint(err error) string {
	var file *fs.PathError
	switch {
	case errors.As(err, &file):
		return "the file " + file.Path + ", which AWS_CA_BUNDLE or another of AWS's settings names, can't be read: correct the name, or give the file to the user that runs platformctl"
	case strings.Contains(strings.ToLower(err.Error()), "ca bundle"):
		return "what AWS_CA_BUNDLE, or ca_bundle in the profile, names holds no certificate of an authority: correct it, or leave it out for the system's own authorities"
	}
	return "check the variables AWS_* and the files ~/.aws/config and ~/.aws/credentials"
}

// quotaHint names the quota and where more of it is asked for.
func quotaHint(code string) string {
	quota, ok := resource.QuotaBehind(blueprint.Kinds(), code)
	if !ok {
		return "a quota of the account is used up: ask for more in the Service Quotas console, or delete what isn't needed"
	}
	return fmt.Sprintf("the quota %q is used up: ask for more in the Service Quotas console (%s, %s), or delete what isn't needed",
		quota.Name, quota.Service, quota.Code)
}

func deniedHint(err error) string {
	var denied *awsapi.Denied
	if !errors.As(err, &denied) {
		return "let the caller do what AWS names; docs/aws-policy.json has all permissions that platformctl needs"
	}
	if denied.Explicit {
		return fmt.Sprintf("take %s out of what is denied (a policy, a permissions boundary or the organization's), or use other credentials", denied.Action)
	}
	return fmt.Sprintf("allow the caller %s; docs/aws-policy.json has all permissions that platformctl needs", denied.Action)
}

// causeOf names the cause for scripts: by AWS's own code where it gave one.
func causeOf(err error) string {
	if code := awsapi.Code(err); code != "" {
		return code
	}
	return string(awsapi.CauseOf(err))
}

// unreadableHint says what to do about a state file that is refused.
func unreadableHint(e *state.Unreadable) string {
	if errors.Is(e, fs.ErrPermission) {
		return "nothing was touched; give the file back to the user that runs platformctl"
	}
	return "nothing was touched; the file stays as it is. Name another with --state, or move it away: platformctl finds everything again by its tags"
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
