package model_test

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	kms "github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const region = "eu-west-1"

// cloud is a world whose clock the test moves.
type cloud struct {
	*testing.T
	world *world.World
	now   time.Time
}

func newCloud(t *testing.T) *cloud {
	t.Helper()
	c := &cloud{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	var err error
	if c.world, err = world.Open("", world.Options{Now: func() time.Time { return c.now }}, slices.Concat(model.Kinds(), kms.Kinds())...); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cloud) try(f func(*world.Tx) error) error { return c.world.Update(region, f) }

func (c *cloud) do(f func(*world.Tx) error) {
	c.Helper()
	if err := c.try(f); err != nil {
		c.Fatal(err)
	}
}

// refused fails the test unless an error is AWS's refusal of a code with such words.
func (c *cloud) refused(err error, code, words string) {
	c.Helper()
	var refusal *refuse.Error
	if !errors.As(err, &refusal) || refusal.Code != code || !strings.Contains(refusal.Message, words) {
		c.Errorf("%v, not %s: %s", err, code, words)
	}
}

func (c *cloud) topic(given model.Values) (arn string) {
	c.Helper()
	c.do(func(tx *world.Tx) error {
		t, err := model.CreateTopic(tx, "alarms", given, nil)
		if err == nil {
			arn = t.ID
		}
		return err
	})
	return arn
}

func (c *cloud) subscribe(topic, protocol, endpoint string) (s *model.Subscription) {
	c.Helper()
	c.do(func(tx *world.Tx) (err error) {
		s, err = model.Subscribe(tx, topic, protocol, endpoint, nil)
		return err
	})
	return s
}

func (c *cloud) confirm(s *model.Subscription) {
	c.Helper()
	c.do(func(tx *world.Tx) error {
		_, err := model.Confirm(tx.In("us-east-1"), s.Topic, s.Token, false) // as a call without credentials does
		return err
	})
}

// deliveries are the types of those that are due.
func (c *cloud) deliveries() (types []string) {
	c.Helper()
	c.do(func(tx *world.Tx) error {
		due, _ := model.Due(tx)
		for _, d := range due {
			types = append(types, d.Type)
			model.Arrived(tx, d.ID)
		}
		return nil
	})
	return types
}

func TestSubscription_IsForgottenAfterTwoDaysUnconfirmed(t *testing.T) {
	c := newCloud(t)
	topic := c.topic(nil)
	forgotten, kept := c.subscribe(topic, "email", "a@example.com"), c.subscribe(topic, "email", "b@example.com")
	c.confirm(kept)
	c.now = c.now.Add(model.PendingFor - time.Second)
	c.do(func(tx *world.Tx) error {
		if _, there := world.Get[model.Subscription](tx, forgotten.ID); !there {
			t.Error("it is forgotten too early")
		}
		return nil
	})
	c.now = c.now.Add(2 * time.Second)
	c.do(func(tx *world.Tx) error {
		if _, there := world.Get[model.Subscription](tx, forgotten.ID); there {
			t.Error("a subscription that nobody confirmed is still there")
		}
		s, there := world.Get[model.Subscription](tx, kept.ID)
		if !there || s.Pending {
			t.Errorf("the confirmed one is %+v", s)
		}
		return nil
	})
}

func TestPublish_GoesToTheConfirmedAlone(t *testing.T) {
	c := newCloud(t)
	topic := c.topic(nil)
	s := c.subscribe(topic, "http", "http://localhost:1/")
	if got := c.deliveries(); len(got) != 1 || got[0] != model.Confirmation {
		t.Fatalf("subscribing sends %q", got)
	}
	publish := func() {
		c.do(func(tx *world.Tx) error {
			_, err := model.Publish(tx, topic, model.Message{Text: "x"})
			return err
		})
	}
	publish()
	if got := c.deliveries(); len(got) != 0 {
		t.Errorf("one that waits gets %q", got)
	}
	c.confirm(s)
	publish()
	if got := c.deliveries(); len(got) != 1 || got[0] != model.Notification {
		t.Errorf("the confirmed one gets %q", got)
	}
}

func TestDelivery_IsTriedThreeTimesMore(t *testing.T) {
	c := newCloud(t)
	c.subscribe(c.topic(nil), "http", "http://localhost:1/")
	for attempt := 1; ; attempt++ {
		var due []*model.Delivery
		var next time.Time
		c.do(func(tx *world.Tx) error {
			due, next = model.Due(tx)
			return nil
		})
		if len(due) != 1 {
			t.Fatalf("attempt %d: %d are due, the next at %v", attempt, len(due), next)
		}
		again := false
		c.do(func(tx *world.Tx) error {
			again = model.Failed(tx, due[0].ID)
			return nil
		})
		if !again {
			if attempt != 4 {
				t.Errorf("given up after %d attempts", attempt)
			}
			return
		}
		c.now = c.now.Add(19 * time.Second)
		c.do(func(tx *world.Tx) error {
			if early, _ := model.Due(tx); len(early) > 0 {
				t.Error("it is tried again too early")
			}
			return nil
		})
		c.now = c.now.Add(time.Second)
	}
}

// What a service may publish is decided by the topic's policy and key.
func TestPublishFor_IsDecidedByPolicyAndKey(t *testing.T) {
	statement := func(principal, condition string) string {
		return `{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":` + principal + `,"Action":"SNS:Publish","Resource":"*","Condition":{` + condition + `}}]}`
	}
	for name, test := range map[string]struct {
		given       model.Values
		code, words string // of the refusal; "": none
	}{
		"AWS's own policy": {},
		"this account's alarms": {given: model.Values{model.Policy: statement(`{"Service":"cloudwatch.amazonaws.com"}`,
			`"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"},"StringEquals":{"aws:SourceAccount":"123456789012"}`)}},
		"another service": {model.Values{model.Policy: statement(`{"Service":"events.amazonaws.com"}`, "")}, "AuthorizationError",
			"Resource: arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a is not authorized to perform: SNS:Publish on resource: arn:aws:sns:eu-west-1:123456789012:alarms"},
		"another account's alarms": {model.Values{model.Policy: statement(`{"Service":["cloudwatch.amazonaws.com"]}`, `"StringEquals":{"aws:SourceAccount":"999999999999"}`)}, "AuthorizationError", "is not authorized"},
		"a user of the account":    {model.Values{model.Policy: statement(`{"AWS":"arn:aws:iam::123456789012:root"}`, "")}, "AuthorizationError", "is not authorized"},
		"SNS's own key":            {model.Values{model.Key: model.ServiceKey}, "KMSAccessDenied", "does not have authorization to access the SNS topic encryption key"},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			topic := c.topic(test.given)
			err := c.try(func(tx *world.Tx) error {
				_, err := model.PublishFor(tx, model.Service{Name: "cloudwatch.amazonaws.com", Source: "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a"}, topic, model.Message{Text: "x"})
				return err
			})
			if test.code == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			c.refused(err, test.code, test.words)
		})
	}
}

