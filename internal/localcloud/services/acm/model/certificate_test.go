package model_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	route53 "github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const (
	region   = "eu-west-1"
	balancer = "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/shop/0123456789abcdef"
)

// story is a world with AWS's times, in which nothing happens but what the test does.
type story struct {
	*testing.T
	world *world.World
	now   time.Time
}

func newStory(t *testing.T) *story {
	t.Helper()
	s := &story{T: t, now: time.Date(2026, 3, 1, 15, 0, 0, 0, time.UTC)}
	latency, err := world.ParseLatency("aws")
	if err != nil {
		t.Fatal(err)
	}
	if s.world, err = world.Open("", world.Options{Now: func() time.Time { return s.now }, Latency: latency}, slices.Concat(route53.Kinds(), model.Kinds())...); err != nil {
		t.Fatal(err)
	}
	s.do(func(tx *world.Tx) error {
		route53.Prepare(tx)
		return nil
	})
	return s
}

func (s *story) do(f func(*world.Tx) error) {
	s.Helper()
	if err := s.world.Update(region, f); err != nil {
		s.Fatal(err)
	}
}

func (s *story) after(d time.Duration) { s.now = s.now.Add(d) }

func (s *story) request(names ...string) (arn string) {
	s.Helper()
	s.do(func(tx *world.Tx) (err error) {
		arn, err = model.RequestCertificate(tx, model.Request{DomainName: names[0], AlternativeNames: names[1:], KeyAlgorithm: "EC_prime256v1"})
		return err
	})
	return arn
}

func (s *story) get(arn string) (c *model.Certificate) {
	s.Helper()
	s.do(func(tx *world.Tx) (err error) {
		c, err = model.Find(tx, arn)
		return err
	})
	return c
}

// record changes a record of the account's zone.
func (s *story) record(action, name, kind string, values ...string) {
	s.Helper()
	s.do(func(tx *world.Tx) error {
		zone := route53.Zones(tx)[0]
		_, err := route53.ChangeRecordSets(tx, zone.ID, "", []route53.Action{{Action: action, Name: name, Type: kind, TTL: new(int64(60)), Values: values}})
		return err
	})
}

// validate makes the records that prove all names of a certificate.
func (s *story) validate(arn string) {
	s.Helper()
	var made []string
	for _, v := range s.get(arn).Validations {
		if !slices.Contains(made, v.Name) {
			s.record("UPSERT", v.Name, "CNAME", v.Value)
			made = append(made, v.Name)
		}
	}
}

// issued is a certificate that is issued.
func (s *story) issued(names ...string) (arn string) {
	s.Helper()
	arn = s.request(names...)
	s.after(30 * time.Second)
	s.validate(arn)
	s.after(5 * time.Minute)
	if c := s.get(arn); c.Status != model.Issued {
		s.Fatalf("the certificate is %+v", c)
	}
	return arn
}

func (s *story) refused(code string, f func(*world.Tx) error) {
	s.Helper()
	err := s.world.Update(region, f)
	if !refuse.Is(err, code) {
		s.Errorf("got %v, want %s", err, code)
	}
}

func TestRequestCertificate_IsIssuedOnceItsRecordsAreFound(t *testing.T) {
	s := newStory(t)
	arn := s.request("shop.example.localhost", "*.shop.example.localhost", "SHOP.example.localhost", "other.example.localhost")
	c := s.get(arn)
	if want := []string{"shop.example.localhost", "*.shop.example.localhost", "other.example.localhost"}; !slices.Equal(c.Names, want) || c.Status != model.PendingValidation || c.Validations[0].Name != "" {
		t.Fatalf("at first: %+v", c)
	}
	s.after(5 * time.Second)
	c = s.get(arn)
	if v := c.Validations; v[2].Name == "" || v[0].Name != v[1].Name || v[0].Value != v[1].Value || v[0].Name == v[2].Name {
		t.Fatalf("after 5 s: %+v", c.Validations)
	}
	s.record("CREATE", c.Validations[2].Name, "CNAME", c.Validations[2].Value)
	s.record("CREATE", c.Validations[0].Name, "CNAME", "_wrong.acm-validations.aws.")
	s.after(10 * time.Minute)
	if c = s.get(arn); c.Status != model.PendingValidation || c.Validations[0].Status != model.PendingValidation || c.Validations[2].Status != model.Success {
		t.Fatalf("with one of two records: %s, %+v", c.Status, c.Validations)
	}
	s.record("UPSERT", c.Validations[0].Name, "CNAME", c.Validations[0].Value)
	s.after(50 * time.Second)
	if c = s.get(arn); c.Validations[0].Status != model.PendingValidation {
		t.Fatal("a record was found before it was in sync")
	}
	s.after(5 * time.Minute)
	if c = s.get(arn); c.Status != model.Issued || c.SerialNumber == "" || c.IssuedAt.IsZero() || !c.Covers("www.shop.example.localhost") || c.Covers("a.b.shop.example.localhost") {
		t.Fatalf("at last: %+v", c)
	}
	if begin := s.now.Truncate(24 * time.Hour); !c.NotBefore.Equal(begin) || c.NotAfter.Sub(begin) != 198*24*time.Hour-time.Second {
		t.Errorf("valid from %s until %s", c.NotBefore, c.NotAfter)
	}
}

