package model_test

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// balancer stands for what AWS gives a name to.
type balancer struct{ world.Object }

const (
	balancerName = "shop-1.us-east-1.elb.localhost"
	balancerZone = "Z35SXDOTRQ7X7K"
)

// account is a world with the account's zone, whose clock the test turns.
type account struct {
	*world.World
	t    *testing.T
	now  time.Time
	zone *model.Zone
}

func newAccount(t *testing.T) *account {
	t.Helper()
	a := &account{t: t, now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	kinds := append(model.Kinds(), world.Kind[balancer, *balancer]{Name: "balancer",
		DNSNames: func(*world.Tx, *balancer) []world.DNSName {
			return []world.DNSName{{Name: balancerName, ZoneID: balancerZone, Addresses: []netip.Addr{netip.MustParseAddr("198.51.100.7")}}}
		}})
	w, err := world.Open("", world.Options{Now: func() time.Time { return a.now }}, kinds...)
	if err != nil {
		t.Fatal(err)
	}
	a.World = w
	a.update(func(tx *world.Tx) error { model.Prepare(tx); return nil })
	a.zone = model.Zones(a.tx())[0]
	return a
}

// tx is a transaction for reading that outlives its function: nobody else uses the world.
func (a *account) tx() (tx *world.Tx) {
	a.t.Helper()
	if err := a.View("us-east-1", func(have *world.Tx) error { tx = have; return nil }); err != nil {
		a.t.Fatal(err)
	}
	return tx
}

func (a *account) update(f func(*world.Tx) error) {
	a.t.Helper()
	if err := a.Update("us-east-1", f); err != nil {
		a.t.Fatal(err)
	}
}

// change carries out a batch, and says what of it is refused.
func (a *account) change(zoneID string, actions ...model.Action) error {
	return a.Update("us-east-1", func(tx *world.Tx) error {
		_, err := model.ChangeRecordSets(tx, zoneID, "", actions)
		return err
	})
}

func (a *account) must(zoneID string, actions ...model.Action) {
	a.t.Helper()
	if err := a.change(zoneID, actions...); err != nil {
		a.t.Fatal(err)
	}
}

// spread lets changes reach the name servers.
func (a *account) spread() { a.now = a.now.Add(time.Minute) }

func (a *account) resolve(name, recordType string) string {
	values, found := model.Resolve(a.tx(), name, recordType)
	if found != (len(values) > 0) {
		a.t.Errorf("%s %s: found %t with %q", name, recordType, found, values)
	}
	return strings.Join(values, " ")
}

func action(what, name, recordType string, values ...string) model.Action {
	ttl := int64(300)
	return model.Action{Action: what, Name: name, Type: recordType, TTL: &ttl, Values: values}
}

func alias(what, name, zoneID, target string) model.Action {
	return model.Action{Action: what, Name: name, Type: "A", Alias: &model.Alias{ZoneID: zoneID, DNSName: target}}
}

func TestPrepare_GivesAccountDelegatedZoneOnce(t *testing.T) {
	a := newAccount(t)
	a.update(func(tx *world.Tx) error { model.Prepare(tx); return nil })
	if zones := model.Zones(a.tx()); len(zones) != 1 || zones[0].Name != "example.localhost." || len(zones[0].NameServers) != 4 {
		t.Fatalf("zones %+v", zones)
	}
	if left := world.Inventory(a.tx()); len(left) > 0 {
		t.Errorf("users have %+v", left)
	}
	if got := a.resolve("EXAMPLE.localhost", "NS"); strings.Count(got, ".localhost.") != 4 {
		t.Errorf("name servers %q", got)
	}
	server := a.zone.NameServers[0]
	if got := a.resolve(server, "A"); got == "" {
		t.Errorf("%s has no address", server)
	}
	a.update(func(tx *world.Tx) error { _, err := model.DeleteZone(tx, a.zone.ID); return err })
	a.update(func(tx *world.Tx) error { model.Prepare(tx); return nil })
	if zones := model.Zones(a.tx()); len(zones) > 0 {
		t.Errorf("the zone is back: %+v", zones)
	}
}

func TestResolve_FollowsChangesOnceTheyAreInSync(t *testing.T) {
	a := newAccount(t)
	a.must(a.zone.ID, action("CREATE", "_a.Shop.example.localhost", "CNAME", "_b.acm.localhost."))
	if got := a.resolve("_a.shop.example.localhost.", "CNAME"); got != "" {
		t.Errorf("pending, and answered: %q", got)
	}
	a.spread()
	if got := a.resolve("_a.shop.example.localhost", "CNAME"); got != "_b.acm.localhost." {
		t.Errorf("got %q", got)
	}
	a.must(a.zone.ID, action("DELETE", "_a.shop.example.localhost.", "CNAME", "_B.acm.localhost"))
	if got := a.resolve("_a.shop.example.localhost", "CNAME"); got == "" {
		t.Error("gone before it is in sync")
	}
	a.spread()
	if got := a.resolve("_a.shop.example.localhost", "CNAME"); got != "" {
		t.Errorf("deleted, and answered: %q", got)
	}
}

func TestResolve_AnswersAsTheDNSDoes(t *testing.T) {
	a := newAccount(t)
	a.update(func(tx *world.Tx) error { world.Add(tx, &balancer{tx.NamedObject("b", nil)}); return nil })
	a.must(a.zone.ID,
		alias("CREATE", "shop.example.localhost", balancerZone, "dualstack."+balancerName+"."),
		action("CREATE", "www.example.localhost", "CNAME", "shop.example.localhost"),
		alias("CREATE", "twin.example.localhost", a.zone.ID, "shop.example.localhost."),
		action("CREATE", "away.example.localhost", "CNAME", "www.example.com"),
		action("CREATE", "*.wild.example.localhost", "TXT", `"é\351" "two"`),
		action("CREATE", "deep.under.example.localhost", "CAA", `0 issue "amazon.com"`),
		action("CREATE", "round.example.localhost", "CNAME", "about.example.localhost"),
		action("CREATE", "about.example.localhost", "CNAME", "round.example.localhost"))
	a.spread()
	for question, want := range map[string]string{
		"shop.example.localhost A":            "198.51.100.7",
		"shop.example.localhost AAAA":         "",
		"www.example.localhost A":             "198.51.100.7",
		"www.example.localhost CNAME":         "shop.example.localhost.",
		"twin.example.localhost A":            "198.51.100.7",
		balancerName + " A":                   "198.51.100.7",
		"x.wild.example.localhost TXT":        `"\195\169\233" "two"`,
		"x.y.wild.example.localhost TXT":      `"\195\169\233" "two"`,
		"wild.example.localhost TXT":          "",
		"deep.under.example.localhost CAA":    `0 issue "amazon.com"`,
		"nobody.example.localhost A":          "",
		"away.example.localhost A":            "",
		"www.example.com A":                   "",
		"round.example.localhost A":           "",
		"example.localhost SOA":               a.zone.NameServers[0] + ". awsdns-hostmaster.amazon.com. 1 7200 900 1209600 86400",
		"an..empty.label.example.localhost A": "",
	} {
		name, recordType, _ := strings.Cut(question, " ")
		if got := a.resolve(name, recordType); got != want {
			t.Errorf("%s: got %q, want %q", question, got, want)
		}
	}
	for name, want := range map[string]model.Outcome{
		"nobody.example.localhost": model.NoName, "under.example.localhost": model.Found, "wild.example.localhost": model.Found,
		"www.example.com": model.NotOurs, "away.example.localhost": model.Found, "round.example.localhost": model.TooDeep,
	} {
		if got := model.Lookup(a.tx(), name, "A"); got.Outcome != want {
			t.Errorf("%s: got %d, want %d", name, got.Outcome, want)
		}
	}
}

// Zones are asked only where the zone above names their name servers.
func TestResolve_GoesByDelegations(t *testing.T) {
	a := newAccount(t)
	served := func(name, reference string) (z *model.Zone) {
		a.update(func(tx *world.Tx) (err error) { z, _, err = model.CreateZone(tx, name, reference, ""); return err })
		a.spread()
		a.must(z.ID, action("CREATE", "x."+name, "A", "192.0.2.1"))
		a.spread()
		return z
	}
	first, second := served("sub.example.localhost", "1"), served("sub.example.localhost", "2")
	served("elsewhere.localhost", "3")
	for _, name := range []string{"x.sub.example.localhost", "x.elsewhere.localhost"} {
		if got := a.resolve(name, "A"); got != "" {
			t.Errorf("%s without a delegation: %q", name, got)
		}
	}
	a.must(a.zone.ID, action("CREATE", "sub.example.localhost", "NS", second.NameServers...))
	a.must(first.ID, action("UPSERT", "x.sub.example.localhost", "A", "192.0.2.9"))
	a.spread()
	if got := a.resolve("x.sub.example.localhost", "A"); got != "192.0.2.1" {
		t.Errorf("delegated to the second: %q", got)
	}
	a.update(func(tx *world.Tx) error {
		_, err := model.ChangeRecordSets(tx, second.ID, "", []model.Action{action("DELETE", "x.sub.example.localhost", "A", "192.0.2.1")})
		if err == nil {
			_, err = model.DeleteZone(tx, second.ID)
		}
		return err
	})
	if got := model.Lookup(a.tx(), "x.sub.example.localhost", "A"); got.Outcome != model.Lame {
		t.Errorf("delegated to a zone that is gone: %+v", got)
	}
}

func TestChangeRecordSets_RefusesWholeBatch(t *testing.T) {
	a := newAccount(t)
	a.must(a.zone.ID, action("CREATE", "a.example.localhost", "A", "192.0.2.1", "192.0.2.2"), action("CREATE", "c.example.localhost", "CNAME", "x.y"))
	soa := action("DELETE", "example.localhost", "SOA", a.resolve("example.localhost", "SOA"))
	*soa.TTL = 900
	ns := action("DELETE", "example.localhost", "NS", strings.Fields(a.resolve("example.localhost", "NS"))...)
	*ns.TTL = 172800
	late := action("DELETE", "a.example.localhost", "A", "192.0.2.1", "192.0.2.2")
	*late.TTL = 60
	both := alias("CREATE", "b.example.localhost", a.zone.ID, "a.example.localhost")
	both.TTL = late.TTL
	for want, actions := range map[string][]model.Action{
		"InvalidChangeBatch: [Tried to create resource record set [name='a.example.localhost.', type='A'] but it already exists]":                                                                                                      {action("CREATE", "A.example.localhost", "A", "192.0.2.3")},
		"InvalidChangeBatch: [Tried to delete resource record set [name='b.example.localhost.', type='A'] but it was not found]":                                                                                                       {action("DELETE", "b.example.localhost", "A", "192.0.2.3")},
		"InvalidChangeBatch: [Tried to delete resource record set [name='a.example.localhost.', type='A'] but the values provided do not match the current values]":                                                                    {late},
		"InvalidChangeBatch: [RRSet with DNS name a.example.com. is not permitted in zone example.localhost.]":                                                                                                                         {action("CREATE", "a.example.com", "A", "192.0.2.3")},
		"InvalidChangeBatch: [RRSet of type CNAME with DNS name example.localhost. is not permitted at apex in zone example.localhost., RRSet of type CNAME with DNS name example.localhost. is not permitted as it conflicts with":    {action("CREATE", "example.localhost", "CNAME", "x.y")},
		"InvalidChangeBatch: [RRSet of type CNAME with DNS name a.example.localhost. is not permitted as it conflicts with other records with the same DNS name in zone example.localhost.]":                                           {action("CREATE", "a.example.localhost", "CNAME", "x.y")},
		"InvalidChangeBatch: [RRSet of type A with DNS name c.example.localhost. is not permitted because a conflicting RRSet of type CNAME with the same DNS name already exists in zone example.localhost.]":                         {action("CREATE", "c.example.localhost", "A", "192.0.2.3")},
		"InvalidChangeBatch: [The request contains an invalid set of changes for a resource record set 'A b.example.localhost.']":                                                                                                      {action("UPSERT", "b.example.localhost", "A", "192.0.2.3"), action("UPSERT", "b.example.localhost", "A", "192.0.2.4")},
		"InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: ARRDATAIllegalIPv4Address (Value is not a valid IPv4 address) encountered with 'x'', Duplicate Resource Record: 'x']":                                           {action("UPSERT", "b.example.localhost", "A", "x", "x")},
		"InvalidChangeBatch: [Invalid Resource Record: 'FATAL problem: InvalidCharacterString (Value should be enclosed in quotation marks) encountered with 'x'']":                                                                    {action("UPSERT", "b.example.localhost", "TXT", "x")},
		"InvalidChangeBatch: [Tried to create an alias that targets gone.elb.localhost., type A in zone Z1, but that target was not found]":                                                                                            {alias("CREATE", "b.example.localhost", "Z1", "gone.elb.localhost.")},
		"InvalidChangeBatch: [A HostedZone must contain at least one NS record for the zone itself., A HostedZone must contain exactly one SOA record.]":                                                                               {soa, ns},
		"InvalidChangeBatch: [FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..example.localhost']":                                                                                                        {action("CREATE", "a..example.localhost", "A", "192.0.2.3")},
		"InvalidInput: Invalid request: Expected exactly one of [AliasTarget, all of [TTL, and ResourceRecords], or TrafficPolicyInstanceId], but found more than one in Change with [Action=CREATE, Name=b.example.localhost, Type=A": {both},
	} {
		before := len(model.RecordSets(a.tx(), a.zone.ID))
		err := a.change(a.zone.ID, append([]model.Action{action("CREATE", "fine.example.localhost", "A", "192.0.2.8")}, actions...)...)
		if err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("got  %v\nwant %s", err, want)
		}
		if after := len(model.RecordSets(a.tx(), a.zone.ID)); after != before {
			t.Errorf("%s: %d record sets, then %d", want, before, after)
		}
	}
	if err := a.change("Z1"); !refuse.Is(err, "NoSuchHostedZone") {
		t.Errorf("got %v", err)
	}
}

