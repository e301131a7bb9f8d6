// Package dns holds the kinds by which a platform is served under a name: the certificate, the wait for its validation, and the
// records in a hosted zone. The listener that shows the certificate is the loadbalancing package's; the hosted zone is the user's
// own, which nothing here makes, changes or deletes.
//
// No call finds a certificate by its tags, and DNS records have none. So awsapi.Domain says where to look: certificates are found
// by their tags one by one, and records by what they hold. One is the platform's if it proves a certificate of the platform's, or
// leads to a load balancer of the platform's.
//
// It has more than 1,500 lines because whose a record is follows from the certificates, so that both are read together.
package dns

import (
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/resource"
)

// Kinds are those that listeners are built on, and RecordKinds those that are built on load balancers: nothing is built on a record
// but the wait for a validation, which holds no data of it.
func Kinds() []resource.Handler {
	return []resource.Handler{
		CertificateKind().Handler(),
		ValidationKind().Handler(),
	}
}

// RecordKinds are the kinds that lead to what serves.
func RecordKinds() []resource.Handler { return []resource.Handler{RecordKind().Handler()} }

// section is the part of the configuration that asks for these kinds.
const section = "load_balancer.https"

// Base is a name without the wildcard: a validation record proves both.
func Base(name string) string { return strings.TrimPrefix(name, "*.") }

// Bases are the names that need a validation record each, for a certificate of some names.
func Bases(names []string) []string {
	var bases []string
	for _, name := range names {
		if base := Base(name); !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	return bases
}

// plain is a name as the configuration writes it: AWS ends those of records with a dot, and writes "*" as an octal number.
func plain(name *string) string {
	return strings.ToLower(strings.TrimSuffix(strings.ReplaceAll(aws.ToString(name), `\052`, "*"), "."))
}
