package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) requestOperations() []wire.Operation {
	return []wire.Operation{change(h, "RequestCertificate", requestCertificate)}
}

type requestCertificateInput struct {
	DomainName       string     `query:"DomainName,required" min:"1" max:"253" pattern:"(\\*\\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])" match:"(\\*\\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]"`
	ValidationMethod string     `query:"ValidationMethod" enum:"EMAIL|DNS|HTTP"`
	AlternativeNames []string   `query:"SubjectAlternativeNames" min:"1" max:"100" eachmin:"1" eachmax:"253" eachpattern:"(\\*\\.)?(((?!-)[A-Za-z0-9-]{0,62}[A-Za-z0-9])\\.)+((?!-)[A-Za-z0-9-]{1,62}[A-Za-z0-9])" eachmatch:"(\\*\\.)?([A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?\\.)+[A-Za-z0-9][A-Za-z0-9-]{0,61}[A-Za-z0-9]"`
	IdempotencyToken string     `query:"IdempotencyToken" min:"1" max:"32" pattern:"\\w+"`
	Options          optionsSet `query:"Options"`
	Tags             []tag      `query:"Tags" min:"1" max:"50"`
	KeyAlgorithm     string     `query:"KeyAlgorithm" enum:"RSA_1024|RSA_2048|RSA_3072|RSA_4096|EC_prime256v1|EC_secp384r1|EC_secp521r1"`
}

type optionsSet struct {
	_ wire.Only `query:"CertificateTransparencyLoggingPreference" only:"ENABLED" enum:"ENABLED|DISABLED"`
	_ wire.Only `query:"Export" only:"DISABLED" enum:"ENABLED|DISABLED"`
}

func requestCertificate(tx *world.Tx, c *wire.Call, in *requestCertificateInput) (*arnOutput, error) {
	switch in.ValidationMethod {
	case "DNS":
	case "":
		return nil, refuse.NotSimulated("validation by e-mail, which AWS takes where ValidationMethod isn't said, is not simulated")
	default:
		return nil, refuse.NotSimulated("ValidationMethod %s is not simulated", in.ValidationMethod)
	}
	arn, err := model.RequestCertificate(tx, model.Request{DomainName: in.DomainName, AlternativeNames: in.AlternativeNames, KeyAlgorithm: in.KeyAlgorithm,
		Token: in.IdempotencyToken, Tags: tagsOf(in.Tags)})
	if err != nil {
		return nil, err
	}
	c.Resource = arn
	return &arnOutput{arn}, nil
}