// A batch that deletes a set and makes it again replaces it, a CNAME among them.
func TestChangeRecordSets_ReplacesInOneBatch(t *testing.T) {
	a := newAccount(t)
	a.must(a.zone.ID, action("CREATE", "a.example.localhost", "CNAME", "x.y"))
	a.must(a.zone.ID, action("DELETE", "a.example.localhost", "CNAME", "X.Y."), action("CREATE", "a.example.localhost", "A", "192.0.2.1"))
	a.must(a.zone.ID, action("DELETE", "a.example.localhost", "A", "192.0.2.1"), action("CREATE", "a.example.localhost", "A", "192.0.2.2"))
	a.spread()
	if got := a.resolve("a.example.localhost", "A"); got != "192.0.2.2" {
		t.Errorf("got %q", got)
	}
	left := world.Inventory(a.tx())
	if len(left) != 1 || left[0].Noun != "DNS record" {
		t.Errorf("users have %+v", left)
	}
}

func TestChangeRecordSets_BoundsBatch(t *testing.T) {
	a := newAccount(t)
	err := a.change(a.zone.ID, slices.Repeat([]model.Action{action("UPSERT", "a.example.localhost", "A", "192.0.2.1")}, 501)...)
	if err == nil || !strings.Contains(err.Error(), "Number of records limit of 1000 exceeded.") {
		t.Errorf("got %v", err)
	}
}

