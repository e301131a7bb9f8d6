package model

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Key is a symmetric key that a user made.
type Key struct {
	world.Object // ID: a UUID
	Description  string
	Policy       string
	Disabled     bool
	Rotates      time.Duration `json:",omitzero"` // how often; 0: never
	RotatesFrom  time.Time     `json:",omitzero"` // when that was said
	WindowDays   int           `json:",omitzero"` // days that its deletion waits; 0: it isn't to be deleted
	DeletionDate time.Time     `json:",omitzero"`
}

// deleted is the state that a key's deletion ends in.
const deleted = "deleted"

func keysQuota() world.Quota {
	return quota("kms_keys", "L-C2F1777E", "Customer Master Keys (CMKs)", 100_000)
}

func keyKind() world.AnyKind {
	return world.Kind[Key, *Key]{
		Traits: world.Traits{Noun: "KMS key", Quotas: []world.Quota{keysQuota()}},
		Name:   "kms-key", Untaggable: true,
		NotFound: func(ids ...string) error { return notFound("Key '%s' does not exist", ids[0]) },
		Counts:   func(_ *world.Tx, k *Key) bool { return !k.PendingDeletion() },
		Settle: func(tx *world.Tx, k *Key, to string) {
			if to != deleted {
				return
			}
			for _, a := range AliasesOf(tx, k.ID) {
				world.Delete[Alias](tx, a.ID)
			}
			world.Delete[Key](tx, k.ID)
		},
	}
}

var keyID = regexp.MustCompile(`^(mrk-[0-9a-f]{32}|[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12})$`)

// ARN is the key's.
func (k *Key) ARN(tx *world.Tx) string { return arn(tx, "key/"+k.ID) }

// PendingDeletion reports whether the key is to be deleted.
func (k *Key) PendingDeletion() bool { return k.WindowDays > 0 }

// State is the key's, as the API has it.
func (k *Key) State() string {
	switch {
	case k.PendingDeletion():
		return "PendingDeletion"
	case k.Disabled:
		return "Disabled"
	}
	return "Enabled"
}

// FindKey returns the key of an ID or an ARN, or AWS's refusal of it.
// Source: replies of AWS that others recorded.
func FindKey(tx *world.Tx, given string) (*Key, error) {
	resource, err := resourceOf(tx, given)
	if err != nil {
		return nil, err
	}
	id := strings.TrimPrefix(resource, "key/")
	if !keyID.MatchString(id) || id == resource && strings.HasPrefix(given, "arn:") {
		return nil, notFound("Invalid keyId '%s'", given)
	}
	k, there := world.LookUp[Key](tx, id)
	if !there {
		return nil, notFound("Key '%s' does not exist", arn(tx, "key/"+id))
	}
	return k, nil
}

// FindAny returns the key of an ID, of an ARN, or of an alias or its ARN, or AWS's refusal of it.
func FindAny(tx *world.Tx, given string) (*Key, error) {
	resource, err := resourceOf(tx, given)
	if err != nil {
		return nil, err
	}
	if !strings.HasPrefix(resource, aliasPrefix) {
		return FindKey(tx, given)
	}
	if isAWS(resource) {
		return nil, refuse.NotSimulated("the keys that AWS manages are not simulated")
	}
	a, err := FindAlias(tx, resource)
	if err != nil {
		return nil, err
	}
	return FindKey(tx, a.Key)
}

// CreateKey makes a key. Without a policy it has the one that AWS gives.
func CreateKey(tx *world.Tx, description, policy string, bypass bool, tags world.Tags) (*Key, error) {
	if policy == "" {
		policy = DefaultPolicy()
	}
	k := &Key{Object: tx.NamedObject(tx.UUID(), tags), Description: description, Policy: policy}
	if err := k.checkPolicy(tx, policy, bypass); err != nil {
		return nil, err
	}
	if err := checkTags(nil, tags); err != nil {
		return nil, err
	}
	if len(world.All[Key](tx)) >= tx.Limit(keysQuota()) {
		return nil, refuse.New("LimitExceededException", "You have reached the limit of %d KMS keys in this account and region", tx.Limit(keysQuota()))
	}
	world.Add(tx, k)
	return k, nil
}

