package api

import (
	"cmp"

	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) topicOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateTopic", createTopic),
		view(h, "GetTopicAttributes", getTopicAttributes),
		does(h, "SetTopicAttributes", func(tx *world.Tx, in *setTopicAttributesInput) error {
			return model.SetTopicAttribute(tx, in.TopicARN, in.Name, in.Value)
		}),
		view(h, "ListTopics", listTopics),
		does(h, "DeleteTopic", func(tx *world.Tx, in *topicInput) error { return model.DeleteTopic(tx, in.TopicARN) }),
		change(h, "Publish", publish),
	}
}

type createTopicInput struct {
	Name       string            `query:"Name,required"`
	Attributes map[string]string `query:"Attributes"`
	Tags       []tag             `query:"Tags"`
}

type createTopicOutput struct {
	TopicARN string `xml:"TopicArn"`
}

func createTopic(tx *world.Tx, c *wire.Call, in *createTopicInput) (*createTopicOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	t, err := model.CreateTopic(tx, in.Name, in.Attributes, tags)
	if err != nil {
		return nil, err
	}
	c.Resource = t.ID
	return &createTopicOutput{t.ID}, nil
}

type topicInput struct {
	TopicARN string `query:"TopicArn,required"`
}

type attributesOutput struct {
	Attributes attributes `xml:"Attributes"`
}

func getTopicAttributes(tx *world.Tx, _ *wire.Call, in *topicInput) (*attributesOutput, error) {
	t, err := model.FindTopic(tx, in.TopicARN)
	if err != nil {
		return nil, err
	}
	return &attributesOutput{renderAttributes(t.Attributes(tx))}, nil
}

type setTopicAttributesInput struct {
	topicInput
	Name  string `query:"AttributeName,required"`
	Value string `query:"AttributeValue"`
}

type listInput struct {
	NextToken string `query:"NextToken"`
}

type topicItem struct {
	TopicARN string `xml:"TopicArn"`
}

type listTopicsOutput struct {
	Topics    wire.Members[topicItem] `xml:"Topics"`
	NextToken string                  `xml:"NextToken,omitempty"`
}

func listTopics(tx *world.Tx, _ *wire.Call, in *listInput) (out *listTopicsOutput, err error) {
	out = &listTopicsOutput{}
	out.Topics, out.NextToken, err = page(world.Described[model.Topic](tx), in.NextToken, func(t *model.Topic) topicItem { return topicItem{t.ID} })
	return out, err
}

type publishInput struct {
	TopicARN  string  `query:"TopicArn"`
	TargetARN string  `query:"TargetArn"`
	Message   string  `query:"Message,required"`
	Subject   *string `query:"Subject"`
	Structure string  `query:"MessageStructure"`
}

type publishOutput struct {
	MessageID string `xml:"MessageId"`
}

func publish(tx *world.Tx, _ *wire.Call, in *publishInput) (*publishOutput, error) {
	m := model.Message{Text: in.Message, Structured: in.Structure == "json"}
	if in.Structure != "" && !m.Structured {
		return nil, model.Invalid("MessageStructure")
	}
	if in.Subject != nil {
		if m.Subject = *in.Subject; m.Subject == "" {
			return nil, model.Invalid("Subject")
		}
	}
	id, err := model.Publish(tx, cmp.Or(in.TopicARN, in.TargetARN), m)
	return &publishOutput{id}, err
}
