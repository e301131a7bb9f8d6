package model

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Validation is how far the proof is that a name is the account's.
type Validation struct {
	Domain      string
	Status      string // PENDING_VALIDATION, SUCCESS or FAILED
	Name, Value string `json:",omitempty"` // of the CNAME record that proves it; empty until it is known
}

// Success is the status of a name that is proven, and of a renewal that is done.
const Success = "SUCCESS"

// recordsKnown is how long a certificate doesn't tell yet which record proves a name.
// Source: API reference of RequestCertificate: several seconds.
func recordsKnown() world.Step {
	return world.Step{Name: "certificate's records known", Fast: 200 * time.Millisecond, AWS: 5 * time.Second}
}

// lookAgain is how long ACM waits at least before it looks for records again. AWS doesn't publish it.
func lookAgain() world.Step { return world.Step{Fast: 200 * time.Millisecond, AWS: 20 * time.Second} }

// validated is how long ACM takes to issue a certificate whose names are proven, so that all of it takes what public
// logs have: 102 s, 249 s.
func validated() world.Step {
	return world.Step{Name: "certificate issued", Fast: 300 * time.Millisecond, AWS: 45 * time.Second}
}

// validationTime is how long ACM looks for records.
// Source: API reference of CertificateDetail, Status.
const validationTime = 72 * time.Hour

// What a certificate does next.
const (
	stepRecord = "record" // tell the records
	stepLook   = "look"   // look for them
	stepIssue  = "issue"
	stepRenew  = "renew"  // begin to renew it
	stepRevise = "revise" // look whether it can be renewed
	stepExpire = "expire"
)

func settle(tx *world.Tx, c *Certificate, to string) {
	world.Edit(tx, c.ID, func(c *Certificate) {
		switch to {
		case stepRecord:
			c.tellRecords(tx)
		case stepLook:
			c.look(tx)
		case stepIssue:
			c.issue(tx)
		case stepRenew, stepRevise:
			c.renew(tx, to == stepRenew)
		case stepExpire:
			c.expire(tx)
		}
	})
}

// tellRecords tells the records of all names.
func (c *Certificate) tellRecords(tx *world.Tx) {
	if reason := c.refusal(); reason != "" {
		c.fail(reason, Failed)
		return
	}
	for i, v := range c.Validations {
		c.Validations[i] = validationOf(v.Domain)
	}
	c.Become(tx, stepLook, lookAgain())
}

// validationOf is the record that proves a name. It depends on the account and the name alone, and a wildcard shares
// that of the name below which it is.
// Source: ACM User Guide, "DNS validation".
func validationOf(domain string) Validation {
	base := strings.TrimPrefix(domain, "*.")
	sum := sha256.Sum256([]byte(world.AccountID + "/" + base))
	label := make([]byte, 10)
	for i := range label {
		label[i] = 'a' + sum[22+i]%26
	}
	value := sha256.Sum256(sum[:])
	return Validation{Domain: domain, Status: PendingValidation,
		Name:  "_" + hex.EncodeToString(sum[:16]) + "." + base + ".",
		Value: "_" + hex.EncodeToString(value[:16]) + "." + string(label) + ".acm-validations.aws."}
}

// refusal is why no certificate of such names is issued to anybody.
// Source: ACM User Guide, "Troubleshoot certificate requests".
func (c *Certificate) refusal() string {
	if c.FailureReason != "" {
		return c.FailureReason
	}
	for _, name := range c.Names {
		switch {
		case within(name, "amazonaws.com"):
			return "ADDITIONAL_VERIFICATION_REQUIRED"
		case slices.ContainsFunc(privateDomains(), func(d string) bool { return within(name, d) }) && !within(name, ownZone):
			return "INVALID_PUBLIC_DOMAIN"
		}
	}
	return ""
}

// ownZone is the zone that the account owns, which counts as public here.
const ownZone = "example.localhost"

// privateDomains are those that nobody has in the public DNS.
// Source: IANA, "Special-Use Domain Names".
func privateDomains() []string {
	return []string{"localhost", "local", "internal", "test", "invalid", "example", "onion", "alt", "home.arpa"}
}

func within(name, domain string) bool { return name == domain || strings.HasSuffix(name, "."+domain) }

// look looks for the records of the names that aren't proven.
func (c *Certificate) look(tx *world.Tx) {
	proven := true
	for i, v := range c.Validations {
		if v.Status != Success && v.found(tx) {
			c.Validations[i].Status = Success
		}
		proven = proven && c.Validations[i].Status == Success
	}
	end := c.Created.Add(validationTime)
	switch {
	case proven:
		c.Become(tx, stepIssue, validated())
	case !tx.Now().Before(end):
		c.fail("", ValidationTimedOut)
	default:
		// The longer it takes, the more seldom ACM looks.
		pause := min(max(tx.Duration(lookAgain()), tx.Now().Sub(c.Created)/10), 15*tx.Duration(lookAgain()))
		c.Next = &world.Transition{At: earlier(tx.Now().Add(pause), end), To: stepLook}
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// found reports whether the name's record is in the public DNS at this moment.
func (v Validation) found(tx *world.Tx) bool {
	values, ok := model.Resolve(tx, v.Name, "CNAME")
	return ok && slices.ContainsFunc(values, func(value string) bool {
		return strings.EqualFold(strings.TrimSuffix(value, "."), strings.TrimSuffix(v.Value, "."))
	})
}

// fail ends the request of a certificate.
func (c *Certificate) fail(reason, status string) {
	c.Status, c.FailureReason = status, reason
	for i := range c.Validations {
		if v := &c.Validations[i]; v.Status != Success {
			v.Status = Failed
		}
	}
}

// issue issues the certificate, unless the domains' owners let Amazon issue none.
func (c *Certificate) issue(tx *world.Tx) {
	if !c.allowed(tx) {
		c.fail("CAA_ERROR", Failed)
		return
	}
	c.Status, c.IssuedAt = Issued, tx.Now()
	c.KeyUsages = []string{"DIGITAL_SIGNATURE"}
	if strings.HasPrefix(c.KeyAlgorithm, "RSA") {
		c.KeyUsages = append(c.KeyUsages, "KEY_ENCIPHERMENT")
	}
	c.ExtendedKeyUsages = []string{"TLS_WEB_SERVER_AUTHENTICATION"}
	c.sign(tx)
}
