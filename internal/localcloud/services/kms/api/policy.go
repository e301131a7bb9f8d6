package api

import (
	"cmp"

	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) policyOperations() []wire.Operation {
	return []wire.Operation{
		view(h, "GetKeyPolicy", getKeyPolicy),
		onKey(h, "PutKeyPolicy", putKeyPolicy),
		view(h, "ListKeyPolicies", listKeyPolicies),
	}
}

// policyName is the name of the one policy that a key has.
const policyName = "default"

type policyIn struct {
	keyIn
	Name string `query:"PolicyName" min:"1" max:"128" pattern:"[\\w]+"`
}

func (in policyIn) check() error {
	if cmp.Or(in.Name, policyName) != policyName {
		return refuse.New("NotFoundException", "No such policy exists")
	}
	return nil
}

type getKeyPolicyOutput struct{ Policy, PolicyName string }

func getKeyPolicy(tx *world.Tx, c *wire.Call, in *policyIn) (*getKeyPolicyOutput, error) {
	k, err := allowed(tx, c, in.KeyID, model.FindKey)
	if err != nil {
		return nil, err
	}
	return &getKeyPolicyOutput{k.Policy, policyName}, in.check()
}

type putKeyPolicyInput struct {
	policyIn
	Policy string `query:"Policy,required" min:"1" max:"131072" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	Bypass bool   `query:"BypassPolicyLockoutSafetyCheck"`
}

func putKeyPolicy(tx *world.Tx, k *model.Key, in putKeyPolicyInput) error {
	if err := in.check(); err != nil {
		return err
	}
	return k.PutPolicy(tx, in.Policy, in.Bypass)
}

type listKeyPoliciesInput struct {
	keyIn
	listing
}

type listKeyPoliciesOutput struct {
	listed
	PolicyNames []string
}

func listKeyPolicies(tx *world.Tx, c *wire.Call, in *listKeyPoliciesInput) (*listKeyPoliciesOutput, error) {
	if _, err := allowed(tx, c, in.KeyID, model.FindKey); err != nil {
		return nil, err
	}
	names, more, err := page([]string{policyName}, in.listing, 100)
	return &listKeyPoliciesOutput{more, names}, err
}
