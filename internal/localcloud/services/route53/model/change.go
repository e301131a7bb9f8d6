package model

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Change is a batch of changes on its way to the name servers.
type Change struct {
	world.Object // ID: such as "C0123456789ABCDEFGHI"
	Status       string
	Comment      string `json:",omitempty"`
	ZoneID       string
	Sets         []set `json:",omitempty"` // what the name servers will know, in order
}

// The states of a change.
const (
	Pending = "PENDING"
	InSync  = "INSYNC"
)

// set is a record set as a change leaves it; nil data: without it.
type set struct {
	Key
	*Data
}

// published is a record set that there is.
type published struct {
	Key
	Data
}

func changesOf(sets []published) (all []set) {
	for _, s := range sets {
		all = append(all, set{s.Key, &s.Data})
	}
	return all
}

// becomeInSync is how long a change takes to reach all name servers.
// Source: Amazon Route 53 Developer Guide, "How long does it take for changes to propagate": 60 seconds as a rule.
func becomeInSync() world.Step {
	return world.Step{Name: "dns-change in sync", Fast: 100 * time.Millisecond, AWS: 60 * time.Second}
}

// keptFor is how long a change can be asked for. AWS doesn't say how long that is.
const keptFor = 24 * time.Hour

func changeKind() world.AnyKind {
	return world.Kind[Change, *Change]{
		Traits: world.Traits{Steps: []world.Step{becomeInSync()}},
		Name:   "route53-change", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error {
			return refuse.WithStatus(refuse.StatusNotFound, "NoSuchChange", "A change with the specified change ID does not exist: %s", ids[0])
		},
		Settle: func(tx *world.Tx, c *Change, to string) {
			world.Edit(tx, c.ID, func(c *Change) { c.Status, c.Sets = to, nil })
			if _, there := world.Get[Zone](tx, c.ZoneID); !there {
				return
			}
			world.Edit(tx, c.ZoneID, func(z *Zone) { z.Served = true })
			for _, s := range c.Sets {
				putAnswer(tx, c.ZoneID, s.Key, s.Data)
			}
		},
	}
}

func newChange(tx *world.Tx, zoneID, comment string, sets []set) *Change {
	for _, old := range world.Where(tx, func(c *Change) bool { return c.Status == InSync && tx.Now().Sub(c.Created) > keptFor }) {
		world.Delete[Change](tx, old.ID)
	}
	c := &Change{Object: tx.NamedObject(newID(tx, "C"), nil), Status: Pending, Comment: comment, ZoneID: zoneID, Sets: sets}
	c.Become(tx, InSync, becomeInSync())
	world.Add(tx, c)
	return c
}

// FindChange returns the change of that ID, which may have its prefix.
func FindChange(tx *world.Tx, id string) (*Change, error) {
	return world.Find[Change](tx.In(""), strings.TrimPrefix(id, "/change/"))
}

// Action is one of a batch.
type Action struct {
	Action string // CREATE, DELETE, UPSERT
	Name   string
	Type   string
	TTL    *int64 // seconds
	Values []string
	Alias  *Alias
}

// maxActions is how many elements a batch may have; an UPSERT counts twice.
// Source: Amazon Route 53 Developer Guide, "Quotas".
const maxActions = 1000

// ChangeRecordSets carries out a batch: all of it, or nothing.
func ChangeRecordSets(tx *world.Tx, zoneID, comment string, actions []Action) (*Change, error) {
	tx = tx.In("")
	z, err := FindZone(tx, zoneID)
	if err != nil {
		return nil, err
	}
	elements := 0
	for _, a := range actions {
		if err := a.complete(); err != nil {
			return nil, err
		}
		elements++
		if a.Action == "UPSERT" {
			elements++
		}
	}
	b := &batch{tx: tx, zone: z, after: map[Key]*Data{}, actions: map[Key][]string{}}
	if elements > maxActions {
		b.refuse("Number of records limit of %d exceeded.", maxActions)
	}
	for _, r := range world.Of[RecordSet](tx, z.ID) {
		b.after[r.Key] = &r.Data
	}
	for _, a := range actions {
		b.add(a)
	}
	b.checkTogether()
	if len(b.problems) > 0 {
		return nil, refuse.New("InvalidChangeBatch", "[%s]", strings.Join(b.problems, ", "))
	}
	for _, s := range b.sets {
		putRecordSet(tx, z.ID, s.Key, s.Data)
	}
	return newChange(tx, z.ID, comment, b.sets), nil
}

// complete refuses what has neither values nor an alias, or both.
func (a Action) complete() error {
	var found string
	switch {
	case a.Alias == nil && (a.TTL == nil || len(a.Values) == 0):
		found = "none"
	case a.Alias != nil && (a.TTL != nil || len(a.Values) > 0):
		found = "more than one"
	default:
		return nil
	}
	return refuse.New("InvalidInput", "Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], "+
		"but found %s in Change with [Action=%s, Name=%s, Type=%s, SetIdentifier=null]", found, a.Action, a.Name, a.Type)
}

// batch is a batch of changes while it is looked at.
type batch struct {
	tx       *world.Tx
	zone     *Zone
	after    map[Key]*Data // the zone's record sets as the batch leaves them
	actions  map[Key][]string
	order    []Key // of those that it changes
	sets     []set
	problems []string
}

func (b *batch) refuse(format string, args ...any) {
	if text := fmt.Sprintf(format, args...); !slices.Contains(b.problems, text) {
		b.problems = append(b.problems, text)
	}
}

