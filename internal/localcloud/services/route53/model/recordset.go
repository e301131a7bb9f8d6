package model

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Key tells the record sets of a zone apart.
type Key struct {
	Name string // canonical
	Type string // such as "CNAME"
}

// Data is what a record set answers with: values, or what an alias leads to.
type Data struct {
	TTL    int64    // seconds; 0 with an alias
	Values []string `json:",omitempty"` // as they were given
	Alias  *Alias   `json:",omitempty"`
}

// Alias leads to what AWS or a record set of the same zone answers with.
type Alias struct {
	ZoneID               string
	DNSName              string // canonical
	EvaluateTargetHealth bool
}

// RecordSet is a record set of a hosted zone, as the API knows it.
type RecordSet struct {
	world.Object // ID: zone, name and type
	ZoneID       string
	Key
	Data
}

// Answer is a record set as the zone's name servers know it.
type Answer struct {
	world.Object // ID: as that of the record set
	ZoneID       string
	Key
	Data
}

// MaxRecordSets is how many record sets a hosted zone may have.
// Source: Amazon Route 53 Developer Guide, "Quotas".
const MaxRecordSets = 10_000

func recordSetKind() world.AnyKind {
	return world.Kind[RecordSet, *RecordSet]{
		Traits: world.Traits{Noun: "DNS record"},
		Name:   "route53-recordset", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return fmt.Errorf("no record set %v", ids) },
		Parent:   func(r *RecordSet) string { return r.ZoneID },
		Counts: func(tx *world.Tx, r *RecordSet) bool {
			z, ok := world.Get[Zone](tx, r.ZoneID)
			return ok && !z.required(r.Key)
		},
	}
}

func answerKind() world.AnyKind {
	return world.Kind[Answer, *Answer]{Name: "route53-answer", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return fmt.Errorf("no answer %v", ids) },
		Parent:   func(a *Answer) string { return a.ZoneID }}
}

func setID(zoneID string, k Key) string { return zoneID + "/" + k.Name + "/" + k.Type }

// putRecordSet stores a record set; without data it is deleted.
func putRecordSet(tx *world.Tx, zoneID string, k Key, d *Data) {
	id := setID(zoneID, k)
	switch {
	case d == nil:
		world.Delete[RecordSet](tx, id)
	case !world.Edit(tx, id, func(r *RecordSet) { r.Data = *d }):
		world.Add(tx, &RecordSet{Object: tx.NamedObject(id, nil), ZoneID: zoneID, Key: k, Data: *d})
	}
}

// putAnswer lets a zone's name servers know a record set; without data they forget it.
func putAnswer(tx *world.Tx, zoneID string, k Key, d *Data) {
	id := setID(zoneID, k)
	switch {
	case d == nil:
		world.Delete[Answer](tx, id)
	case !world.Edit(tx, id, func(a *Answer) { a.Data = *d }):
		world.Add(tx, &Answer{Object: tx.NamedObject(id, nil), ZoneID: zoneID, Key: k, Data: *d})
	}
}

// RecordSets are a zone's record sets in the order of ListResourceRecordSets: by the names' labels, the last first,
// then by type.
func RecordSets(tx *world.Tx, zoneID string) []*RecordSet {
	sets := slices.Clone(world.Of[RecordSet](tx.In(""), zoneID))
	slices.SortFunc(sets, func(a, b *RecordSet) int { return CompareKeys(a.Key, b.Key) })
	return sets
}

// CompareKeys orders record sets as ListResourceRecordSets does.
func CompareKeys(a, b Key) int {
	return cmp.Or(compareNames(a.Name, b.Name), strings.Compare(a.Type, b.Type))
}

// Canonical is a name as Route 53 lists it; what can't be one comes back as it is, with the final dot.
func Canonical(name string) string {
	if c, err := canonical(name); err == nil {
		return c
	}
	return strings.TrimSuffix(strings.ToLower(name), ".") + "."
}
