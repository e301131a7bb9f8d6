package api

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// listOperations list what nobody can make here: there is none of it, but for the one user
// that every caller is.
func (h *handlers) listOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "ListUsers", listUsers),
		view(h, "ListPolicies", listPolicies),
		view(h, "ListGroups", emptyPage[groupsOutput]),
		view(h, "ListServerCertificates", emptyPage[certificatesOutput]),
		view(h, "ListSAMLProviders", emptyList).Named("", "", "Items", `xml:"SAMLProviderList"`),
		view(h, "ListOpenIDConnectProviders", emptyList).Named("", "", "Items", `xml:"OpenIDConnectProviderList"`),
	}
}

type noInput struct{}

type emptyListOutput struct {
	Items wire.Members[struct{}]
}

func emptyList(*world.Tx, *wire.Call, *noInput) (*emptyListOutput, error) {
	return &emptyListOutput{}, nil
}

type groupsOutput struct {
	Groups      wire.Members[struct{}] `xml:"Groups"`
	IsTruncated bool                   `xml:"IsTruncated"`
}

type certificatesOutput struct {
	Certificates wire.Members[struct{}] `xml:"ServerCertificateMetadataList"`
	IsTruncated  bool                   `xml:"IsTruncated"`
}

func emptyPage[Out any](_ *world.Tx, _ *wire.Call, in *listByPathInput) (*Out, error) {
	_, _, err := page([]string{}, self, in.paging)
	return new(Out), err
}

type userItem struct {
	Path       string `xml:"Path"`
	UserName   string `xml:"UserName"`
	UserID     string `xml:"UserId"`
	Arn        string `xml:"Arn"`
	CreateDate string `xml:"CreateDate"`
}

// callerSince is when the one user was made, as every account's first was before its objects.
func callerSince() time.Time { return time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC) }

type listUsersOutput struct {
	Users wire.Members[userItem] `xml:"Users"`
	paged
}

func listUsers(_ *world.Tx, _ *wire.Call, in *listByPathInput) (*listUsersOutput, error) {
	var users []userItem
	if in.prefix() == "/" { // its path
		users = append(users, userItem{"/", world.UserName, world.UserID, service.UserARN(), timestamp(callerSince())})
	}
	users, next, err := page(users, func(u userItem) string { return u.UserName }, in.paging)
	return &listUsersOutput{users, next}, err
}

type listPoliciesInput struct {
	Scope        string `query:"Scope" enum:"All|AWS|Local"`
	OnlyAttached bool   `query:"OnlyAttached"`
	PathPrefix   string `query:"PathPrefix" min:"1" max:"512" pattern:"((/[A-Za-z0-9\\.,\\+@=_-]+)*)/"`
	paging
}

type listPoliciesOutput struct {
	Policies wire.Members[policyItem] `xml:"Policies"`
	paged
}

// listPolicies knows those that are attached. AWS keeps more than a thousand others, and the
// account has none of its own.
func listPolicies(tx *world.Tx, _ *wire.Call, in *listPoliciesInput) (*listPoliciesOutput, error) {
	var policies []policyItem
	switch {
	case in.Scope == "Local":
	case !in.OnlyAttached:
		return nil, refuse.NotSimulated("a list of all managed policies is not simulated, only those that are attached and those of the account")
	default:
		for _, p := range model.ManagedPolicies() {
			if len(model.AttachedTo(tx, p.ARN())) > 0 && (in.PathPrefix == "" || in.PathPrefix == "/") {
				policies = append(policies, renderPolicy(tx, p))
			}
		}
	}
	policies, next, err := page(policies, func(p policyItem) string { return p.PolicyName }, in.paging)
	return &listPoliciesOutput{policies, next}, err
}
