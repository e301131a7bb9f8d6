package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// stateOperations are about whether a key works, how its material is rotated, and its end.
func (h *handlers) stateOperations() []wire.Operation {
	return []wire.Operation{
		onKey(h, "EnableKey", func(tx *world.Tx, k *model.Key, _ keyIn) error { return k.Enable(tx, true) }),
		onKey(h, "DisableKey", func(tx *world.Tx, k *model.Key, _ keyIn) error { return k.Enable(tx, false) }),
		onKey(h, "EnableKeyRotation", func(tx *world.Tx, k *model.Key, in rotationIn) error { return k.Rotate(tx, true, in.Days) }),
		onKey(h, "DisableKeyRotation", func(tx *world.Tx, k *model.Key, _ keyIn) error { return k.Rotate(tx, false, 0) }),
		view(h, "GetKeyRotationStatus", getKeyRotationStatus),
		change(h, "ScheduleKeyDeletion", scheduleKeyDeletion),
		change(h, "CancelKeyDeletion", cancelKeyDeletion),
	}
}

type rotationIn struct {
	keyIn
	Days int `query:"RotationPeriodInDays" min:"90" max:"2560"`
}

type rotationOutput struct {
	KeyID            string     `json:"KeyId"`
	Enabled          bool       `json:"KeyRotationEnabled"`
	Days             int        `json:"RotationPeriodInDays,omitempty"`
	NextRotationDate *wire.Time `json:",omitempty"`
}

func getKeyRotationStatus(tx *world.Tx, c *wire.Call, in *keyIn) (*rotationOutput, error) {
	k, err := allowed(tx, c, in.KeyID, model.FindKey)
	if err != nil {
		return nil, err
	}
	days, next := k.Rotation(tx.Now())
	return &rotationOutput{k.ARN(tx), days > 0, days, at(next)}, nil
}

type scheduleKeyDeletionInput struct {
	keyIn
	Days int `query:"PendingWindowInDays" min:"1" max:"365"`
}

type deletionOutput struct {
	KeyID        string     `json:"KeyId"`
	DeletionDate *wire.Time `json:",omitempty"`
	KeyState     string     `json:",omitempty"`
	Days         int        `json:"PendingWindowInDays,omitempty"`
}

func scheduleKeyDeletion(tx *world.Tx, c *wire.Call, in *scheduleKeyDeletionInput) (*deletionOutput, error) {
	k, err := allowed(tx, c, in.KeyID, model.FindKey)
	if err != nil {
		return nil, err
	}
	if k, err = k.ScheduleDeletion(tx, in.Days); err != nil {
		return nil, err
	}
	return &deletionOutput{k.ARN(tx), at(k.DeletionDate), k.State(), k.WindowDays}, nil
}

func cancelKeyDeletion(tx *world.Tx, c *wire.Call, in *keyIn) (*deletionOutput, error) {
	k, err := allowed(tx, c, in.KeyID, model.FindKey)
	if err != nil {
		return nil, err
	}
	return &deletionOutput{KeyID: k.ARN(tx)}, k.CancelDeletion(tx)
}
