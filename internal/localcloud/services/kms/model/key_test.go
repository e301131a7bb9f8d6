package model_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const day = 24 * time.Hour

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
	if c.world, err = world.Open("", world.Options{Now: func() time.Time { return c.now }}, model.Kinds()...); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *cloud) try(f func(*world.Tx) error) error { return c.world.Update("eu-west-1", f) }

func (c *cloud) do(f func(*world.Tx) error) {
	c.Helper()
	if err := c.try(f); err != nil {
		c.Fatal(err)
	}
}

// key makes a key with an alias.
func (c *cloud) key(policy string) (id string) {
	c.Helper()
	c.do(func(tx *world.Tx) error {
		k, err := model.CreateKey(tx, "", policy, false, nil)
		if err != nil {
			return err
		}
		id = k.ID
		return model.CreateAlias(tx, "alias/alarms", k)
	})
	return id
}

// on does something to a key.
func (c *cloud) on(id string, f func(*world.Tx, *model.Key) error) error {
	return c.try(func(tx *world.Tx) error {
		k, err := model.FindKey(tx, id)
		if err != nil {
			return err
		}
		return f(tx, k)
	})
}

// refused fails the test unless an error is AWS's refusal of a code with such words; "" wants none.
func (c *cloud) refused(err error, code, words string) {
	c.Helper()
	var refusal *refuse.Error
	switch {
	case code == "" && err == nil:
	case !errors.As(err, &refusal) || refusal.Code != code || !strings.Contains(refusal.Message, words):
		c.Errorf("%v, not %s: %s", err, code, words)
	}
}

func schedule(days int) func(*world.Tx, *model.Key) error {
	return func(tx *world.Tx, k *model.Key) error {
		_, err := k.ScheduleDeletion(tx, days)
		return err
	}
}

func TestScheduleDeletion_TakesKeyAndAliasesAtItsTime(t *testing.T) {
	c := newCloud(t)
	id := c.key("")
	for _, days := range []int{1, 6, 31} {
		c.refused(c.on(id, schedule(days)), "ValidationException", "between 7 and 30")
	}
	c.refused(c.on(id, schedule(7)), "", "")
	for what, do := range map[string]func(*world.Tx, *model.Key) error{
		"schedule": schedule(7),
		"enable":   func(tx *world.Tx, k *model.Key) error { return k.Enable(tx, true) },
		"disable":  func(tx *world.Tx, k *model.Key) error { return k.Enable(tx, false) },
		"rotate":   func(tx *world.Tx, k *model.Key) error { return k.Rotate(tx, true, 0) },
		"describe": func(tx *world.Tx, k *model.Key) error { return k.Describe(tx, "x") },
		"tag":      func(tx *world.Tx, k *model.Key) error { return k.Tag(tx, world.Tags{"k": "v"}) },
		"alias":    func(tx *world.Tx, k *model.Key) error { return model.CreateAlias(tx, "alias/other", k) },
	} {
		t.Run(what, func(t *testing.T) {
			c.refused(c.on(id, do), "KMSInvalidStateException", "arn:aws:kms:eu-west-1:123456789012:key/"+id+" is pending deletion.")
		})
	}
	c.do(func(tx *world.Tx) error {
		if left := world.Inventory(tx); len(left) > 0 {
			t.Errorf("what is to be deleted counts: %v", left)
		}
		return nil
	})
	c.now = c.now.Add(7*day - time.Second)
	c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error { return k.PutPolicy(tx, model.DefaultPolicy(), false) }), "", "")
	c.now = c.now.Add(time.Second)
	c.refused(c.on(id, schedule(7)), "NotFoundException", "Key 'arn:aws:kms:eu-west-1:123456789012:key/"+id+"' does not exist")
	c.refused(c.try(func(tx *world.Tx) error { return model.DeleteAlias(tx, "alias/alarms") }), "NotFoundException", "Alias arn:aws:kms:eu-west-1:123456789012:alias/alarms is not found.")
}

