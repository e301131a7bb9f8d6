package model

import (
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	kms "github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Actions are those on its key that a message to an encrypted topic needs.
// Source: SNS Developer Guide, "Managing Amazon SNS encryption keys and costs".
func Actions() []string { return []string{"kms:GenerateDataKey", "kms:Decrypt"} }

// unlock refuses a message that can't be encrypted with the topic's key: the key isn't there, doesn't work, or its policy
// doesn't let the service use it; nil is a caller of the account.
// Sources: SNS API Reference, "Publish"; AWS re:Post, "Why didn't I receive an SNS notification for my CloudWatch alarm
// trigger?".
func (t *Topic) unlock(tx *world.Tx, s *Service) error {
	if t.Set[Key] == "" || t.Set[Key] == ServiceKey && s == nil {
		return nil
	}
	if t.Set[Key] == ServiceKey {
		return keyDenied(s, "")
	}
	var user *kms.Service
	if s != nil {
		user = &kms.Service{Name: s.Name, Source: s.Source, Context: policy.Context{"kms:EncryptionContext:aws:sns:topicArn": {t.ID}}}
	}
	err := kms.Use(tx, t.Set[Key], user, Actions()...)
	switch {
	case refuse.Is(err, kms.Denied):
		return keyDenied(s, refuse.Text(err))
	case refuse.Is(err, kms.Disabled):
		return refuse.New("KMSDisabled", "%s", refuse.Text(err))
	case refuse.Is(err, kms.InvalidState):
		return refuse.New("KMSInvalidState", "%s", refuse.Text(err))
	case refuse.Is(err, kms.NotFound):
		return refuse.New("KMSNotFound", "%s", refuse.Text(err))
	}
	return err
}

// keyDenied is the refusal of somebody whom a key's policy doesn't let use it, in the words of the alarm's history for
// CloudWatch.
func keyDenied(s *Service, text string) error {
	if s != nil && s.Name == "cloudwatch.amazonaws.com" {
		text = "CloudWatch Alarms does not have authorization to access the SNS topic encryption key."
	}
	return refuse.New("KMSAccessDenied", "%s", text)
}
