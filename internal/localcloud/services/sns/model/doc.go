// Package model holds the objects of Amazon SNS and AWS's rules about them: topics, their subscriptions, messages on their
// way, and the mailbox that stands for all e-mail addresses. One file an object. How calls look on the wire is package api's
// business, and carrying messages out is the server's.
package model

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{topicKind(), subscriptionKind(), deliveryKind(), mailKind()}
}

// Invalid is the refusal of a parameter. Source: replies of AWS that others recorded.
func Invalid(format string, args ...any) *refuse.Error {
	return refuse.New("InvalidParameter", "Invalid parameter: "+format, args...)
}

func notFound(what string) error {
	return refuse.WithStatus(refuse.StatusNotFound, "NotFound", "%s does not exist", what)
}

// The parts of an ARN, with and without the ID of a subscription.
const (
	topicParts        = 6
	subscriptionParts = 7
)

// splitARN are the parts of an ARN that a parameter has.
func splitARN(parameter, arn string) ([]string, error) {
	parts := strings.Split(arn, ":")
	if len(parts) < topicParts {
		return nil, Invalid("%s Reason: An ARN must have at least %d elements, not %d", parameter, topicParts, len(parts))
	}
	return parts, nil
}

// at is a transaction in the region that an ARN names, for calls without credentials, which have no region of their own.
func at(tx *world.Tx, parts []string) *world.Tx {
	if _, known := region.Find(parts[3]); known {
		return tx.In(parts[3])
	}
	return tx
}