func TestRequestCertificate_TakesLessThanFourMinutes(t *testing.T) {
	s := newStory(t)
	arn, from := s.request("shop.example.localhost"), s.now
	s.after(8 * time.Second)
	s.validate(arn)
	for s.get(arn).Status != model.Issued && s.now.Sub(from) < time.Hour {
		s.after(time.Second)
	}
	if took := s.now.Sub(from); took < 100*time.Second || took > 250*time.Second { // as public logs have it
		t.Errorf("it took %s", took)
	}
}

func TestRequestCertificate_TimesOut(t *testing.T) {
	s := newStory(t)
	arn := s.request("shop.example.localhost")
	s.after(72*time.Hour - time.Second)
	if c := s.get(arn); c.Status != model.PendingValidation {
		t.Fatalf("before 72 h: %s", c.Status)
	}
	s.after(time.Second)
	if c := s.get(arn); c.Status != model.ValidationTimedOut || c.Validations[0].Status != model.Failed {
		t.Fatalf("after 72 h: %+v", c)
	}
	s.validate(arn)
	s.after(time.Hour)
	if c := s.get(arn); c.Status != model.ValidationTimedOut {
		t.Errorf("a record that came too late made it %s", c.Status)
	}
}

func TestRequestCertificate_FailsForNamesThatNobodyHas(t *testing.T) {
	for name, reason := range map[string]string{
		"printer.local": "INVALID_PUBLIC_DOMAIN", "shop.localhost": "INVALID_PUBLIC_DOMAIN", "notexample.localhost": "INVALID_PUBLIC_DOMAIN",
		"app.us-east-1.elb.amazonaws.com": "ADDITIONAL_VERIFICATION_REQUIRED", "shop.example.com": "", "a.b.example.localhost": "",
	} {
		s := newStory(t)
		arn := s.request(name)
		s.after(time.Minute)
		want := model.Failed
		if reason == "" {
			want = model.PendingValidation
		}
		if c := s.get(arn); c.Status != want || c.FailureReason != reason {
			t.Errorf("%s: %s, %q; want %s, %q", name, c.Status, c.FailureReason, want, reason)
		}
	}
}

func TestRequestCertificate_ObeysCAA(t *testing.T) {
	for _, tt := range []struct {
		name    string
		records []string // of example.localhost
		own     []string // of shop.example.localhost
		allowed bool
	}{
		{"shop.example.localhost", []string{`0 issue "amazon.com"`}, nil, true},
		{"shop.example.localhost", []string{`0 issue "letsencrypt.org"`}, nil, false},
		{"shop.example.localhost", []string{`0 issue "letsencrypt.org"`, `0 issue "AmazonTrust.com; policy=ev"`}, nil, true},
		{"shop.example.localhost", []string{`0 issue ";"`}, nil, false},
		{"shop.example.localhost", []string{`0 iodef "mailto:a@example.com"`}, nil, true},
		{"shop.example.localhost", []string{`0 issuewild "letsencrypt.org"`}, nil, true},
		{"*.shop.example.localhost", []string{`0 issue "amazon.com"`, `0 issuewild "letsencrypt.org"`}, nil, false},
		{"*.shop.example.localhost", []string{`0 issue "letsencrypt.org"`, `0 issuewild "awstrust.com"`}, nil, true},
		{"*.shop.example.localhost", []string{`0 issue "amazonaws.com"`}, nil, true},
		{"shop.example.localhost", []string{`0 issue "letsencrypt.org"`}, []string{`0 issue "amazon.com"`}, true},
		{"shop.example.localhost", []string{`0 issue "amazon.com"`}, []string{`0 issue "letsencrypt.org"`}, false},
	} {
		s := newStory(t)
		s.record("CREATE", "example.localhost", "CAA", tt.records...)
		if tt.own != nil {
			s.record("CREATE", "shop.example.localhost", "CAA", tt.own...)
		}
		arn := s.request(tt.name)
		s.after(10 * time.Second)
		s.validate(arn)
		s.after(5 * time.Minute)
		c := s.get(arn)
		if issued := c.Status == model.Issued; issued != tt.allowed {
			t.Errorf("%s with %q and %q: %s", tt.name, tt.records, tt.own, c.Status)
		}
		if !tt.allowed && (c.Status != model.Failed || c.FailureReason != "CAA_ERROR" || c.Validations[0].Status != model.Success) {
			t.Errorf("%s with %q and %q: %+v", tt.name, tt.records, tt.own, c)
		}
	}
}