func TestCancelDeletion_LeavesADisabledKeyWhoseRotationGoesOn(t *testing.T) {
	c := newCloud(t)
	id := c.key("")
	rotation := func() (days int) {
		c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error {
			days, _ = k.Rotation(tx.Now())
			return nil
		}), "", "")
		return days
	}
	cancel := func(tx *world.Tx, k *model.Key) error { return k.CancelDeletion(tx) }
	c.refused(c.on(id, cancel), "KMSInvalidStateException", "is not pending deletion.")
	c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error { return k.Rotate(tx, true, 0) }), "", "")
	c.refused(c.on(id, schedule(0)), "", "")
	if days := rotation(); days != 0 {
		t.Errorf("a key that is to be deleted rotates every %d days", days)
	}
	c.refused(c.on(id, cancel), "", "")
	c.now = c.now.Add(31 * day)
	c.refused(c.on(id, func(_ *world.Tx, k *model.Key) error {
		if k.State() != "Disabled" {
			t.Errorf("it is %s", k.State())
		}
		return nil
	}), "", "")
	if days := rotation(); days != 365 {
		t.Errorf("it rotates every %d days", days)
	}
}

func TestRotation_ReplacesTheMaterialByTheClock(t *testing.T) {
	c := newCloud(t)
	id := c.key("")
	begun := c.now
	c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error { return k.Rotate(tx, true, 90) }), "", "")
	material := func() (m string) {
		c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error {
			days, next := k.Rotation(tx.Now())
			if wanted := begun.Add(90 * day); days != 90 || tx.Now().Before(wanted) && !next.Equal(wanted) {
				t.Errorf("every %d days, next on %v", days, next)
			}
			m = k.Material(tx.Now())
			return nil
		}), "", "")
		return m
	}
	first := material()
	if c.now = begun.Add(90*day - 1); material() != first {
		t.Error("it is rotated too early")
	}
	if c.now = begun.Add(90 * day); material() == first {
		t.Error("it isn't rotated")
	}
}

// statement is one of a key's policy.
func statement(effect, principal, action, condition string) string {
	return `{"Effect":"` + effect + `","Principal":` + principal + `,"Action":` + action + `,"Resource":"*","Condition":{` + condition + `}}`
}

func document(statements ...string) string {
	return `{"Version":"2012-10-17","Statement":[` + strings.Join(statements, ",") + `]}`
}

const (
	root   = `{"AWS":"arn:aws:iam::123456789012:root"}`
	alarms = `{"Service":"cloudwatch.amazonaws.com"}`
	use    = `["kms:Decrypt","kms:GenerateDataKey*"]`
)

func TestUse_IsDecidedByPolicyAndState(t *testing.T) {
	everything := statement("Allow", root, `"kms:*"`, "")
	ours := `"StringEquals":{"aws:SourceAccount":"123456789012"},"ArnLike":{"aws:SourceArn":"arn:aws:cloudwatch:eu-west-1:123456789012:alarm:*"}`
	nothing := func(*world.Tx, *model.Key) error { return nil }
	for name, test := range map[string]struct {
		policy      string
		key         string // by which it is used; "": its alias
		do          func(*world.Tx, *model.Key) error
		code, words string
	}{
		"AWS's own policy":         {model.DefaultPolicy(), "", nothing, "AccessDeniedException", "cloudwatch.amazonaws.com is not authorized to perform: kms:GenerateDataKey"},
		"alarms":                   {document(everything, statement("Allow", alarms, use, "")), "", nothing, "", ""},
		"this account's alarms":    {document(everything, statement("Allow", alarms, use, ours)), "arn:aws:kms:eu-west-1:123456789012:alias/alarms", nothing, "", ""},
		"another account's alarms": {document(everything, statement("Allow", alarms, use, `"StringEquals":{"aws:SourceAccount":"999999999999"}`)), "", nothing, "AccessDeniedException", ""},
		"half of the permissions":  {document(everything, statement("Allow", alarms, `"kms:GenerateDataKey*"`, "")), "", nothing, "AccessDeniedException", "kms:Decrypt"},
		"denied":                   {document(everything, statement("Allow", alarms, use, ""), statement("Deny", `"*"`, `"kms:Decrypt"`, "")), "", nothing, "AccessDeniedException", "kms:Decrypt"},
		"disabled": {document(everything, statement("Allow", alarms, use, "")), "", func(tx *world.Tx, k *model.Key) error { return k.Enable(tx, false) },
			"DisabledException", "is disabled."},
		"pending deletion":   {document(everything, statement("Allow", alarms, use, "")), "", schedule(7), "KMSInvalidStateException", "is pending deletion."},
		"no such alias":      {model.DefaultPolicy(), "alias/other", nothing, "NotFoundException", "alias/other is not found"},
		"another region":     {model.DefaultPolicy(), "arn:aws:kms:us-east-1:123456789012:alias/alarms", nothing, "NotFoundException", "Invalid arn us-east-1"},
		"a key AWS manages":  {model.DefaultPolicy(), "alias/aws/sns", nothing, "NotSimulated", ""},
		"what isn't a key":   {model.DefaultPolicy(), "fake-key-id", nothing, "NotFoundException", "Invalid keyId 'fake-key-id'"},
		"another sort's ARN": {model.DefaultPolicy(), "arn:aws:sns:eu-west-1:123456789012:a", nothing, "InvalidArnException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			id := c.key(test.policy)
			c.refused(c.on(id, test.do), "", "")
			c.T = t
			if test.key == "" {
				test.key = "alias/alarms"
			}
			c.refused(c.try(func(tx *world.Tx) error {
				return model.Use(tx, test.key, &model.Service{Name: "cloudwatch.amazonaws.com", Source: "arn:aws:cloudwatch:eu-west-1:123456789012:alarm:a",
					Context: policy.Context{"kms:EncryptionContext:aws:sns:topicArn": {"arn:aws:sns:eu-west-1:123456789012:a"}}}, "kms:GenerateDataKey", "kms:Decrypt")
			}), test.code, test.words)
		})
	}
}

