package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) accountAliasOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "CreateAccountAlias", func(tx *world.Tx, in *accountAliasInput) error { return model.SetAccountAlias(tx, in.Alias) }),
		does(h, "DeleteAccountAlias", func(tx *world.Tx, in *accountAliasInput) error { return model.DeleteAccountAlias(tx, in.Alias) }),
		view(h, "ListAccountAliases", listAccountAliases),
	}
}

type accountAliasInput struct {
	Alias string `query:"AccountAlias,required" min:"3" max:"63"`
}

type listAccountAliasesOutput struct {
	Aliases wire.Members[string] `xml:"AccountAliases"`
	paged
}

func listAccountAliases(tx *world.Tx, _ *wire.Call, in *paging) (*listAccountAliasesOutput, error) {
	aliases, rest, err := page(model.AccountAliases(tx), func(alias string) string { return alias }, *in)
	return &listAccountAliasesOutput{aliases, rest}, err
}
