package model

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/authority"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	regions "github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// The states of certificates.
const (
	PendingValidation  = "PENDING_VALIDATION"
	Issued             = "ISSUED"
	Expired            = "EXPIRED"
	ValidationTimedOut = "VALIDATION_TIMED_OUT"
	Failed             = "FAILED"
)

// The types of certificates.
const (
	AmazonIssued = "AMAZON_ISSUED"
	Imported     = "IMPORTED"
)

// Certificate is a certificate, or the request of one.
type Certificate struct {
	world.Object               // ID: the ARN
	Names             []string // the domain name first; in small letters where ACM issues it
	Type              string
	Status            string
	FailureReason     string `json:",omitempty"` // of a request that failed, such as CAA_ERROR
	KeyAlgorithm      string // as the API has it, such as EC_prime256v1
	Signature         string // such as SHA256WITHECDSA
	Subject, Issuer   string
	SerialNumber      string    `json:",omitempty"` // pairs of hexadecimal digits
	NotBefore         time.Time `json:",omitzero"`  // zero until it is issued
	NotAfter          time.Time `json:",omitzero"`
	IssuedAt          time.Time `json:",omitzero"`
	KeyUsages         []string  `json:",omitempty"`
	ExtendedKeyUsages []string  `json:",omitempty"`
	// Validations are of its names, in their order; none of imported certificates.
	Validations []Validation `json:",omitempty"`
	Renewal     *Renewal     `json:",omitempty"` // the last one
}

// Certificates is how many certificates a region may have.
func Certificates() world.Quota {
	return quota("acm_certificates", "L-F141DD1D", "ACM certificates", 2500)
}

// NamesPerCertificate is how many names a certificate may have that ACM issues.
func NamesPerCertificate() world.Quota {
	return quota("domain_names_per_acm_certificate", "L-FB94F0B0", "Domain names per ACM certificate", 10)
}

func quota(key, code, name string, limit int) world.Quota {
	return world.Quota{Key: key, Service: "acm", ServiceName: "AWS Certificate Manager (ACM)", Code: code, Name: name, Default: limit}
}

func certificateKind() world.AnyKind {
	return world.Kind[Certificate, *Certificate]{
		Traits: world.Traits{
			Noun: "certificate", Steps: []world.Step{recordsKnown(), validated()}, Quotas: []world.Quota{Certificates(), NamesPerCertificate()},
			Failing: world.Failing{Object: "certificate", Code: "OTHER", Zoneless: true},
		},
		Name: "certificate", Untaggable: true,
		NotFound: func(arns ...string) error { return notFound(arns[0]) },
		Settle:   settle,
	}
}

func notFound(arn string) error {
	return refuse.New("ResourceNotFoundException", "Could not find certificate %s in account %s.", arn, world.AccountID)
}

// FindCertificate returns the certificate of an ARN as the server knows it that answers the call.
func FindCertificate(tx *world.Tx, arn string) (*Certificate, bool) {
	return world.LookUp[Certificate](tx, arn)
}

// Find returns the certificate of an ARN, or AWS's refusal of the ARN.
func Find(tx *world.Tx, arn string) (*Certificate, error) { return world.Find[Certificate](tx, arn) }

// IsIssued reports whether there is, or was, a certificate to show to clients.
func (c *Certificate) IsIssued() bool { return c.Status == Issued || c.Status == Expired }

// RenewsItself reports whether ACM renews the certificate when its time comes.
// Source: ACM User Guide, "Managed certificate renewal in AWS Certificate Manager".
func (c *Certificate) RenewsItself(tx *world.Tx) bool {
	return c.Type == AmazonIssued && c.Status == Issued && len(UsedBy(tx, c.ID)) > 0
}

// Delete deletes a certificate that nothing uses.
func Delete(tx *world.Tx, arn string) error {
	if _, err := Find(tx, arn); err != nil {
		return err
	}
	if len(UsedBy(tx, arn)) > 0 {
		return refuse.New("ResourceInUseException", "Certificate %s in account %s is in use.", arn, world.AccountID)
	}
	world.Delete[Certificate](tx, arn)
	return nil
}

func newARN(tx *world.Tx) string {
	return "arn:" + regions.Partition(tx.Region()) + ":acm:" + tx.Region() + ":" + world.AccountID + ":certificate/" + tx.UUID()
}

// SignatureOf is the algorithm that certificates with keys of an algorithm are signed with.
func SignatureOf(keyAlgorithm string) string {
	switch keyAlgorithm {
	case "EC_prime256v1":
		return "SHA256WITHECDSA"
	case "EC_secp384r1":
		return "SHA384WITHECDSA"
	}
	return "SHA256WITHRSA"
}

// Covers reports whether the certificate is for a host's name.
func (c *Certificate) Covers(host string) bool {
	_, above, _ := strings.Cut(host, ".")
	return slices.ContainsFunc(c.Names, func(name string) bool {
		return strings.EqualFold(name, host) || strings.EqualFold(name, "*."+above)
	})
}

// Leaf is the certificate as the authority that issues it has to know it.
func (c *Certificate) Leaf() authority.Leaf {
	return authority.Leaf{ARN: c.ID, Names: c.Names, Serial: c.SerialNumber, NotBefore: c.NotBefore, NotAfter: c.NotAfter,
		Algorithm: c.KeyAlgorithm, Imported: c.Type == Imported}
}

// Leaves are those of all certificates that there are, in all regions.
func Leaves(tx *world.Tx) (all []authority.Leaf) {
	for _, region := range tx.Regions() {
		for _, c := range world.All[Certificate](tx.In(region)) {
			if c.IsIssued() {
				all = append(all, c.Leaf())
			}
		}
	}
	return all
}
