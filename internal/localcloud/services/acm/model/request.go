package model

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Request is what RequestCertificate is given.
type Request struct {
	DomainName       string
	AlternativeNames []string
	KeyAlgorithm     string // empty: RSA_2048
	Token            string
	Tags             world.Tags
}

// tokenLife is how long an idempotency token stands for the certificate that it made.
const tokenLife = time.Hour

// mostCommonName is how long a common name may be, in characters.
// Source: RFC 5280, ub-common-name.
const mostCommonName = 64

// RequestCertificate asks for a certificate. Within an hour a token gives the certificate that it made, whatever else
// the call says, also when that is deleted.
// Sources: API reference of RequestCertificate; terraform-provider-aws#6666 and #7909 for other parameters.
func RequestCertificate(tx *world.Tx, in Request) (arn string, err error) {
	const operation = "RequestCertificate"
	if used, ok := world.Get[world.Token](tx, operation+"/"+in.Token); ok && in.Token != "" {
		if tx.Now().Sub(used.Created) < tokenLife {
			return used.ResourceID, nil
		}
		world.Delete[world.Token](tx, used.ID)
	}
	if len(in.DomainName) > mostCommonName {
		return "", refuse.New("InvalidDomainValidationOptionsException", "The first domain name can be no longer than %d characters.", mostCommonName)
	}
	algorithm := in.KeyAlgorithm
	switch algorithm {
	case "":
		algorithm = "RSA_2048"
	case "RSA_2048", "EC_prime256v1", "EC_secp384r1":
	default:
		return "", refuse.New("InvalidParameterException", "The key algorithm %s is not supported for certificates that ACM issues.", algorithm)
	}
	if err := CheckTags(nil, in.Tags); err != nil {
		return "", err
	}
	names := namesOf(in)
	if len(names) > tx.Limit(NamesPerCertificate()) {
		return "", refuse.New("LimitExceededException", "Certificate has too many domains.")
	}
	if len(world.All[Certificate](tx)) >= tx.Limit(Certificates()) {
		return "", refuse.New("LimitExceededException", "Cannot request more certificates in this account. Contact Customer Service for details.")
	}
	c := &Certificate{Object: tx.NamedObject(newARN(tx), in.Tags), Names: names, Type: AmazonIssued, Status: PendingValidation,
		KeyAlgorithm: algorithm, Signature: SignatureOf(algorithm), Subject: "CN=" + names[0], Issuer: "Amazon"}
	for _, name := range names {
		c.Validations = append(c.Validations, Validation{Domain: name, Status: PendingValidation})
	}
	c.Become(tx, stepRecord, recordsKnown())
	if f, fails := tx.Fails("certificate", ""); fails {
		c.FailureReason = f.Code // it shows when the request is looked at
	}
	world.Add(tx, c)
	world.KeepToken(tx, operation, in.Token, nil, c.ID)
	return c.ID, nil
}

// namesOf are the names of a certificate that is asked for, each once.
func namesOf(in Request) (names []string) {
	for _, name := range append([]string{in.DomainName}, in.AlternativeNames...) {
		if name = strings.ToLower(name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
