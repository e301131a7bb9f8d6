package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) listOperations() []wire.Operation {
	return []wire.Operation{view(h, "ListCertificates", listCertificates)}
}

type listCertificatesInput struct {
	Statuses  []string `query:"CertificateStatuses" eachenum:"PENDING_VALIDATION|ISSUED|INACTIVE|EXPIRED|VALIDATION_TIMED_OUT|REVOKED|FAILED"`
	Includes  filters  `query:"Includes"`
	NextToken string   `query:"NextToken" min:"1" max:"10000" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]*"`
	MaxItems  *int     `query:"MaxItems" min:"1" max:"1000"`
	SortBy    string   `query:"SortBy" enum:"CREATED_AT"`
	SortOrder string   `query:"SortOrder" enum:"ASCENDING|DESCENDING"`
}

type filters struct {
	ExtendedKeyUsages []string `query:"extendedKeyUsage" eachenum:"TLS_WEB_SERVER_AUTHENTICATION|TLS_WEB_CLIENT_AUTHENTICATION|CODE_SIGNING|EMAIL_PROTECTION|TIME_STAMPING|OCSP_SIGNING|IPSEC_END_SYSTEM|IPSEC_TUNNEL|IPSEC_USER|ANY|NONE|CUSTOM"`
	KeyUsages         []string `query:"keyUsage" eachenum:"DIGITAL_SIGNATURE|NON_REPUDIATION|KEY_ENCIPHERMENT|DATA_ENCIPHERMENT|KEY_AGREEMENT|CERTIFICATE_SIGNING|CRL_SIGNING|ENCIPHER_ONLY|DECIPHER_ONLY|ANY|CUSTOM"`
	KeyTypes          []string `query:"keyTypes" eachenum:"RSA_1024|RSA_2048|RSA_3072|RSA_4096|EC_prime256v1|EC_secp384r1|EC_secp521r1"`
	ExportOption      string   `query:"exportOption" enum:"ENABLED|DISABLED"`
	ManagedBy         string   `query:"managedBy" enum:"CLOUDFRONT"`
}

type listCertificatesOutput struct {
	CertificateSummaryList []certificateSummary
	NextToken              string `json:",omitempty"`
}

type certificateSummary struct {
	certificateTimes
	CertificateARN                       string `json:"CertificateArn"`
	DomainName                           string
	SubjectAlternativeNameSummaries      []string
	HasAdditionalSubjectAlternativeNames bool
	Status                               string
	Type                                 string
	KeyAlgorithm                         string
	KeyUsages                            []string
	ExtendedKeyUsages                    []string
	ExportOption                         string
	InUse                                bool
	Exported                             *bool `json:",omitempty"`
	RenewalEligibility                   string
}

// mostNames is how many names of a certificate a list shows.
// Source: API reference of CertificateSummary.
const mostNames = 100

func listCertificates(tx *world.Tx, _ *wire.Call, in *listCertificatesInput) (*listCertificatesOutput, error) {
	if (in.SortBy == "") != (in.SortOrder == "") {
		return nil, refuse.New("InvalidArgsException", "SortBy and SortOrder must be specified together.")
	}
	all := []certificateSummary{}
	for _, c := range world.Described[model.Certificate](tx) {
		if (len(in.Statuses) == 0 || slices.Contains(in.Statuses, c.Status)) && in.Includes.accept(c) {
			all = append(all, summaryOf(tx, c))
		}
	}
	if in.SortOrder == "DESCENDING" {
		slices.Reverse(all)
	}
	page, next, ok := wire.Page(all, in.NextToken, in.MaxItems, 1000)
	if !ok {
		return nil, refuse.New("InvalidArgsException", "The NextToken is not valid.")
	}
	return &listCertificatesOutput{page, next}, nil
}

// accept reports whether a list shows a certificate. One that asks for no types of keys shows those alone that ACM had
// at first.
// Source: API reference of Filters.
func (f filters) accept(c *model.Certificate) bool {
	types := f.KeyTypes
	if len(types) == 0 {
		types = []string{"RSA_1024", "RSA_2048"}
		if len(c.Names) == 0 {
			return false
		}
	}
	passes := func(wanted, has []string) bool {
		return len(wanted) == 0 || slices.ContainsFunc(wanted, func(one string) bool { return slices.Contains(has, one) })
	}
	return slices.Contains(types, c.KeyAlgorithm) && passes(f.KeyUsages, c.KeyUsages) && passes(f.ExtendedKeyUsages, c.ExtendedKeyUsages) &&
		f.ExportOption != "ENABLED" && f.ManagedBy == ""
}

func summaryOf(tx *world.Tx, c *model.Certificate) certificateSummary {
	out := certificateSummary{certificateTimes: timesOf(c), CertificateARN: c.ID, SubjectAlternativeNameSummaries: append([]string{}, c.Names[:min(len(c.Names), mostNames)]...),
		HasAdditionalSubjectAlternativeNames: len(c.Names) > mostNames, Status: c.Status, Type: c.Type, KeyAlgorithm: shownAlgorithm(c.KeyAlgorithm),
		KeyUsages: append([]string{}, c.KeyUsages...), ExtendedKeyUsages: append([]string{}, c.ExtendedKeyUsages...),
		ExportOption: "DISABLED", InUse: len(model.UsedBy(tx, c.ID)) > 0, RenewalEligibility: eligibility(tx, c)}
	if len(c.Names) > 0 {
		out.DomainName = c.Names[0]
	}
	if c.Type == model.AmazonIssued {
		out.Exported = new(bool)
	}
	return out
}
