package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) keyOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateKey", createKey),
		view(h, "DescribeKey", describeKey),
		view(h, "ListKeys", listKeys),
		onKey(h, "UpdateKeyDescription", func(tx *world.Tx, k *model.Key, in descriptionIn) error { return k.Describe(tx, in.Description) }),
	}
}

type createKeyInput struct {
	Policy      string    `query:"Policy" min:"1" max:"131072" pattern:"[\\u0009\\u000A\\u000D\\u0020-\\u00FF]+"`
	Description string    `query:"Description" max:"8192"`
	Bypass      bool      `query:"BypassPolicyLockoutSafetyCheck"`
	Tags        []tag     `query:"Tags"`
	_           wire.Only `query:"KeyUsage" only:"ENCRYPT_DECRYPT" enum:"SIGN_VERIFY|ENCRYPT_DECRYPT|GENERATE_VERIFY_MAC|KEY_AGREEMENT"`
	_           wire.Only `query:"CustomerMasterKeySpec" only:"SYMMETRIC_DEFAULT" enum:"RSA_2048|RSA_3072|RSA_4096|ECC_NIST_P256|ECC_NIST_P384|ECC_NIST_P521|ECC_SECG_P256K1|SYMMETRIC_DEFAULT|HMAC_224|HMAC_256|HMAC_384|HMAC_512|SM2"`
	_           wire.Only `query:"KeySpec" only:"SYMMETRIC_DEFAULT" enum:"RSA_2048|RSA_3072|RSA_4096|ECC_NIST_P256|ECC_NIST_P384|ECC_NIST_P521|ECC_SECG_P256K1|SYMMETRIC_DEFAULT|HMAC_224|HMAC_256|HMAC_384|HMAC_512|SM2|ML_DSA_44|ML_DSA_65|ML_DSA_87|ECC_NIST_EDWARDS25519"`
	_           wire.Only `query:"Origin" only:"AWS_KMS" enum:"AWS_KMS|EXTERNAL|AWS_CLOUDHSM|EXTERNAL_KEY_STORE"`
	_           wire.Only `query:"MultiRegion" only:"false"`
}

type keyOutput struct {
	KeyMetadata keyMetadata
}

// keyMetadata is a key as the service describes it.
type keyMetadata struct {
	AccountID             string `json:"AWSAccountId"`
	KeyID                 string `json:"KeyId"`
	ARN                   string `json:"Arn"`
	CreationDate          *wire.Time
	Enabled               bool
	Description           string
	KeyUsage              string
	KeyState              string
	DeletionDate          *wire.Time `json:",omitempty"`
	Origin                string
	KeyManager            string
	CustomerMasterKeySpec string
	KeySpec               string
	EncryptionAlgorithms  []string
	MultiRegion           bool
	CurrentKeyMaterialID  string `json:"CurrentKeyMaterialId"`
}

func metadataOf(tx *world.Tx, k *model.Key) *keyOutput {
	const symmetric = "SYMMETRIC_DEFAULT"
	return &keyOutput{keyMetadata{AccountID: world.AccountID, KeyID: k.ID, ARN: k.ARN(tx), CreationDate: at(k.Created), Enabled: k.State() == "Enabled",
		Description: k.Description, KeyUsage: "ENCRYPT_DECRYPT", KeyState: k.State(), DeletionDate: at(k.DeletionDate), Origin: "AWS_KMS", KeyManager: "CUSTOMER",
		CustomerMasterKeySpec: symmetric, KeySpec: symmetric, EncryptionAlgorithms: []string{symmetric}, CurrentKeyMaterialID: k.Material(tx.Now())}}
}

func createKey(tx *world.Tx, c *wire.Call, in *createKeyInput) (*keyOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	k, err := model.CreateKey(tx, in.Description, in.Policy, in.Bypass, tags)
	if err != nil {
		return nil, err
	}
	c.Resource = k.ID
	return metadataOf(tx, k), nil
}

func describeKey(tx *world.Tx, c *wire.Call, in *keyIn) (*keyOutput, error) {
	k, err := allowed(tx, c, in.KeyID, model.FindAny)
	if err != nil {
		return nil, err
	}
	return metadataOf(tx, k), nil
}

type listKeysInput struct{ listing }

type keyEntry struct {
	KeyARN string `json:"KeyArn"`
	KeyID  string `json:"KeyId"`
}

type listKeysOutput struct {
	listed
	Keys []keyEntry
}

func listKeys(tx *world.Tx, _ *wire.Call, in *listKeysInput) (*listKeysOutput, error) {
	keys, more, err := page(world.Described[model.Key](tx), in.listing, 100)
	if err != nil {
		return nil, err
	}
	out := &listKeysOutput{more, []keyEntry{}}
	for _, k := range keys {
		out.Keys = append(out.Keys, keyEntry{k.ARN(tx), k.ID})
	}
	return out, nil
}

type descriptionIn struct {
	keyIn
	Description string `query:"Description,required" max:"8192"`
}
