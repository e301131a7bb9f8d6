package model

import (
	"fmt"
	"maps"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// DefaultPolicy is the policy of a key that is made without one: the account's own policies decide.
// Source: replies of GetKeyPolicy that others recorded.
func DefaultPolicy() string {
	return `{
  "Version" : "2012-10-17",
  "Id" : "key-default-1",
  "Statement" : [ {
    "Sid" : "Enable IAM User Permissions",
    "Effect" : "Allow",
    "Principal" : {
      "AWS" : "arn:aws:iam::` + world.AccountID + `:root"
    },
    "Action" : "kms:*",
    "Resource" : "*"
  } ]
}`
}

// PutPolicy replaces the key's policy.
func (k *Key) PutPolicy(tx *world.Tx, text string, bypass bool) error {
	if err := k.checkPolicy(tx, text, bypass); err != nil {
		return err
	}
	world.Edit(tx, k.ID, func(k *Key) { k.Policy = text })
	return nil
}

// mostPolicy is how long a key's policy may be, in bytes.
// Source: KMS Developer Guide, "Resource quotas".
const mostPolicy = 32 << 10

func malformed(format string, args ...any) *refuse.Error {
	return refuse.New("MalformedPolicyDocumentException", format, args...)
}

// checkPolicy refuses documents that can't be a key's policy, and unless that is waived those that would lock the caller
// out: who can't put a policy couldn't take it back.
// Source: KMS Developer Guide, "Default key policy", and public reports of the refusal.
func (k *Key) checkPolicy(tx *world.Tx, text string, bypass bool) error {
	if len(text) > mostPolicy {
		return refuse.New("LimitExceededException", "The key policy is longer than %d bytes", mostPolicy)
	}
	d, err := policy.Resource(text)
	if err != nil {
		return malformed("%v", err)
	}
	for _, s := range d.Statements {
		switch {
		case s.NotPrincipal != nil:
			return refuse.NotSimulated("key policies with NotPrincipal are not simulated")
		case s.Principal == nil:
			return malformed("Policy contains a statement with no principal.")
		case s.Action == nil && s.NotAction == nil:
			return malformed("Policy contains a statement with no action.")
		case s.Resource == nil && s.NotResource == nil:
			return malformed("Policy contains a statement with no resource.")
		}
	}
	if !bypass && !allows(d.ForAccount(world.AccountID, callerARN), k.request(tx, "kms:PutKeyPolicy", nil)) {
		return malformed("The new key policy will not allow you to update the key policy in the future.")
	}
	return nil
}

// callerARN is the ARN of the one user that every caller is.
const callerARN = "arn:aws:iam::" + world.AccountID + ":user/" + world.UserName

func (k *Key) request(tx *world.Tx, action string, context policy.Context) policy.Request {
	all := policy.Context{"kms:CallerAccount": {world.AccountID}, "aws:PrincipalAccount": {world.AccountID}, "aws:ResourceAccount": {world.AccountID}}
	maps.Copy(all, context)
	return policy.Request{Action: action, Resource: k.ARN(tx), Context: all}
}

func allows(d policy.Document, r policy.Request) bool {
	who := policy.Principal{Identity: []policy.Policy{{Name: "key policy", Document: d}}}
	return who.Decide(r).Decision == policy.Allowed
}

// document is the key's policy, which was checked when it was put.
func (k *Key) document() (policy.Document, error) {
	d, err := policy.Resource(k.Policy)
	if err != nil {
		return d, fmt.Errorf("kms: read the policy of key %s: %w", k.ID, err)
	}
	return d, nil
}

// MayCaller refuses an action of a caller of the account that the key's policy doesn't allow.
// Source: KMS Developer Guide, "Troubleshooting AWS KMS permissions".
func (k *Key) MayCaller(tx *world.Tx, action string) error {
	d, err := k.document()
	if err != nil {
		return err
	}
	return k.may(tx, callerARN, d.ForAccount(world.AccountID, callerARN), k.request(tx, action, nil))
}

// may refuses somebody's request that no statement of those about him allows.
func (k *Key) may(tx *world.Tx, who string, statements policy.Document, r policy.Request) error {
	if allows(statements, r) {
		return nil
	}
	return refuse.New("AccessDeniedException", "User: %s is not authorized to perform: %s on resource: %s because no resource-based policy allows the %s action",
		who, r.Action, k.ARN(tx), r.Action)
}

// Service is an AWS service that would use a key for one of its objects, which lies in a topic, a bucket or the like.
type Service struct {
	Name    string // such as "cloudwatch.amazonaws.com"
	Source  string // ARN of the object for which it does
	Context policy.Context
}

// The codes of what Use refuses, for those who have others for it.
const (
	Denied       = "AccessDeniedException"
	Disabled     = "DisabledException"
	InvalidState = "KMSInvalidStateException"
	NotFound     = "NotFoundException"
)

// Use refuses what would use a key, given by its ID, alias or an ARN of either: a key that doesn't work, or one whose
// policy doesn't allow the actions. Service is nil for a caller of the account.
func Use(tx *world.Tx, given string, service *Service, actions ...string) error {
	k, err := FindAny(tx, given)
	if err != nil {
		return err
	}
	for _, action := range actions {
		if service == nil {
			err = k.MayCaller(tx, action)
		} else {
			err = k.mayService(tx, *service, action)
		}
		if err != nil {
			return err
		}
	}
	switch {
	case k.PendingDeletion():
		return invalidState(k.ARN(tx), "pending deletion")
	case k.Disabled:
		return refuse.New("DisabledException", "%s is disabled.", k.ARN(tx))
	}
	return nil
}

func (k *Key) mayService(tx *world.Tx, s Service, action string) error {
	d, err := k.document()
	if err != nil {
		return err
	}
	r := k.request(tx, action, s.Context)
	r.Context["aws:SourceArn"], r.Context["aws:SourceAccount"] = []string{s.Source}, []string{world.AccountID}
	return k.may(tx, s.Name, d.ForService(s.Name), r)
}
