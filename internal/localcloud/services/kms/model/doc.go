// Package model holds the objects of KMS and AWS's rules about them: keys with their policies, and aliases. Nothing is
// encrypted here: a key decides whether those that would use it may, which is what [Use] says.
package model

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind { return []world.AnyKind{keyKind(), aliasKind()} }

func notFound(format string, args ...any) *refuse.Error {
	return refuse.New("NotFoundException", format, args...)
}

func invalid(format string, args ...any) *refuse.Error {
	return refuse.New("ValidationException", format, args...)
}

func invalidState(arn, is string) *refuse.Error {
	return refuse.New("KMSInvalidStateException", "%s is %s.", arn, is)
}

func quota(key, code, name string, limit int) world.Quota {
	return world.Quota{Key: key, Service: "kms", ServiceName: "AWS Key Management Service (AWS KMS)", Code: code, Name: name, Default: limit}
}

// arn is that of a resource such as "key/ID" or "alias/name".
func arn(tx *world.Tx, resource string) string {
	return "arn:" + region.Partition(tx.Region()) + ":kms:" + tx.Region() + ":" + world.AccountID + ":" + resource
}

// arnParts is how many parts an ARN has.
const arnParts = 6

// resourceOf is the last part of an ARN, or what was given where it isn't one. An ARN of another region is refused.
// Source: replies of AWS that others recorded.
func resourceOf(tx *world.Tx, given string) (string, error) {
	if !strings.HasPrefix(given, "arn:") {
		return given, nil
	}
	parts := strings.SplitN(given, ":", arnParts)
	switch {
	case len(parts) < arnParts || parts[2] != "kms":
		return "", refuse.New("InvalidArnException", "Invalid arn %s", given)
	case parts[3] != tx.Region():
		return "", notFound("Invalid arn %s", parts[3])
	case parts[4] != world.AccountID:
		return "", refuse.NotSimulated("keys of other accounts are not simulated")
	}
	return parts[5], nil
}
