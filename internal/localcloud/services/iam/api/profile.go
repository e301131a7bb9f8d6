package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) profileOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateInstanceProfile", createInstanceProfile),
		view(h, "GetInstanceProfile", getInstanceProfile),
		view(h, "ListInstanceProfiles", listInstanceProfiles),
		view(h, "ListInstanceProfilesForRole", listInstanceProfilesForRole),
		does(h, "AddRoleToInstanceProfile", func(tx *world.Tx, in *profileRoleInput) error { return model.AddRole(tx, in.Name, in.RoleName) }),
		does(h, "RemoveRoleFromInstanceProfile", func(tx *world.Tx, in *profileRoleInput) error { return model.RemoveRole(tx, in.Name, in.RoleName) }),
		does(h, "DeleteInstanceProfile", func(tx *world.Tx, in *profileNameInput) error { return model.DeleteProfile(tx, in.Name) }),
		does(h, "TagInstanceProfile", func(tx *world.Tx, in *tagProfileInput) error { return model.TagProfile(tx, in.Name, readTags(in.Tags)) }),
		does(h, "UntagInstanceProfile", func(tx *world.Tx, in *untagProfileInput) error { return model.UntagProfile(tx, in.Name, in.TagKeys) }),
		view(h, "ListInstanceProfileTags", listInstanceProfileTags),
	}
}

type profileItem struct {
	Path       string                 `xml:"Path"`
	Name       string                 `xml:"InstanceProfileName"`
	ID         string                 `xml:"InstanceProfileId"`
	Arn        string                 `xml:"Arn"`
	CreateDate string                 `xml:"CreateDate"`
	Roles      wire.Members[roleItem] `xml:"Roles"`
	Tags       *wire.Members[tag]     `xml:"Tags"`
}

// renderProfile writes an instance profile as lists show it, which don't tell tags.
func renderProfile(tx *world.Tx, p *model.InstanceProfile) profileItem {
	item := profileItem{Path: p.Path, Name: p.Name, ID: p.ProfileID, Arn: p.ARN(), CreateDate: timestamp(p.Created)}
	if p.Role != "" {
		if r, err := model.FindRole(tx, p.Role); err == nil {
			item.Roles = append(item.Roles, renderRole(r))
		}
	}
	return item
}

type createInstanceProfileInput struct {
	profileNameInput
	Path string `query:"Path" min:"1" max:"512" pattern:"(\\u002F)|(\\u002F[\\u0021-\\u007E]+\\u002F)" says:"The specified value for path is invalid. It must begin and end with / and contain only alphanumeric characters and/or / characters."`
	Tags []tag  `query:"Tags" max:"50"`
}

type profileOutput struct {
	InstanceProfile profileItem `xml:"InstanceProfile"`
}

func createInstanceProfile(tx *world.Tx, c *wire.Call, in *createInstanceProfileInput) (*profileOutput, error) {
	p, err := model.CreateProfile(tx, in.Name, in.Path, readTags(in.Tags))
	if err != nil {
		return nil, err
	}
	c.Resource = p.Name
	item := renderProfile(tx, p)
	item.Tags = optionalTags(p.Tags)
	return &profileOutput{item}, nil
}

type profileNameInput struct {
	Name string `query:"InstanceProfileName,required" min:"1" max:"128" pattern:"[\\w+=,.@-]+" says:"The specified value for instanceProfileName is invalid. It must contain only alphanumeric characters and/or the following: +=,.@_-"`
}

func getInstanceProfile(tx *world.Tx, _ *wire.Call, in *profileNameInput) (*profileOutput, error) {
	p, err := model.FindProfile(tx, in.Name)
	if err != nil {
		return nil, err
	}
	item := renderProfile(tx, p)
	item.Tags = optionalTags(p.Tags)
	return &profileOutput{item}, nil
}

type listProfilesOutput struct {
	InstanceProfiles wire.Members[profileItem] `xml:"InstanceProfiles"`
	paged
}

func renderProfiles(tx *world.Tx, all []*model.InstanceProfile, in paging) (*listProfilesOutput, error) {
	profiles, next, err := page(all, func(p *model.InstanceProfile) string { return p.Name }, in)
	out := &listProfilesOutput{paged: next}
	for _, p := range profiles {
		out.InstanceProfiles = append(out.InstanceProfiles, renderProfile(tx, p))
	}
	return out, err
}

func listInstanceProfiles(tx *world.Tx, _ *wire.Call, in *listByPathInput) (*listProfilesOutput, error) {
	return renderProfiles(tx, model.Profiles(tx, in.prefix()), in.paging)
}

type listProfilesForRoleInput struct {
	roleNameInput
	paging
}

func listInstanceProfilesForRole(tx *world.Tx, _ *wire.Call, in *listProfilesForRoleInput) (*listProfilesOutput, error) {
	r, err := model.FindRole(tx, in.RoleName)
	if err != nil {
		return nil, err
	}
	return renderProfiles(tx, model.ProfilesOf(tx, r.Name), in.paging)
}

type profileRoleInput struct {
	profileNameInput
	roleNameInput
}

type tagProfileInput struct {
	profileNameInput
	Tags []tag `query:"Tags,required" max:"50"`
}

type untagProfileInput struct {
	profileNameInput
	TagKeys []string `query:"TagKeys,required" max:"50" eachmin:"1" eachmax:"128" eachpattern:"[\\p{L}\\p{Z}\\p{N}_.:/=+\\-@]+"`
}

type listProfileTagsInput struct {
	profileNameInput
	paging
}

func listInstanceProfileTags(tx *world.Tx, _ *wire.Call, in *listProfileTagsInput) (*listTagsOutput, error) {
	p, err := model.FindProfile(tx, in.Name)
	if err != nil {
		return nil, err
	}
	return listTags(p.Tags, in.paging)
}
