package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) certificateOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "AddListenerCertificates", addListenerCertificates),
		does(h, "RemoveListenerCertificates", func(tx *world.Tx, in *listenerCertificatesInput) error {
			arns, err := readCertificates(in.Certificates)
			if err != nil {
				return err
			}
			return model.RemoveCertificates(tx, in.Arn, arns)
		}),
		view(h, "DescribeListenerCertificates", describeListenerCertificates),
	}
}

type certificateInput struct {
	Arn       string `query:"CertificateArn,required"`
	IsDefault *bool  `query:"IsDefault"`
}

func readCertificates(list []certificateInput) (arns []string, err error) {
	for _, c := range list {
		if c.IsDefault != nil {
			return nil, invalid("You cannot set the isDefault parameter for a certificate")
		}
		arns = append(arns, c.Arn)
	}
	return arns, nil
}

type certificateItem struct {
	Arn       string `xml:"CertificateArn"`
	IsDefault *bool  `xml:"IsDefault"` // not in descriptions of listeners
}

type mutualAuthentication struct {
	Mode string `xml:"Mode"`
}

type listenerCertificatesInput struct {
	Arn          string             `query:"ListenerArn,required"`
	Certificates []certificateInput `query:"Certificates,required"`
}

type certificatesOutput struct {
	Certificates wire.Members[certificateItem] `xml:"Certificates"`
	NextMarker   string                        `xml:"NextMarker,omitempty"`
}

func addListenerCertificates(tx *world.Tx, _ *wire.Call, in *listenerCertificatesInput) (*certificatesOutput, error) {
	arns, err := readCertificates(in.Certificates)
	if err != nil {
		return nil, err
	}
	if len(arns) != 1 {
		return nil, invalid("You can specify only one certificate per call")
	}
	if _, err := model.AddCertificates(tx, in.Arn, arns); err != nil {
		return nil, err
	}
	no := false
	return &certificatesOutput{Certificates: wire.Members[certificateItem]{{arns[0], &no}}}, nil
}

type describeListenerCertificatesInput struct {
	Arn string `query:"ListenerArn,required"`
	paging
}

func describeListenerCertificates(tx *world.Tx, _ *wire.Call, in *describeListenerCertificatesInput) (*certificatesOutput, error) {
	l, err := model.FindListener(tx, in.Arn)
	if err != nil {
		return nil, err
	}
	items, next, err := page(l.Certificates, in.paging, func(arn string) certificateItem {
		isDefault := arn == l.Certificates[0]
		return certificateItem{arn, &isDefault}
	})
	return &certificatesOutput{items, next}, err
}