func TestPutPolicy_RefusesWhatLocksOut(t *testing.T) {
	const lockout = "The new key policy will not allow you to update the key policy in the future."
	for name, test := range map[string]struct{ policy, code, words string }{
		"the account":         {document(statement("Allow", root, `"kms:*"`, "")), "", ""},
		"the account's ID":    {document(statement("Allow", `{"AWS":"123456789012"}`, `"kms:Put*"`, "")), "", ""},
		"the caller":          {document(statement("Allow", `{"AWS":["arn:aws:iam::123456789012:user/local"]}`, `"kms:PutKeyPolicy"`, "")), "", ""},
		"everybody":           {document(statement("Allow", `"*"`, `"*"`, "")), "", ""},
		"a service alone":     {document(statement("Allow", alarms, `"kms:*"`, "")), "MalformedPolicyDocumentException", lockout},
		"another account":     {document(statement("Allow", `{"AWS":"arn:aws:iam::999999999999:root"}`, `"kms:*"`, "")), "MalformedPolicyDocumentException", lockout},
		"another action":      {document(statement("Allow", root, `"kms:Get*"`, "")), "MalformedPolicyDocumentException", lockout},
		"denied":              {document(statement("Allow", root, `"kms:*"`, ""), statement("Deny", root, `"kms:Put*"`, "")), "MalformedPolicyDocumentException", lockout},
		"no principal":        {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"kms:*","Resource":"*"}]}`, "MalformedPolicyDocumentException", "principal"},
		"no JSON":             {`{`, "MalformedPolicyDocumentException", ""},
		"all but one":         {`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","NotPrincipal":{"AWS":"1"},"Action":"kms:*","Resource":"*"}]}`, "NotSimulated", ""},
		"more than it may be": {document(statement("Allow", root, `"kms:*"`, `"StringEquals":{"aws:PrincipalArn":"`+strings.Repeat("x", 32<<10)+`"}`)), "LimitExceededException", ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := newCloud(t)
			id := c.key("")
			c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error { return k.PutPolicy(tx, test.policy, false) }), test.code, test.words)
		})
	}
	c := newCloud(t)
	id := c.key("")
	c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error {
		return k.PutPolicy(tx, document(statement("Allow", alarms, `"kms:*"`, "")), true)
	}), "", "")
	c.refused(c.on(id, func(tx *world.Tx, k *model.Key) error { return k.MayCaller(tx, "kms:DescribeKey") }), "AccessDeniedException",
		"User: arn:aws:iam::123456789012:user/local is not authorized to perform: kms:DescribeKey on resource: arn:aws:kms:eu-west-1:123456789012:key/"+id)
}
