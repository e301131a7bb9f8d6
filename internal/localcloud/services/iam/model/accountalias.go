package model

import (
	"regexp"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

var accountAliasShape = regexp.MustCompile(`^[a-z0-9](-?[a-z0-9])*$`)

// checkAccountAlias refuses aliases that IAM refuses, in the words of its own pattern, which Go can't read.
// Source: service model of IAM, accountAliasType.
func checkAccountAlias(alias string) error {
	if !accountAliasShape.MatchString(alias) {
		return constraint(alias, "accountAlias", "Member must satisfy regular expression pattern: ^[a-z0-9]([a-z0-9]|-(?!-)){1,61}[a-z0-9]$")
	}
	return nil
}

// AccountAlias is the name that people gave the account. It has at most one.
type AccountAlias struct {
	world.Object // ID: the alias
}

func accountAliasKind() world.AnyKind {
	return world.Kind[AccountAlias, *AccountAlias]{
		Traits: world.Traits{Noun: "account alias"},
		Name:   "iam-account-alias", Untaggable: true, NotFound: func(names ...string) error {
			return noSuchEntity("The account alias %s is not the alias of this account.", names[0])
		}}
}

// SetAccountAlias gives the account an alias, in the place of the one that it had.
// Source: AWS Sign-In User Guide, "Creating, deleting, and listing an account alias".
func SetAccountAlias(tx *world.Tx, alias string) error {
	if err := checkAccountAlias(alias); err != nil {
		return err
	}
	tx = tx.In("")
	for _, old := range world.All[AccountAlias](tx) {
		if old.ID == alias {
			return alreadyExists("The account alias %s already exists.", alias)
		}
		world.Delete[AccountAlias](tx, old.ID)
	}
	world.Add(tx, &AccountAlias{Object: tx.NamedObject(alias, nil)})
	return nil
}

// DeleteAccountAlias takes the account's alias away.
func DeleteAccountAlias(tx *world.Tx, alias string) error {
	if err := checkAccountAlias(alias); err != nil {
		return err
	}
	tx = tx.In("")
	if _, ok := world.Get[AccountAlias](tx, alias); !ok {
		return world.Missing[AccountAlias](tx, alias)
	}
	world.Delete[AccountAlias](tx, alias)
	return nil
}

// AccountAliases are the account's aliases: one, or none.
func AccountAliases(tx *world.Tx) []string {
	var aliases []string
	for _, a := range world.All[AccountAlias](tx.In("")) {
		aliases = append(aliases, a.ID)
	}
	return aliases
}
