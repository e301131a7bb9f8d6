package model

import (
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Rule is a rule of a bucket's lifecycle. 0 days are none.
type Rule struct {
	ID         string
	Enabled    bool
	Prefix     string
	Days       int // after which an object expires
	Noncurrent int // days after which a version expires that isn't the newest
	Abort      int // days after which an upload in parts that hasn't ended is given up
}

// maxRules is how many a bucket may have. Source: Amazon S3 User Guide, "Managing the lifecycle of objects".
const maxRules = 1000

// SetRules replaces a bucket's lifecycle; none takes it away.
func SetRules(tx *world.Tx, b *Bucket, rules []Rule) error {
	if len(rules) > maxRules {
		return refuse.New("MalformedXML", "The XML you provided was not well-formed or did not validate against our published schema")
	}
	names := map[string]bool{}
	for _, r := range rules {
		switch {
		case r.ID != "" && names[r.ID]:
			return invalidArgument("Rule ID must be unique. Found same ID for more than one rule")
		case r.Days < 0 || r.Noncurrent < 0 || r.Abort < 0:
			return invalidArgument("'Days' for Expiration action must be a positive integer")
		case r.Days+r.Noncurrent+r.Abort == 0:
			return refuse.New("InvalidRequest", "At least one action needs to be specified in a rule")
		}
		names[r.ID] = true
	}
	world.Edit(tx, b.ID, func(b *Bucket) { b.Rules = rules })
	b, _ = world.Get[Bucket](tx, b.ID)
	for _, v := range Listed(tx, b.ID, "") {
		world.Edit(tx, v.ID, func(v *Version) { v.Next = b.due(v) })
	}
	return nil
}

// due is when the rules next look at a version; nil where they never do.
func (b *Bucket) due(v *Version) *world.Transition {
	var next *world.Transition
	at := func(t time.Time) {
		if next == nil || t.Before(next.At) {
			next = &world.Transition{At: t, To: "expired"}
		}
	}
	for _, r := range b.Rules {
		if !r.Enabled || !strings.HasPrefix(v.Key, r.Prefix) {
			continue
		}
		if r.Days > 0 && !v.Marker {
			at(dayOf(v.Created, r.Days))
		}
		if r.Noncurrent > 0 {
			at(dayOf(v.Created, r.Noncurrent))
		}
	}
	return next
}

// expire does what the rules say of a version whose time has come. The contents are swept later.
func expire(tx *world.Tx, v *Version) {
	b, there := world.Get[Bucket](tx, v.Bucket)
	if !there {
		return
	}
	versions := versionsOf(tx, v.Bucket, v.Key)
	newest := versions[0].ID == v.ID
	since := v.Created // a version counts from when another took its place
	for i, other := range versions {
		if other.ID == v.ID && i > 0 {
			since = versions[i-1].Created
		}
	}
	var again *world.Transition
	for _, r := range b.Rules {
		if !r.Enabled || !strings.HasPrefix(v.Key, r.Prefix) {
			continue
		}
		switch {
		case newest && r.Days > 0 && !v.Marker && !tx.Now().Before(dayOf(v.Created, r.Days)):
			_, _, _ = Remove(tx, b, v.Key, "", Condition{}) // without a condition it fails never
			return
		case !newest && r.Noncurrent > 0 && !tx.Now().Before(dayOf(since, r.Noncurrent)):
			world.Delete[Version](tx, v.ID)
			return
		case !newest && r.Noncurrent > 0:
			again = &world.Transition{At: dayOf(since, r.Noncurrent), To: "expired"}
		case newest && r.Noncurrent > 0: // another may take its place
			again = &world.Transition{At: dayOf(tx.Now(), 1), To: "expired"}
		}
	}
	if again != nil {
		world.Edit(tx, v.ID, func(v *Version) { v.Next = again })
	}
}