func TestRequestCertificate_GivesOneCertificateForAToken(t *testing.T) {
	s := newStory(t)
	request := func(name string) (arn string) {
		s.do(func(tx *world.Tx) (err error) {
			arn, err = model.RequestCertificate(tx, model.Request{DomainName: name, Token: "t1"})
			return err
		})
		return arn
	}
	first := request("shop.example.localhost")
	s.after(59 * time.Minute)
	if again := request("other.example.localhost"); again != first {
		t.Errorf("within its hour the token gave %s, want %s", again, first)
	}
	s.do(func(tx *world.Tx) error { return model.Delete(tx, first) })
	if again := request("shop.example.localhost"); again != first {
		t.Errorf("the token of a deleted one gave %s, want %s", again, first)
	}
	s.after(2 * time.Minute)
	later := request("shop.example.localhost")
	if later == first {
		t.Error("after an hour the token gave the same")
	}
	if again := request("shop.example.localhost"); again != later {
		t.Errorf("the token's second hour gave %s, want %s", again, later)
	}
}

func TestRequestCertificate_Refuses(t *testing.T) {
	s := newStory(t)
	long := strings.Repeat("a", 50) + ".example.localhost"
	for code, in := range map[string]model.Request{
		"InvalidDomainValidationOptionsException": {DomainName: long},
		"InvalidParameterException":               {DomainName: "a.example.localhost", KeyAlgorithm: "RSA_4096"},
		"InvalidTagException":                     {DomainName: "a.example.localhost", Tags: world.Tags{"aws:x": "y"}},
		"LimitExceededException": {DomainName: "a.example.localhost", AlternativeNames: []string{"b.example.localhost", "c.example.localhost", "d.example.localhost", "e.example.localhost", "f.example.localhost",
			"g.example.localhost", "h.example.localhost", "i.example.localhost", "j.example.localhost", "k.example.localhost"}},
	} {
		s.refused(code, func(tx *world.Tx) error {
			_, err := model.RequestCertificate(tx, in)
			return err
		})
	}
	s.request("short.example.localhost", long)
	s.world.SetQuotas(world.Quotas{"acm_certificates": 1})
	s.refused("LimitExceededException", func(tx *world.Tx) error {
		_, err := model.RequestCertificate(tx, model.Request{DomainName: "a.example.localhost"})
		return err
	})
}

func TestDelete_WaitsForTheLastListener(t *testing.T) {
	s := newStory(t)
	arn := s.issued("shop.example.localhost")
	remove := func(tx *world.Tx) error { return model.Delete(tx, arn) }
	s.do(func(tx *world.Tx) error {
		model.Use(tx, arn, balancer) // two listeners of one load balancer
		model.Use(tx, arn, balancer)
		if used := model.UsedBy(tx, arn); !slices.Equal(used, []string{balancer}) {
			t.Errorf("used by %v", used)
		}
		return nil
	})
	letGo := func(tx *world.Tx) error {
		model.LetGo(tx, arn, balancer)
		return nil
	}
	s.do(letGo)
	s.after(time.Hour)
	s.refused("ResourceInUseException", remove)
	s.do(letGo)
	s.after(50 * time.Second)
	s.refused("ResourceInUseException", remove)
	s.do(func(tx *world.Tx) error {
		model.Use(tx, arn, balancer) // it is used again
		return nil
	})
	s.after(time.Minute)
	s.refused("ResourceInUseException", remove)
	s.do(letGo)
	s.do(letGo) // once too often
	s.after(time.Minute)
	s.do(remove)
	s.refused("ResourceNotFoundException", remove)
}

