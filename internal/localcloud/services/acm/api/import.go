package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) importOperations() []wire.Operation {
	return []wire.Operation{change(h, "ImportCertificate", h.importCertificate)}
}

type importCertificateInput struct {
	CertificateARN   string `query:"CertificateArn" min:"20" max:"2048" pattern:"arn:[\\w+=/,.@-]+:acm:[\\w+=/,.@-]*:[0-9]+:[\\w+=,.@-]+(/[\\w+=,.@-]+)*"`
	Certificate      []byte `query:"Certificate,required" min:"1" max:"32768"`
	PrivateKey       []byte `query:"PrivateKey,required" min:"1" max:"5120"`
	CertificateChain []byte `query:"CertificateChain" min:"1" max:"2097152"`
	Tags             []tag  `query:"Tags" min:"1" max:"50"`
}

// importCertificate keeps the key at last, when nothing can refuse the certificate any more.
func (h *handlers) importCertificate(tx *world.Tx, c *wire.Call, in *importCertificateInput) (*arnOutput, error) {
	arn, err := model.ImportCertificate(tx, model.Import{ARN: in.CertificateARN, Certificate: in.Certificate, Key: in.PrivateKey, Chain: in.CertificateChain, Tags: tagsOf(in.Tags)})
	if err != nil {
		return nil, err
	}
	c.Resource = arn
	return &arnOutput{arn}, h.Certificates.Import(arn, in.Certificate, in.PrivateKey, in.CertificateChain)
}