func TestUnsubscribe_EndsWhatIsConfirmed(t *testing.T) {
	c := newCloud(t)
	topic := c.topic(nil)
	s := c.subscribe(topic, "email", "a@example.com")
	end := func(signed bool) error {
		return c.try(func(tx *world.Tx) error { return model.Unsubscribe(tx, s.ID, signed) })
	}
	c.refused(end(true), "InvalidParameter", "pending confirmation")
	c.do(func(tx *world.Tx) error {
		_, err := model.Confirm(tx, topic, s.Token, true)
		return err
	})
	c.refused(end(false), "AuthorizationError", "Only the owner")
	for range 2 { // the second time it isn't there any more
		if err := end(true); err != nil {
			t.Error(err)
		}
	}
	c.do(func(tx *world.Tx) error {
		found, err := model.FindTopic(tx, topic)
		if err == nil && found.Attributes(tx)["SubscriptionsDeleted"] != "1" {
			t.Errorf("the topic's attributes are %v", found.Attributes(tx))
		}
		return err
	})
}

func TestDeleteTopic_TakesSubscriptionsAndDeliveries(t *testing.T) {
	c := newCloud(t)
	topic := c.topic(nil)
	c.subscribe(topic, "email", "a@example.com")
	c.do(func(tx *world.Tx) error { return model.DeleteTopic(tx, topic) })
	c.do(func(tx *world.Tx) error { return model.DeleteTopic(tx, topic) })
	c.do(func(tx *world.Tx) error {
		if left := world.Inventory(tx); len(left) > 0 || len(world.All[model.Delivery](tx)) > 0 {
			t.Errorf("there are still %v", left)
		}
		return nil
	})
}

func TestSend_KeepsTheLatest(t *testing.T) {
	c := newCloud(t)
	c.do(func(tx *world.Tx) error {
		for range 205 {
			model.Send(tx, model.Mail{To: "a@example.com"})
		}
		if kept := len(model.Mails(tx)); kept != 200 {
			t.Errorf("%d e-mails are kept", kept)
		}
		return nil
	})
}
