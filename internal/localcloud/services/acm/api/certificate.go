package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/authority"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) certificateOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "DescribeCertificate", describeCertificate),
		wire.Op(Wire(), "GetCertificate", h.getCertificate),
		change(h, "DeleteCertificate", service.Does(wire.Empty{}, deleteCertificate)),
	}
}

type describeCertificateOutput struct {
	Certificate certificateDetail
}

// certificateDetail is a certificate as the service describes it.
type certificateDetail struct {
	certificateTimes
	CertificateARN          string `json:"CertificateArn"`
	DomainName              string
	SubjectAlternativeNames []string
	DomainValidationOptions []domainValidation
	Serial                  string `json:",omitempty"`
	Subject                 string
	Issuer                  string
	Status                  string
	KeyAlgorithm            string
	SignatureAlgorithm      string
	InUseBy                 []string
	FailureReason           string `json:",omitempty"`
	Type                    string
	RenewalSummary          *renewalSummary `json:",omitempty"`
	KeyUsages               []keyUsage
	ExtendedKeyUsages       []extendedKeyUsage
	RenewalEligibility      string
	Options                 options
}

// certificateTimes are the times of a certificate.
type certificateTimes struct {
	CreatedAt  *wire.Time
	IssuedAt   *wire.Time `json:",omitempty"`
	ImportedAt *wire.Time `json:",omitempty"`
	NotBefore  *wire.Time `json:",omitempty"`
	NotAfter   *wire.Time `json:",omitempty"`
}

type domainValidation struct {
	DomainName       string
	ValidationDomain string          `json:",omitempty"`
	ValidationStatus string          `json:",omitempty"`
	ValidationMethod string          `json:",omitempty"`
	ResourceRecord   *resourceRecord `json:",omitempty"`
}

type resourceRecord struct{ Name, Type, Value string }

type renewalSummary struct {
	RenewalStatus           string
	DomainValidationOptions []domainValidation
	RenewalStatusReason     string `json:",omitempty"`
	UpdatedAt               *wire.Time
}

type keyUsage struct{ Name string }

type extendedKeyUsage struct {
	Name string
	OID  string `json:",omitempty"`
}

type options struct {
	CertificateTransparencyLoggingPreference string
	Export                                   string
}

func describeCertificate(tx *world.Tx, _ *wire.Call, in *certificateARN) (*describeCertificateOutput, error) {
	c, err := model.Find(tx, in.CertificateARN)
	if err != nil {
		return nil, err
	}
	return &describeCertificateOutput{detailOf(tx, c)}, nil
}

func detailOf(tx *world.Tx, c *model.Certificate) certificateDetail {
	out := certificateDetail{certificateTimes: timesOf(c), CertificateARN: c.ID, SubjectAlternativeNames: append([]string{}, c.Names...),
		DomainValidationOptions: validationsOf(c.Validations), Serial: c.SerialNumber, Subject: c.Subject, Issuer: c.Issuer, Status: c.Status,
		KeyAlgorithm: shownAlgorithm(c.KeyAlgorithm), SignatureAlgorithm: c.Signature, InUseBy: model.UsedBy(tx, c.ID), Type: c.Type,
		KeyUsages: []keyUsage{}, ExtendedKeyUsages: []extendedKeyUsage{}, RenewalEligibility: eligibility(tx, c),
		Options: options{enabled(c.Type == model.AmazonIssued), "DISABLED"}}
	if len(c.Names) > 0 {
		out.DomainName = c.Names[0]
	}
	if c.Status == model.Failed {
		out.FailureReason = c.FailureReason
	}
	if c.Type == model.Imported {
		for _, name := range c.Names {
			out.DomainValidationOptions = append(out.DomainValidationOptions, domainValidation{DomainName: name})
		}
	}
	for _, name := range c.KeyUsages {
		out.KeyUsages = append(out.KeyUsages, keyUsage{name})
	}
	for _, name := range c.ExtendedKeyUsages {
		out.ExtendedKeyUsages = append(out.ExtendedKeyUsages, extendedKeyUsage{name, oid(name)})
	}
	if r := c.Renewal; r != nil {
		out.RenewalSummary = &renewalSummary{RenewalStatus: r.Status, RenewalStatusReason: r.Reason, UpdatedAt: at(r.Updated), DomainValidationOptions: validationsOf(r.Validations)}
	}
	return out
}

func timesOf(c *model.Certificate) certificateTimes {
	times := certificateTimes{CreatedAt: at(c.Created), NotBefore: at(c.NotBefore), NotAfter: at(c.NotAfter)}
	if c.Type == model.Imported {
		times.ImportedAt = at(c.IssuedAt)
	} else {
		times.IssuedAt = at(c.IssuedAt)
	}
	return times
}

func validationsOf(list []model.Validation) []domainValidation {
	out := []domainValidation{}
	for _, v := range list {
		one := domainValidation{DomainName: v.Domain, ValidationDomain: v.Domain, ValidationStatus: v.Status, ValidationMethod: "DNS"}
		if v.Name != "" {
			one.ResourceRecord = &resourceRecord{v.Name, "CNAME", v.Value}
		}
		out = append(out, one)
	}
	return out
}

func eligibility(tx *world.Tx, c *model.Certificate) string {
	if c.RenewsItself(tx) {
		return "ELIGIBLE"
	}
	return "INELIGIBLE"
}

func enabled(is bool) string {
	if is {
		return "ENABLED"
	}
	return "DISABLED"
}

// oid is the object identifier of an extended key usage; "" of one that has none here.
// Source: RFC 5280, 4.2.1.12, and API reference of ExtendedKeyUsage.
func oid(name string) string {
	const prefix = "1.3.6.1.5.5.7.3."
	last := map[string]string{"TLS_WEB_SERVER_AUTHENTICATION": "1", "TLS_WEB_CLIENT_AUTHENTICATION": "2", "CODE_SIGNING": "3", "EMAIL_PROTECTION": "4",
		"IPSEC_END_SYSTEM": "5", "IPSEC_TUNNEL": "6", "IPSEC_USER": "7", "TIME_STAMPING": "8", "OCSP_SIGNING": "9"}[name]
	if last == "" {
		return ""
	}
	return prefix + last
}

type getCertificateOutput struct {
	Certificate      string
	CertificateChain string `json:",omitempty"`
}

// getCertificate makes the certificate where nobody has asked for it yet: outside of the world's lock, for an RSA key
// takes a moment.
func (h *handlers) getCertificate(call *wire.Call, in *certificateARN) (*getCertificateOutput, error) {
	var leaf authority.Leaf
	err := h.World.Front("acm:GetCertificate").View(call.Region, func(tx *world.Tx) error {
		c, err := model.Find(tx, in.CertificateARN)
		if err != nil {
			return err
		}
		if !c.IsIssued() {
			return refuse.New("RequestInProgressException", "The certificate request for %s is in progress, and the certificate has not yet been issued.", c.ID)
		}
		leaf = c.Leaf()
		return nil
	})
	if err != nil {
		return nil, err
	}
	certificate, chain, err := h.Certificates.PEM(leaf)
	return &getCertificateOutput{certificate, chain}, err
}

func deleteCertificate(tx *world.Tx, in *certificateARN) error {
	return model.Delete(tx, in.CertificateARN)
}
