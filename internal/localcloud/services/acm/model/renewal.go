package model

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Renewal is how far a certificate's renewal is.
type Renewal struct {
	Status      string // PENDING_AUTO_RENEWAL, PENDING_VALIDATION, SUCCESS or FAILED
	Reason      string `json:",omitempty"` // such as CAA_ERROR
	Updated     time.Time
	Validations []Validation
}

// How long certificates are valid, how long before their end ACM renews them, and how often it tries.
// Source: ACM User Guide, "Renewal for domains validated by DNS"; AWS doesn't say how often it tries.
const (
	validity    = 198 * 24 * time.Hour
	renewBefore = 45 * 24 * time.Hour
	renewAgain  = time.Hour
)

// sign makes the certificate one that begins today, with a new serial number.
func (c *Certificate) sign(tx *world.Tx) {
	serial := "0" + tx.Hex(31)
	if serial[:2] == "00" {
		serial = "01" + serial[2:]
	}
	c.SerialNumber = ""
	for i := 0; i < len(serial); i += 2 {
		if i > 0 {
			c.SerialNumber += ":"
		}
		c.SerialNumber += serial[i : i+2]
	}
	c.NotBefore = tx.Now().Truncate(24 * time.Hour)
	c.NotAfter = c.NotBefore.Add(validity - time.Second)
	c.Next = &world.Transition{At: c.NotAfter.Add(-renewBefore), To: stepRenew}
}

// renew tries to renew the certificate: at first when its time has come, then again and again until its end. One that
// nothing uses isn't renewed.
func (c *Certificate) renew(tx *world.Tx, begins bool) {
	switch {
	case !c.RenewsItself(tx):
	case begins || c.Renewal == nil || c.Renewal.Updated.Before(c.NotAfter.Add(-renewBefore)):
		c.note(tx, "PENDING_AUTO_RENEWAL", "")
		c.Become(tx, stepRevise, validated())
		return
	case !c.prove(tx):
		c.note(tx, PendingValidation, "")
	case !c.allowed(tx):
		c.note(tx, PendingValidation, "CAA_ERROR")
	default:
		c.note(tx, Success, "")
		c.sign(tx)
		return
	}
	next := tx.Now().Add(renewAgain)
	if !next.Before(c.NotAfter) {
		c.Next = &world.Transition{At: c.NotAfter, To: stepExpire}
		return
	}
	c.Next = &world.Transition{At: next, To: stepRevise}
}

// prove looks for the records of all names.
func (c *Certificate) prove(tx *world.Tx) bool {
	proven := true
	for i := range c.Renewal.Validations {
		v := &c.Renewal.Validations[i]
		v.Status = PendingValidation
		if v.found(tx) {
			v.Status = Success
		}
		proven = proven && v.Status == Success
	}
	return proven
}

// note notes how far the renewal is.
func (c *Certificate) note(tx *world.Tx, status, reason string) {
	if c.Renewal == nil || status == "PENDING_AUTO_RENEWAL" {
		c.Renewal = &Renewal{}
		for _, v := range c.Validations {
			c.Renewal.Validations = append(c.Renewal.Validations, validationOf(v.Domain))
		}
	}
	if c.Renewal.Status != status || c.Renewal.Reason != reason {
		c.Renewal.Status, c.Renewal.Reason, c.Renewal.Updated = status, reason, tx.Now()
	}
}

// expire ends the certificate's time.
func (c *Certificate) expire(tx *world.Tx) {
	c.Status = Expired
	if c.Renewal != nil && c.Renewal.Status != Success {
		c.note(tx, Failed, c.Renewal.Reason)
	}
}