// add carries out one action on the batch's picture of the zone.
func (b *batch) add(a Action) {
	name, err := canonical(a.Name)
	if err != nil {
		b.refuse("%s", err)
		return
	}
	if !within(name, b.zone.Name) {
		b.refuse("RRSet with DNS name %s is not permitted in zone %s", name, b.zone.Name)
		return
	}
	k, d := Key{name, a.Type}, Data{Values: a.Values}
	if a.Alias != nil {
		target, err := canonical(a.Alias.DNSName)
		if err != nil {
			b.refuse("%s", err)
			return
		}
		d.Alias = &Alias{strings.TrimPrefix(a.Alias.ZoneID, "/hostedzone/"), target, a.Alias.EvaluateTargetHealth}
	}
	if a.TTL != nil {
		d.TTL = *a.TTL
	}
	earlier := b.actions[k]
	b.actions[k] = append(earlier, a.Action)
	if len(earlier) > 0 && !(len(earlier) == 1 && earlier[0] == "DELETE" && a.Action == "CREATE") {
		b.refuse("The request contains an invalid set of changes for a resource record set '%s %s'", k.Type, k.Name)
		return
	}
	have, there := b.after[k]
	if a.Action == "DELETE" {
		switch {
		case !there:
			b.refuse("Tried to delete resource record set [name='%s', type='%s'] but it was not found", k.Name, k.Type)
		case !have.same(k.Type, d):
			b.refuse("Tried to delete resource record set [name='%s', type='%s'] but the values provided do not match the current values", k.Name, k.Type)
		}
		delete(b.after, k)
		b.sets = append(b.sets, set{k, nil})
		return
	}
	if there && a.Action == "CREATE" {
		b.refuse("Tried to create resource record set [name='%s', type='%s'] but it already exists", k.Name, k.Type)
	}
	if k.Type == "CNAME" && k.Name == b.zone.Name {
		b.refuse("RRSet of type CNAME with DNS name %s is not permitted at apex in zone %s", k.Name, b.zone.Name)
	}
	for _, wrong := range checkValues(k.Type, d.Values) {
		b.refuse("%s", wrong)
	}
	b.after[k] = &d
	b.order = append(b.order, k)
	b.sets = append(b.sets, set{k, &d})
}

// checkTogether refuses what the record sets that a batch leaves can't be together.
func (b *batch) checkTogether() {
	types := map[string][]string{}
	for k := range b.after {
		types[k.Name] = append(types[k.Name], k.Type)
	}
	for _, k := range b.order {
		others := len(types[k.Name]) > 1
		switch {
		case others && k.Type == "CNAME":
			b.refuse("RRSet of type CNAME with DNS name %s is not permitted as it conflicts with other records with the same DNS name in zone %s", k.Name, b.zone.Name)
		case others && slices.Contains(types[k.Name], "CNAME") && !slices.Contains(b.order, Key{k.Name, "CNAME"}):
			b.refuse("RRSet of type %s with DNS name %s is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone %s",
				k.Type, k.Name, b.zone.Name)
		}
		if d := b.after[k]; d != nil && d.Alias != nil {
			b.checkAlias(k, d.Alias)
		}
	}
	if b.after[Key{b.zone.Name, "NS"}] == nil {
		b.refuse("A HostedZone must contain at least one NS record for the zone itself.")
	}
	if b.after[Key{b.zone.Name, "SOA"}] == nil {
		b.refuse("A HostedZone must contain exactly one SOA record.")
	}
	if len(b.after) > MaxRecordSets {
		b.refuse("Number of records limit of %d exceeded.", MaxRecordSets)
	}
}

// checkAlias refuses an alias that leads nowhere.
func (b *batch) checkAlias(k Key, a *Alias) {
	tried := fmt.Sprintf("Tried to create an alias that targets %s, type %s in zone %s, ", a.DNSName, k.Type, a.ZoneID)
	const outside, absent = "but the alias target name does not lie within the target zone", "but that target was not found"
	if a.ZoneID == b.zone.ID {
		if !within(a.DNSName, b.zone.Name) {
			b.refuse("%s%s", tried, outside)
		}
		if target := (Key{a.DNSName, k.Type}); b.after[target] == nil || target == k {
			b.refuse("%s%s", tried, absent)
		}
		return
	}
	target, found := awsName(b.tx, a.DNSName)
	if found && target.ZoneID != a.ZoneID {
		b.refuse("%s%s", tried, outside)
	}
	if !found || target.ZoneID != a.ZoneID || k.Type != "A" && k.Type != "AAAA" {
		b.refuse("%s%s", tried, absent)
	}
}

// awsName is what AWS gives a name to, by its canonical form. ELB's names have a twin for both kinds of addresses.
func awsName(tx *world.Tx, name string) (world.DNSName, bool) {
	return world.FindDNSName(tx, strings.TrimPrefix(name, "dualstack."))
}

// same reports whether data is what a record set has. The order of values doesn't count, nor what the DNS doesn't see.
func (d *Data) same(recordType string, other Data) bool {
	if d.Alias != nil || other.Alias != nil {
		return d.Alias != nil && other.Alias != nil && *d.Alias == *other.Alias
	}
	return d.TTL == other.TTL && slices.Equal(sortedValues(recordType, d.Values), sortedValues(recordType, other.Values))
}