// usable refuses what isn't done to a key that is to be deleted.
// Source: KMS Developer Guide, "Key states of AWS KMS keys".
func (k *Key) usable(tx *world.Tx) error {
	if k.PendingDeletion() {
		return invalidState(k.ARN(tx), "pending deletion")
	}
	return nil
}

// Describe gives a key another description.
func (k *Key) Describe(tx *world.Tx, description string) error {
	if err := k.usable(tx); err != nil {
		return err
	}
	world.Edit(tx, k.ID, func(k *Key) { k.Description = description })
	return nil
}

// Enable makes a key one that is used, or not.
func (k *Key) Enable(tx *world.Tx, enabled bool) error {
	if err := k.usable(tx); err != nil {
		return err
	}
	world.Edit(tx, k.ID, func(k *Key) { k.Disabled = !enabled })
	return nil
}

// The days that a deletion waits: the least, the most, and those where nobody says.
// Source: API reference of ScheduleKeyDeletion.
const (
	leastWindow = 7
	mostWindow  = 30
)

const day = 24 * time.Hour

// ScheduleDeletion has a key deleted after so many days; 0 is as many as AWS takes.
func (k *Key) ScheduleDeletion(tx *world.Tx, days int) (*Key, error) {
	if days == 0 {
		days = mostWindow
	}
	if days < leastWindow || days > mostWindow {
		return nil, invalid("PendingWindowInDays must be between %d and %d (inclusive)", leastWindow, mostWindow)
	}
	if err := k.usable(tx); err != nil {
		return nil, err
	}
	world.Edit(tx, k.ID, func(k *Key) {
		k.WindowDays, k.DeletionDate = days, tx.Now().Add(time.Duration(days)*day)
		k.Next = &world.Transition{At: k.DeletionDate, To: deleted}
	})
	after, _ := world.Get[Key](tx, k.ID)
	return after, nil
}

// CancelDeletion keeps a key that is to be deleted. It is disabled then.
func (k *Key) CancelDeletion(tx *world.Tx) error {
	if !k.PendingDeletion() {
		return invalidState(k.ARN(tx), "not pending deletion")
	}
	world.Edit(tx, k.ID, func(k *Key) {
		k.WindowDays, k.DeletionDate, k.Disabled = 0, time.Time{}, true
		k.Stay()
	})
	return nil
}

// usualRotation is how often keys are rotated where nobody says, in days.
const usualRotation = 365

// Rotate has the key's material replaced every so many days; 0 is as often as AWS does. With on false it stays.
func (k *Key) Rotate(tx *world.Tx, on bool, days int) error {
	if err := k.usable(tx); err != nil {
		return err
	}
	if k.Disabled {
		return refuse.New("DisabledException", "%s is disabled.", k.ARN(tx))
	}
	if days == 0 {
		days = usualRotation
	}
	world.Edit(tx, k.ID, func(k *Key) {
		if k.Rotates, k.RotatesFrom = 0, (time.Time{}); on {
			k.Rotates, k.RotatesFrom = time.Duration(days)*day, tx.Now()
		}
	})
	return nil
}

// Rotation is how often the key is rotated, and when the next time. A key that is to be deleted isn't.
// Source: API reference of GetKeyRotationStatus.
func (k *Key) Rotation(now time.Time) (days int, next time.Time) {
	if k.Rotates == 0 || k.PendingDeletion() {
		return 0, time.Time{}
	}
	return int(k.Rotates / day), k.RotatesFrom.Add(k.Rotates * time.Duration(k.rotations(now)+1))
}

func (k *Key) rotations(now time.Time) int {
	if k.Rotates == 0 {
		return 0
	}
	return int(now.Sub(k.RotatesFrom) / k.Rotates)
}

// Material is the ID of the key's material.
func (k *Key) Material(now time.Time) string {
	sum := sha256.Sum256([]byte(k.ID + "/" + strconv.Itoa(k.rotations(now))))
	return hex.EncodeToString(sum[:])
}
