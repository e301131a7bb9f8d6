package api

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) aliasOperations() []wire.Operation {
	return []wire.Operation{
		onKey(h, "CreateAlias", func(tx *world.Tx, k *model.Key, in aliasKeyIn) error { return model.CreateAlias(tx, in.Name, k) }),
		onKey(h, "UpdateAlias", func(tx *world.Tx, k *model.Key, in aliasKeyIn) error { return model.UpdateAlias(tx, in.Name, k) }),
		change(h, "DeleteAlias", deleteAlias),
		view(h, "ListAliases", listAliases),
	}
}

type aliasIn struct {
	Name string `query:"AliasName,required" min:"1" max:"256" pattern:"^[a-zA-Z0-9:/_-]+$"`
}

type aliasKeyIn struct {
	aliasIn
	Key string `query:"TargetKeyId,required" min:"1" max:"2048"`
}

func (in aliasKeyIn) id() string { return in.Key }

func deleteAlias(tx *world.Tx, c *wire.Call, in *aliasIn) (*wire.Empty, error) {
	if a, there := world.LookUp[model.Alias](tx, in.Name); there {
		if _, err := allowed(tx, c, a.Key, model.FindKey); err != nil {
			return nil, err
		}
	}
	return &wire.Empty{}, model.DeleteAlias(tx, in.Name)
}

type listAliasesInput struct {
	listing
	KeyID string `query:"KeyId" min:"1" max:"2048"`
}

type aliasEntry struct {
	Name    string     `json:"AliasName"`
	ARN     string     `json:"AliasArn"`
	Key     string     `json:"TargetKeyId"`
	Created *wire.Time `json:"CreationDate"`
	Updated *wire.Time `json:"LastUpdatedDate"`
}

type listAliasesOutput struct {
	listed
	Aliases []aliasEntry
}

func listAliases(tx *world.Tx, _ *wire.Call, in *listAliasesInput) (*listAliasesOutput, error) {
	all := world.Described[model.Alias](tx)
	if in.KeyID != "" {
		if strings.HasPrefix(in.KeyID, "alias/") {
			return nil, refuse.New("NotFoundException", "Invalid keyId '%s'", in.KeyID)
		}
		k, err := model.FindKey(tx, in.KeyID)
		if err != nil {
			return nil, err
		}
		all = model.AliasesOf(tx, k.ID)
	}
	aliases, more, err := page(all, in.listing, 50)
	if err != nil {
		return nil, err
	}
	out := &listAliasesOutput{more, []aliasEntry{}}
	for _, a := range aliases {
		out.Aliases = append(out.Aliases, aliasEntry{a.ID, a.ARN(tx), a.Key, at(a.Created), at(a.Updated)})
	}
	return out, nil
}
