package model

import (
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Alias is a name of a key.
type Alias struct {
	world.Object // ID: the name, with its prefix
	Key          string
	Updated      time.Time
}

const (
	aliasPrefix = "alias/"
	awsPrefix   = "alias/aws/"
)

func isAWS(name string) bool { return strings.HasPrefix(name, awsPrefix) }

// aliasesQuota is how many aliases a key may have.
// Source: KMS Developer Guide, "Resource quotas".
func aliasesQuota() world.Quota {
	return quota("kms_aliases_per_key", "L-2601EE20", "Aliases per CMK", 50)
}

func aliasKind() world.AnyKind {
	return world.Kind[Alias, *Alias]{
		Traits: world.Traits{Noun: "KMS alias", Quotas: []world.Quota{aliasesQuota()}},
		Name:   "kms-alias", Untaggable: true,
		NotFound: func(names ...string) error { return notFound("Alias %s is not found.", names[0]) },
		Parent:   func(a *Alias) string { return a.Key },
		Counts: func(tx *world.Tx, a *Alias) bool {
			k, there := world.Get[Key](tx, a.Key)
			return there && !k.PendingDeletion()
		},
	}
}

// ARN is the alias's.
func (a *Alias) ARN(tx *world.Tx) string { return AliasARN(tx, a.ID) }

// AliasesOf are those of a key.
func AliasesOf(tx *world.Tx, key string) []*Alias { return world.Of[Alias](tx, key) }

// FindAlias returns the alias of a name, or AWS's refusal of it.
func FindAlias(tx *world.Tx, name string) (*Alias, error) {
	a, there := world.LookUp[Alias](tx, name)
	if !there {
		return nil, notFound("Alias %s is not found.", arn(tx, name))
	}
	return a, nil
}

// CreateAlias gives a key a name.
func CreateAlias(tx *world.Tx, name string, k *Key) error {
	if err := checkAliasName(name); err != nil {
		return err
	}
	if _, there := world.Get[Alias](tx, name); there {
		return refuse.New("AlreadyExistsException", "An alias with the name %s already exists", arn(tx, name))
	}
	if err := k.takesAlias(tx); err != nil {
		return err
	}
	world.Add(tx, &Alias{Object: tx.NamedObject(name, nil), Key: k.ID, Updated: tx.Now()})
	return nil
}

// UpdateAlias makes an alias the name of another key.
func UpdateAlias(tx *world.Tx, name string, k *Key) error {
	if err := checkAliasName(name); err != nil {
		return err
	}
	if _, err := FindAlias(tx, name); err != nil {
		return err
	}
	if err := k.takesAlias(tx); err != nil {
		return err
	}
	world.Edit(tx, name, func(a *Alias) { a.Key, a.Updated = k.ID, tx.Now() })
	return nil
}

// DeleteAlias takes a name off its key.
func DeleteAlias(tx *world.Tx, name string) error {
	if err := checkAliasName(name); err != nil {
		return err
	}
	if _, err := FindAlias(tx, name); err != nil {
		return err
	}
	world.Delete[Alias](tx, name)
	return nil
}

// checkAliasName refuses names that no alias of a user can have.
// Source: replies of AWS that others recorded; API reference of CreateAlias.
func checkAliasName(name string) error {
	switch {
	case !strings.HasPrefix(name, aliasPrefix) || name == aliasPrefix:
		return invalid("Alias must start with the prefix \"alias/\". Please see https://docs.aws.amazon.com/kms/latest/developerguide/kms-alias.html")
	case isAWS(name):
		return refuse.New("NotAuthorizedException", "")
	case strings.Contains(name, ":"):
		return invalid("%s contains invalid characters for an alias", name)
	}
	return nil
}

// takesAlias refuses another name for a key that has all it may have, or that is to be deleted.
func (k *Key) takesAlias(tx *world.Tx) error {
	if err := k.usable(tx); err != nil {
		return err
	}
	if limit := tx.Limit(aliasesQuota()); len(AliasesOf(tx, k.ID)) >= limit {
		return refuse.New("LimitExceededException", "The key %s has %d aliases already", k.ARN(tx), limit)
	}
	return nil
}

// AliasARN is the ARN of the alias of a name.
func AliasARN(tx *world.Tx, name string) string { return arn(tx, name) }