func TestFindChange_SaysWhenItIsInSync(t *testing.T) {
	a := newAccount(t)
	var c *model.Change
	a.update(func(tx *world.Tx) (err error) {
		c, err = model.ChangeRecordSets(tx, "/hostedzone/"+a.zone.ID, "why", []model.Action{action("UPSERT", "a.example.localhost", "A", "192.0.2.1")})
		return err
	})
	for _, want := range []string{model.Pending, model.InSync} {
		got, err := model.FindChange(a.tx(), "/change/"+c.ID)
		if err != nil || got.Status != want || got.Comment != "why" {
			t.Errorf("got %+v, %v, want %s", got, err, want)
		}
		a.spread()
	}
	a.now = a.now.Add(48 * time.Hour)
	a.must(a.zone.ID, action("UPSERT", "a.example.localhost", "A", "192.0.2.2"))
	if _, err := model.FindChange(a.tx(), c.ID); !refuse.Is(err, "NoSuchChange") {
		t.Errorf("after two days: %v", err)
	}
}

func TestRecordSets_AreSortedByLabels(t *testing.T) {
	a := newAccount(t)
	for _, name := range []string{"b.a.example.localhost", "a.b.example.localhost", "*.example.localhost", "a.example.localhost"} {
		a.must(a.zone.ID, action("CREATE", name, "A", "192.0.2.1"))
	}
	var got []string
	for _, r := range model.RecordSets(a.tx(), a.zone.ID) {
		got = append(got, r.Name+" "+r.Type)
	}
	want := []string{"example.localhost. NS", "example.localhost. SOA", `\052.example.localhost. A`, "a.example.localhost. A", "b.a.example.localhost. A", "a.b.example.localhost. A"}
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestCreateZone_Refuses(t *testing.T) {
	a := newAccount(t)
	create := func(name, reference string) error {
		return a.Update("", func(tx *world.Tx) error { _, _, err := model.CreateZone(tx, name, reference, ""); return err })
	}
	if err := create("other.localhost", "once"); err != nil {
		t.Fatal(err)
	}
	for code, err := range map[string]error{
		"HostedZoneAlreadyExists": create("another.localhost", "once"),
		"InvalidDomainName":       create("localhost", "2"),
	} {
		if !refuse.Is(err, code) {
			t.Errorf("got %v, want %s", err, code)
		}
	}
	a.SetQuotas(world.Quotas{"hosted_zones": 2})
	if err := create("more.localhost", "3"); !refuse.Is(err, "TooManyHostedZones") {
		t.Errorf("got %v", err)
	}
}

func TestDeleteZone_RefusesWhatHoldsRecords(t *testing.T) {
	a := newAccount(t)
	a.must(a.zone.ID, action("CREATE", "a.example.localhost", "A", "192.0.2.1"))
	err := a.Update("", func(tx *world.Tx) error { _, err := model.DeleteZone(tx, a.zone.ID); return err })
	if !refuse.Is(err, "HostedZoneNotEmpty") {
		t.Errorf("got %v", err)
	}
}
