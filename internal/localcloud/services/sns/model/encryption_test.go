package model_test

import (
	"testing"

	kms "github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// forAlarms is a key's policy that lets the alarms of this account use it for one topic.
const forAlarms = `{"Version":"2012-10-17","Statement":[
 {"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"},
 {"Effect":"Allow","Principal":{"Service":"cloudwatch.amazonaws.com"},"Action":["kms:Decrypt","kms:GenerateDataKey*"],"Resource":"*","Condition":{
  "StringEquals":{"aws:SourceAccount":"123456789012","kms:EncryptionContext:aws:sns:topicArn":"arn:aws:sns:eu-west-1:123456789012:alarms"},
  "ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"}}}]}`

func TestPublish_IsDecidedByTheTopicsKey(t *testing.T) {
	nothing := func(*world.Tx, *kms.Key) error { return nil }
	disable := func(tx *world.Tx, k *kms.Key) error { return k.Enable(tx, false) }
	for name, test := range map[string]struct {
		policy        string
		key           string // the topic's
		do            func(*world.Tx, *kms.Key) error
		alarm, caller string // the codes of their refusals; "": none
		said          string
	}{
		"alarms may":       {forAlarms, "alias/alarms", nothing, "", "", ""},
		"AWS's own policy": {kms.DefaultPolicy(), "alias/alarms", nothing, "KMSAccessDenied", "", "CloudWatch Alarms does not have authorization to access the SNS topic encryption key"},
		"SNS's own key":    {forAlarms, model.ServiceKey, nothing, "KMSAccessDenied", "", "CloudWatch Alarms does not have authorization to access the SNS topic encryption key"},
		"disabled":         {forAlarms, "alias/alarms", disable, "KMSDisabled", "KMSDisabled", "is disabled."},
		"pending deletion": {forAlarms, "alias/alarms", func(tx *world.Tx, k *kms.Key) error {
			_, err := k.ScheduleDeletion(tx, 7)
			return err
		}, "KMSInvalidState", "KMSInvalidState", "is pending deletion."},
		"no such key": {forAlarms, "alias/other", nothing, "KMSNotFound", "KMSNotFound", "Alias arn:aws:kms:eu-west-1:123456789012:alias/other is not found."},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			c.do(func(tx *world.Tx) error {
				k, err := kms.CreateKey(tx, "", test.policy, false, nil)
				if err != nil {
					return err
				}
				if err := kms.CreateAlias(tx, "alias/alarms", k); err != nil {
					return err
				}
				return test.do(tx, k)
			})
			topic := c.topic(model.Values{model.Key: test.key})
			alarm := model.Service{Name: "cloudwatch.amazonaws.com", Source: "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"}
			c.refusedIf(test.alarm, test.said, c.try(func(tx *world.Tx) error {
				_, err := model.PublishFor(tx, alarm, topic, model.Message{Text: "x"})
				return err
			}))
			c.refusedIf(test.caller, test.said, c.try(func(tx *world.Tx) error {
				_, err := model.Publish(tx, topic, model.Message{Text: "x"})
				return err
			}))
		})
	}
}

// refusedIf is refused where there is a code, and wants no error else.
func (c *cloud) refusedIf(code, words string, err error) {
	c.Helper()
	if code != "" {
		c.refused(err, code, words)
	} else if err != nil {
		c.Error(err)
	}
}
