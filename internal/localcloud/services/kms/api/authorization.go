package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for, beside what the key's policy allows.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Key Management Service".
func Asks() service.Asks {
	asks := service.Asks{
		"CreateKey": service.Asking([]service.Ask{{On: creation}}, tagging()),
		"ListKeys":  service.Anything(), "ListAliases": service.Anything(),
		"CreateAlias": onAlias("TargetKeyId"), "UpdateAlias": onAlias("TargetKeyId"), "DeleteAlias": onAlias(""),
	}
	for _, name := range []string{"DescribeKey", "UpdateKeyDescription", "EnableKey", "DisableKey", "EnableKeyRotation", "DisableKeyRotation", "GetKeyRotationStatus",
		"ScheduleKeyDeletion", "CancelKeyDeletion", "GetKeyPolicy", "PutKeyPolicy", "ListKeyPolicies", "TagResource", "UntagResource", "ListResourceTags"} {
		asks[name] = []service.Ask{{On: onKeyID}}
	}
	return asks
}

func creation(_ *world.Tx, c *wire.Call) []service.Resource {
	context := service.Merged(requested(c), policy.Context{"kms:KeySpec": {"SYMMETRIC_DEFAULT"}, "kms:KeyUsage": {"ENCRYPT_DECRYPT"}, "kms:KeyOrigin": {"AWS_KMS"}})
	return []service.Resource{{ARN: "*", Context: context}}
}

// tagging is TagResource on a key that is made with tags.
func tagging() []service.Ask {
	return []service.Ask{{Service: "kms", Action: "TagResource", On: func(_ *world.Tx, c *wire.Call) []service.Resource {
		if !c.Has("Tags") {
			return nil
		}
		return []service.Resource{{ARN: "*", Context: requested(c)}}
	}}}
}

func requested(c *wire.Call) policy.Context {
	tags := world.Tags{}
	for _, t := range c.Parts("Tags") {
		tags[t.Value("TagKey")] = t.Value("TagValue")
	}
	return service.RequestedTags(tags)
}

func onKeyID(tx *world.Tx, c *wire.Call) []service.Resource { return key(tx, c, c.Value("KeyId")) }

// key is the key that a call names, with its condition keys; none where it isn't there.
func key(tx *world.Tx, c *wire.Call, given string) []service.Resource {
	k, err := model.FindAny(tx, given)
	if err != nil {
		return nil
	}
	return []service.Resource{{ARN: k.ARN(tx), Context: service.Merged(requested(c), service.TagKeys(k.Tags, service.ResourceTag))}}
}

// onAlias is the operation's own action on an alias and on its key: the one that a parameter names, or the alias's own.
func onAlias(parameter string) []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		name := c.Value("AliasName")
		given := name
		if parameter != "" {
			given = c.Value(parameter)
		}
		return slices.Concat([]service.Resource{{ARN: model.AliasARN(tx, name)}}, key(tx, c, given))
	}}}
}
