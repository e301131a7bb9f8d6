package model

import (
	"cmp"
	"encoding/base32"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// AccountDomain is the domain of the hosted zone that the account has from the start. Names under localhost lead to
// this machine, in browsers too.
const AccountDomain = "example.localhost"

// Zone is a public hosted zone.
type Zone struct {
	world.Object    // ID: such as "Z0123456789ABCDEFGHI"
	Name            string
	CallerReference string
	Comment         string   `json:",omitempty"`
	NameServers     []string // without a final dot
	Served          bool     // its name servers answer: the change that made it has reached them
	FromTheStart    bool     `json:",omitempty"` // nobody's call made it
}

// HostedZones is how many hosted zones an account may have.
// Source: Amazon Route 53 Developer Guide, "Quotas".
func HostedZones() world.Quota {
	return world.Quota{Key: "hosted_zones", Service: "route53", ServiceName: "Amazon Route 53", Code: "L-4EA4796A", Name: "Hosted zones", Default: 500}
}

func zoneKind() world.AnyKind {
	return world.Kind[Zone, *Zone]{
		Traits: world.Traits{Noun: "hosted zone", Quotas: []world.Quota{HostedZones()}},
		Name:   "hostedzone", Untaggable: true,
		NotFound: func(ids ...string) error {
			return refuse.WithStatus(refuse.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: %s", ids[0])
		},
		Counts: func(_ *world.Tx, z *Zone) bool { return !z.FromTheStart },
	}
}

// Delegation is what the DNS's root says of a domain: which name servers have its zone.
type Delegation struct {
	world.Object // ID: the domain, canonical
	NameServers  []string
}

func delegationKind() world.AnyKind {
	return world.Kind[Delegation, *Delegation]{Name: "route53-delegation", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return fmt.Errorf("the root delegates no %v", ids) }}
}

// Prepare gives the account the hosted zone of [AccountDomain], delegated and served, once. One that its user has
// deleted stays deleted.
func Prepare(tx *world.Tx) {
	tx = tx.In("")
	domain := AccountDomain + "."
	if _, done := world.Get[Delegation](tx, domain); done {
		return
	}
	z := newZone(tx, domain)
	z.CallerReference, z.Comment, z.FromTheStart, z.Served = "local-cloud", "The local cloud's account has it from the start", true, true
	world.Add(tx, z)
	for _, set := range z.firstSets() {
		putRecordSet(tx, z.ID, set.Key, &set.Data)
		putAnswer(tx, z.ID, set.Key, &set.Data)
	}
	world.Add(tx, &Delegation{Object: tx.NamedObject(domain, nil), NameServers: z.NameServers})
}

// newID makes an ID as Route 53 does: a letter, and 19 capital letters and digits.
func newID(tx *world.Tx, letter string) string {
	return letter + base32.StdEncoding.EncodeToString([]byte(tx.Hex(24)))[:19]
}

func newZone(tx *world.Tx, name string) *Zone {
	z := &Zone{Object: tx.NamedObject(newID(tx, "Z"), nil), Name: name}
	digits, _ := strconv.ParseUint(tx.Hex(12), 16, 64) // hexadecimal digits can't fail to parse
	for i, domain := range []string{"com", "net", "org", "co.uk"} {
		n := int(digits>>(12*i)) & 0x1ff
		z.NameServers = append(z.NameServers, fmt.Sprintf("ns-%d.awsdns-%02d.%s.localhost", 512*i+n, n>>3, domain))
	}
	return z
}

// firstSets are the record sets that a zone is made with.
// Source: Amazon Route 53 Developer Guide, "NS and SOA records that Route 53 creates for a public hosted zone".
func (z *Zone) firstSets() []published {
	var servers []string
	for _, s := range z.NameServers {
		servers = append(servers, s+".")
	}
	soa := z.NameServers[0] + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400"
	return []published{
		{Key{z.Name, "NS"}, Data{TTL: 172800, Values: servers}},
		{Key{z.Name, "SOA"}, Data{TTL: 900, Values: []string{soa}}},
	}
}

// CreateZone makes a public hosted zone. The domain may have one already, here or elsewhere.
func CreateZone(tx *world.Tx, name, reference, comment string) (*Zone, *Change, error) {
	tx = tx.In("")
	name, err := canonical(name)
	if err != nil {
		return nil, nil, refuse.New("InvalidDomainName", "%s", err)
	}
	if strings.Count(name, ".") < 2 {
		return nil, nil, refuse.New("InvalidDomainName", "%s is reserved by AWS!", strings.TrimSuffix(name, "."))
	}
	if world.Exists(tx, func(z *Zone) bool { return z.CallerReference == reference }) {
		return nil, nil, refuse.WithStatus(refuse.StatusConflict, "HostedZoneAlreadyExists",
			"A hosted zone has already been created with the specified caller reference.")
	}
	if len(world.All[Zone](tx)) >= tx.Limit(HostedZones()) {
		return nil, nil, refuse.New("TooManyHostedZones", "Limits Exceeded: MAX_HOSTED_ZONES_BY_OWNER - Cannot create more hosted zones.")
	}
	z := newZone(tx, name)
	z.CallerReference, z.Comment = reference, comment
	world.Add(tx, z)
	sets := z.firstSets()
	for _, set := range sets {
		putRecordSet(tx, z.ID, set.Key, &set.Data)
	}
	return z, newChange(tx, z.ID, "", changesOf(sets)), nil
}

// FindZone returns the hosted zone of that ID, which may have its prefix.
func FindZone(tx *world.Tx, id string) (*Zone, error) {
	return world.Find[Zone](tx.In(""), strings.TrimPrefix(id, "/hostedzone/"))
}

// Zones are the hosted zones that a describe call sees, in the order of ListHostedZones: that of their making.
func Zones(tx *world.Tx) []*Zone { return world.Described[Zone](tx.In("")) }

// ZonesByName are those in the order of ListHostedZonesByName, by their names' labels, the last first. They begin at a
// name and, of zones with that name, at an ID.
func ZonesByName(tx *world.Tx, name, id string) ([]*Zone, error) {
	zones := slices.Clone(Zones(tx))
	if name != "" {
		first, err := canonical(name)
		if err != nil {
			return nil, refuse.New("InvalidDomainName", "%s", err)
		}
		zones = slices.DeleteFunc(zones, func(z *Zone) bool {
			return cmp.Or(compareNames(z.Name, first), strings.Compare(z.ID, id)) < 0
		})
	}
	slices.SortFunc(zones, func(a, b *Zone) int { return cmp.Or(compareNames(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	return zones, nil
}

// CommentZone changes a hosted zone's comment.
func CommentZone(tx *world.Tx, id, comment string) (*Zone, error) {
	z, err := FindZone(tx, id)
	if err != nil {
		return nil, err
	}
	world.Edit(tx.In(""), z.ID, func(z *Zone) { z.Comment = comment })
	return FindZone(tx, z.ID)
}

// DeleteZone deletes a hosted zone that holds nothing but what it was made with.
func DeleteZone(tx *world.Tx, id string) (*Change, error) {
	tx = tx.In("")
	z, err := FindZone(tx, id)
	if err != nil {
		return nil, err
	}
	sets := RecordSets(tx, z.ID)
	for _, set := range sets {
		if !z.required(set.Key) {
			return nil, refuse.New("HostedZoneNotEmpty", "The specified hosted zone contains non-required resource record sets and so cannot be deleted.")
		}
	}
	for _, set := range sets {
		world.Delete[RecordSet](tx, set.ID)
	}
	for _, a := range world.Of[Answer](tx, z.ID) {
		world.Delete[Answer](tx, a.ID)
	}
	world.Delete[Zone](tx, z.ID)
	return newChange(tx, z.ID, "", nil), nil
}

// required reports whether a zone can't do without a record set.
func (z *Zone) required(k Key) bool { return k.Name == z.Name && (k.Type == "NS" || k.Type == "SOA") }

// maxTags is how many tags a hosted zone may have. Source: API reference of ChangeTagsForResource.
const maxTags = 50

// TagZone adds tags to a hosted zone or changes their values, and takes those of some keys away.
func TagZone(tx *world.Tx, id string, add world.Tags, remove []string) error {
	z, err := FindZone(tx, id)
	if err != nil {
		return err
	}
	tags := world.Tags{}
	for key, value := range z.Tags {
		if !slices.Contains(remove, key) {
			tags[key] = value
		}
	}
	for key, value := range add {
		if strings.HasPrefix(strings.ToLower(key), "aws:") {
			return refuse.New("InvalidInput", "Tag key '%s' is reserved: keys that begin with aws: are AWS's", key)
		}
		tags[key] = value
	}
	if len(tags) > maxTags {
		return refuse.New("InvalidInput", "A hosted zone can have at most %d tags", maxTags)
	}
	world.Edit(tx.In(""), z.ID, func(z *Zone) { z.Tags = tags })
	return nil
}
