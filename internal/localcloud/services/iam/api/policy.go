package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) policyOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "GetPolicy", getPolicy),
		view(h, "GetPolicyVersion", getPolicyVersion),
		view(h, "ListPolicyVersions", listPolicyVersions),
	}
}

type policyArnInput struct {
	PolicyArn string `query:"PolicyArn,required" min:"20" max:"2048"`
}

type policyItem struct {
	PolicyName       string `xml:"PolicyName"`
	PolicyID         string `xml:"PolicyId"`
	Arn              string `xml:"Arn"`
	Path             string `xml:"Path"`
	DefaultVersionID string `xml:"DefaultVersionId"`
	AttachmentCount  int    `xml:"AttachmentCount"`
	BoundaryCount    int    `xml:"PermissionsBoundaryUsageCount"`
	IsAttachable     bool   `xml:"IsAttachable"`
	CreateDate       string `xml:"CreateDate"`
	UpdateDate       string `xml:"UpdateDate"`
}

// renderPolicy writes a policy as lists show it; only GetPolicy tells more.
func renderPolicy(tx *world.Tx, p model.ManagedPolicy) policyItem {
	return policyItem{PolicyName: p.Name, PolicyID: p.ID, Arn: p.ARN(), Path: "/", DefaultVersionID: p.VersionID,
		AttachmentCount: len(model.AttachedTo(tx, p.ARN())), BoundaryCount: len(model.BoundedBy(tx, p.ARN())), IsAttachable: true,
		CreateDate: timestamp(p.Created), UpdateDate: timestamp(p.Updated)}
}

type policyDetail struct {
	policyItem
	Description string            `xml:"Description"`
	Tags        wire.Members[tag] `xml:"Tags"` // an empty list where there are none
}

type getPolicyOutput struct {
	Policy policyDetail `xml:"Policy"`
}

func getPolicy(tx *world.Tx, _ *wire.Call, in *policyArnInput) (*getPolicyOutput, error) {
	p, err := model.FindPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	return &getPolicyOutput{policyDetail{policyItem: renderPolicy(tx, p), Description: p.Description}}, nil
}

type policyVersionItem struct {
	Document         string `xml:"Document,omitempty"`
	VersionID        string `xml:"VersionId"`
	IsDefaultVersion bool   `xml:"IsDefaultVersion"`
	CreateDate       string `xml:"CreateDate"`
}

type getPolicyVersionInput struct {
	PolicyArn string `query:"PolicyArn,required" min:"20" max:"2048"`
	VersionID string `query:"VersionId,required" pattern:"v[1-9][0-9]*(\\.[A-Za-z0-9-]*)?"`
}

type getPolicyVersionOutput struct {
	PolicyVersion policyVersionItem `xml:"PolicyVersion"`
}

func getPolicyVersion(_ *world.Tx, _ *wire.Call, in *getPolicyVersionInput) (*getPolicyVersionOutput, error) {
	p, err := model.FindPolicyVersion(in.PolicyArn, in.VersionID)
	return &getPolicyVersionOutput{policyVersionItem{escaped(p.Document), p.VersionID, true, timestamp(p.Updated)}}, err
}

type listPolicyVersionsInput struct {
	PolicyArn string `query:"PolicyArn,required" min:"20" max:"2048"`
	paging
}

type listPolicyVersionsOutput struct {
	Versions wire.Members[policyVersionItem] `xml:"Versions"`
	paged
}

// listPolicyVersions knows the version in force only.
func listPolicyVersions(_ *world.Tx, _ *wire.Call, in *listPolicyVersionsInput) (*listPolicyVersionsOutput, error) {
	p, err := model.FindPolicy(in.PolicyArn)
	if err != nil {
		return nil, err
	}
	versions, next, err := page([]policyVersionItem{{"", p.VersionID, true, timestamp(p.Updated)}}, func(v policyVersionItem) string { return v.VersionID }, in.paging)
	return &listPolicyVersionsOutput{versions, next}, err
}