func TestRenewal_KeepsTheARN(t *testing.T) {
	s := newStory(t)
	arn := s.issued("shop.example.localhost")
	first := s.get(arn)
	s.do(func(tx *world.Tx) error {
		model.Use(tx, arn, balancer)
		return nil
	})
	s.now = first.NotAfter.Add(-45*24*time.Hour - time.Second)
	if c := s.get(arn); c.SerialNumber != first.SerialNumber || c.Renewal != nil {
		t.Fatalf("before its time: %+v", c)
	}
	s.after(2 * time.Second)
	if c := s.get(arn); c.Renewal == nil || c.Renewal.Status != "PENDING_AUTO_RENEWAL" {
		t.Fatalf("when its time has come: %+v", c.Renewal)
	}
	s.after(time.Minute)
	c := s.get(arn)
	if c.Status != model.Issued || c.SerialNumber == first.SerialNumber || c.Renewal.Status != model.Success || c.Renewal.Validations[0].Status != model.Success || c.NotAfter.Sub(first.NotAfter) != 153*24*time.Hour {
		t.Fatalf("renewed: %+v, %+v", c, c.Renewal)
	}
	s.now = c.NotAfter.Add(-45 * 24 * time.Hour)
	s.after(time.Minute)
	if again := s.get(arn); again.SerialNumber == c.SerialNumber || again.Renewal.Status != model.Success {
		t.Errorf("renewed a second time: %+v, %+v", again, again.Renewal)
	}
}

func TestRenewal_WaitsForTheRecord(t *testing.T) {
	s := newStory(t)
	arn := s.issued("shop.example.localhost")
	c := s.get(arn)
	s.do(func(tx *world.Tx) error {
		model.Use(tx, arn, balancer)
		return nil
	})
	v := c.Validations[0]
	s.record("DELETE", v.Name, "CNAME", v.Value)
	s.now = c.NotAfter.Add(-20 * 24 * time.Hour)
	if got := s.get(arn); got.SerialNumber != c.SerialNumber || got.Renewal.Status != model.PendingValidation || got.Status != model.Issued {
		t.Fatalf("without its record: %+v, %+v", got, got.Renewal)
	}
	s.record("CREATE", v.Name, "CNAME", v.Value)
	s.after(2 * time.Hour)
	if got := s.get(arn); got.SerialNumber == c.SerialNumber || got.Renewal.Status != model.Success {
		t.Errorf("with its record again: %+v, %+v", got, got.Renewal)
	}
}

func TestRenewal_FailsAtTheEnd(t *testing.T) {
	s := newStory(t)
	used, unused := s.issued("used.example.localhost"), s.issued("unused.example.localhost")
	s.do(func(tx *world.Tx) error {
		model.Use(tx, used, balancer)
		return nil
	})
	c := s.get(used)
	s.record("CREATE", "example.localhost", "CAA", `0 issue "letsencrypt.org"`)
	s.now = c.NotAfter.Add(-24 * time.Hour)
	if got := s.get(used).Renewal; got == nil || got.Status != model.PendingValidation || got.Reason != "CAA_ERROR" {
		t.Errorf("a day before its end: %+v", got)
	}
	s.now = c.NotAfter.Add(time.Second)
	if got := s.get(used); got.Status != model.Expired || got.Renewal.Status != model.Failed {
		t.Errorf("the one in use: %+v, %+v", got, got.Renewal)
	}
	if got := s.get(unused); got.Status != model.Expired || got.Renewal != nil {
		t.Errorf("the one that nothing uses: %+v, %+v", got, got.Renewal)
	}
}

func TestFailures_EndARequest(t *testing.T) {
	s := newStory(t)
	s.world.SetSwitches(world.Switches{Failures: []world.Failure{{Object: "certificate", Code: "ADDITIONAL_VERIFICATION_REQUIRED", Times: 1}}})
	arn, other := s.request("shop.example.localhost"), s.request("other.example.localhost")
	s.after(time.Minute)
	if c := s.get(arn); c.Status != model.Failed || c.FailureReason != "ADDITIONAL_VERIFICATION_REQUIRED" {
		t.Errorf("got %+v", c)
	}
	if c := s.get(other); c.Status != model.PendingValidation {
		t.Errorf("the other one: %+v", c)
	}
}
