package api

import (
	"cmp"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	kms "github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon SNS".
func Asks() service.Asks {
	asks := service.Asks{
		"CreateTopic": service.Asking([]service.Ask{{On: newTopic}}, tagging()),
		"Subscribe":   []service.Ask{{On: subscribed}},
		"ListTopics":  service.Anything(), "ListSubscriptions": service.Anything(),
		"Publish": service.Asking(on("TopicArn", "TargetArn"), encrypting()),
		// A token, or the address in a message, is enough for these two.
		"ConfirmSubscription": signed(on("TopicArn")), "Unsubscribe": signed(on("SubscriptionArn")),
	}
	for _, name := range []string{"TagResource", "UntagResource", "ListTagsForResource"} {
		asks[name] = on("ResourceArn")
	}
	for _, name := range []string{"GetTopicAttributes", "SetTopicAttributes", "DeleteTopic", "ListSubscriptionsByTopic"} {
		asks[name] = on("TopicArn")
	}
	for _, name := range []string{"GetSubscriptionAttributes", "SetSubscriptionAttributes"} {
		asks[name] = on("SubscriptionArn")
	}
	return asks
}

// resource is the topic of an ARN, which may be that of a subscription, with its condition keys.
func resource(tx *world.Tx, c *wire.Call, arn string) service.Resource {
	r := service.Resource{ARN: cmp.Or(model.TopicOf(arn), "*"), Context: service.RequestedTags(service.TagsIn(c.Parts("Tags")))}
	if t, there := world.Get[model.Topic](tx, r.ARN); there {
		r.Context = service.Merged(r.Context, service.TagKeys(t.Tags, service.ResourceTag))
	}
	return r
}

// on is the operation's own action on the topic that the first of the parameters names which is there.
func on(parameters ...string) []service.Ask {
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		for _, name := range parameters {
			if arn := c.Value(name); arn != "" {
				return []service.Resource{resource(tx, c, arn)}
			}
		}
		return []service.Resource{resource(tx, c, "")}
	}}}
}

// encrypting are the actions on the key of the topic that a message goes to, where it has one of the account's.
func encrypting() (asks []service.Ask) {
	for _, action := range model.Actions() {
		asks = append(asks, service.Ask{Service: "kms", Action: strings.TrimPrefix(action, "kms:"), On: func(tx *world.Tx, c *wire.Call) []service.Resource {
			t, there := world.Get[model.Topic](tx, cmp.Or(c.Value("TopicArn"), c.Value("TargetArn")))
			if !there || t.Set[model.Key] == "" || t.Set[model.Key] == model.ServiceKey {
				return nil
			}
			k, err := kms.FindAny(tx, t.Set[model.Key])
			if err != nil {
				return nil
			}
			return []service.Resource{{ARN: k.ARN(tx), Context: service.Merged(service.TagKeys(k.Tags, service.ResourceTag), policy.Context{
				"kms:ViaService": {"sns." + tx.Region() + ".amazonaws.com"}, // SNS asks KMS, in the caller's name
			})}}
		}})
	}
	return asks
}

func newTopic(tx *world.Tx, c *wire.Call) []service.Resource {
	return []service.Resource{resource(tx, c, model.TopicARN(tx, c.Value("Name")))}
}

func subscribed(tx *world.Tx, c *wire.Call) []service.Resource {
	r := resource(tx, c, c.Value("TopicArn"))
	r.Context = service.Merged(r.Context, policy.Context{"sns:Protocol": {c.Value("Protocol")}, "sns:Endpoint": {c.Value("Endpoint")}})
	return []service.Resource{r}
}

// signed asks only those who have credentials.
func signed(asks []service.Ask) []service.Ask {
	inner := asks[0].On
	return []service.Ask{{On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		if c.AccessKey == "" {
			return nil
		}
		return inner(tx, c)
	}}}
}

// tagging is TagResource on what a call makes with tags.
func tagging() []service.Ask {
	return []service.Ask{{Service: "sns", Action: "TagResource", On: func(tx *world.Tx, c *wire.Call) []service.Resource {
		if !c.Has("Tags") {
			return nil
		}
		return newTopic(tx, c)
	}}}
}
