package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) roleOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateRole", createRole),
		view(h, "GetRole", getRole),
		view(h, "ListRoles", listRoles),
		change(h, "UpdateRole", updateRole),
		does(h, "UpdateAssumeRolePolicy", updateAssumeRolePolicy),
		does(h, "DeleteRole", func(tx *world.Tx, in *roleNameInput) error { return model.DeleteRole(tx, in.RoleName) }),
		does(h, "TagRole", func(tx *world.Tx, in *tagRoleInput) error { return model.TagRole(tx, in.RoleName, readTags(in.Tags)) }),
		does(h, "UntagRole", func(tx *world.Tx, in *untagRoleInput) error { return model.UntagRole(tx, in.RoleName, in.TagKeys) }),
		view(h, "ListRoleTags", listRoleTags),
	}
}

type roleItem struct {
	Path               string             `xml:"Path"`
	RoleName           string             `xml:"RoleName"`
	RoleID             string             `xml:"RoleId"`
	Arn                string             `xml:"Arn"`
	CreateDate         string             `xml:"CreateDate"`
	TrustPolicy        string             `xml:"AssumeRolePolicyDocument"`
	Description        string             `xml:"Description,omitempty"`
	MaxSessionDuration int                `xml:"MaxSessionDuration,omitempty"`
	Boundary           *boundaryItem      `xml:"PermissionsBoundary"`
	Tags               *wire.Members[tag] `xml:"Tags"`
	RoleLastUsed       *struct{}          `xml:"RoleLastUsed"`
}

type boundaryItem struct {
	Type string `xml:"PermissionsBoundaryType"`
	Arn  string `xml:"PermissionsBoundaryArn"`
}

// renderRole writes a role as lists show it; only GetRole tells its tags, permissions
// boundary and last use besides, and CreateRole doesn't tell the longest session.
// Source: API reference of ListRoles; replies of CreateRole in public logs.
func renderRole(r *model.Role) roleItem {
	return roleItem{Path: r.Path, RoleName: r.Name, RoleID: r.RoleID, Arn: r.ARN(), CreateDate: timestamp(r.Created),
		TrustPolicy: escaped(r.TrustPolicy), Description: r.Description, MaxSessionDuration: r.MaxSessionDuration}
}

type createRoleInput struct {
	roleNameInput
	TrustPolicy        string `query:"AssumeRolePolicyDocument,required" min:"1" max:"131072" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	Path               string `query:"Path" min:"1" max:"512" pattern:"(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)" says:"The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."`
	Description        string `query:"Description" max:"1000" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
	MaxSessionDuration *int   `query:"MaxSessionDuration" min:"3600" max:"43200"`
	Tags               []tag  `query:"Tags" max:"50"`
}

type roleOutput struct {
	Role roleItem `xml:"Role"`
}

func createRole(tx *world.Tx, c *wire.Call, in *createRoleInput) (*roleOutput, error) {
	r, err := model.CreateRole(tx, model.NewRole{Name: in.RoleName, Path: in.Path, TrustPolicy: in.TrustPolicy,
		Description: in.Description, MaxSessionDuration: in.MaxSessionDuration, Tags: readTags(in.Tags)})
	if err != nil {
		return nil, err
	}
	c.Resource = r.Name
	item := renderRole(r)
	item.Tags, item.MaxSessionDuration = optionalTags(r.Tags), 0
	return &roleOutput{item}, nil
}

type roleNameInput struct {
	RoleName string `query:"RoleName,required" min:"1" max:"64" pattern:"[\\w+=,.@-]+" says:"The specified value for roleName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"`
}

func getRole(tx *world.Tx, _ *wire.Call, in *roleNameInput) (*roleOutput, error) {
	r, err := model.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	item := renderRole(r)
	item.Tags, item.RoleLastUsed = optionalTags(r.Tags), &struct{}{}
	if r.Boundary != "" {
		item.Boundary = &boundaryItem{"Policy", r.Boundary} // all of AWS's examples have this type
	}
	return &roleOutput{item}, nil
}

type listByPathInput struct {
	PathPrefix string `query:"PathPrefix" min:"1" max:"512" pattern:"\\u002F[\\u0021-\\u007F]*"`
	paging
}

func (in listByPathInput) prefix() string {
	if in.PathPrefix == "" {
		return "/"
	}
	return in.PathPrefix
}

type listRolesOutput struct {
	Roles wire.Members[roleItem] `xml:"Roles"`
	paged
}

func listRoles(tx *world.Tx, _ *wire.Call, in *listByPathInput) (*listRolesOutput, error) {
	roles, next, err := page(model.Roles(tx, in.prefix()), func(r *model.Role) string { return r.Name }, in.paging)
	if err != nil {
		return nil, err
	}
	out := &listRolesOutput{paged: next}
	for _, r := range roles {
		out.Roles = append(out.Roles, renderRole(r))
	}
	return out, nil
}

type updateRoleInput struct {
	roleNameInput
	Description        *string `query:"Description" max:"1000" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*"`
	MaxSessionDuration *int    `query:"MaxSessionDuration" min:"3600" max:"43200"`
}

type updateRoleOutput struct{}

func updateRole(tx *world.Tx, _ *wire.Call, in *updateRoleInput) (*updateRoleOutput, error) {
	return &updateRoleOutput{}, model.UpdateRole(tx, in.RoleName, in.Description, in.MaxSessionDuration)
}

type updateAssumeRolePolicyInput struct {
	roleNameInput
	PolicyDocument string `query:"PolicyDocument,required" min:"1" max:"131072" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
}

func updateAssumeRolePolicy(tx *world.Tx, in *updateAssumeRolePolicyInput) error {
	if _, err := model.FindRole(tx, in.RoleName); err != nil {
		return err
	}
	return model.SetTrustPolicy(tx, in.RoleName, in.PolicyDocument)
}

type tagRoleInput struct {
	roleNameInput
	Tags []tag `query:"Tags,required" max:"50"`
}

type untagRoleInput struct {
	roleNameInput
	TagKeys []string `query:"TagKeys,required" max:"50" eachmin:"1" eachmax:"128" eachpattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

type listRoleTagsInput struct {
	roleNameInput
	paging
}

type listTagsOutput struct {
	Tags wire.Members[tag] `xml:"Tags"`
	paged
}

func listRoleTags(tx *world.Tx, _ *wire.Call, in *listRoleTagsInput) (*listTagsOutput, error) {
	r, err := model.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	return listTags(r.Tags, in.paging)
}

func listTags(tags world.Tags, in paging) (*listTagsOutput, error) {
	list, next, err := page(writeTags(tags), func(t tag) string { return t.Key }, in)
	return &listTagsOutput{list, next}, err
}
