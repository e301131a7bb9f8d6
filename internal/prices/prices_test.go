package prices

import (
	"encoding/json"
	"regexp"
	"slices"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]Amount{
		"0.0450000000": 45_000_000, "0.005": 5_000_000, "12": 12 * Dollar, "12.5": 12*Dollar + Dollar/2, "0": 0, "0.000000001": 1,
	} {
		if got, err := ParseAmount(text); err != nil || got != want {
			t.Errorf("%q: %d, %v; want %d", text, got, err, want)
		}
	}
	if text, err := Decimal(12 * Dollar).MarshalText(); err != nil || string(text) != "12" {
		t.Errorf("12 dollars are written %s, %v", text, err)
	}
	for _, text := range []string{"", ".5", "-1", "1e3", "0.0000000001", "1,5", "99999999999"} {
		if got, err := ParseAmount(text); err == nil {
			t.Errorf("%q was read as %d", text, got)
		}
	}
}

func TestAmount_RoundsToCents(t *testing.T) {
	for amount, want := range map[Amount]string{
		0: "$0.00", 4_999_999: "$0.00", 5_000_000: "$0.01", 32*Dollar + 850*Dollar/1000: "$32.85", 1234*Dollar + 5*cent: "$1234.05",
	} {
		if got := amount.String(); got != want {
			t.Errorf("%d is written %s, want %s", amount, got, want)
		}
	}
	for text, want := range map[string]string{"0.0104": "$0.0104", "0.02646": "$0.02646", "3": "$3.00", "0.10": "$0.10"} {
		if amount, err := ParseAmount(text); err != nil || amount.Exact() != want {
			t.Errorf("%s is written %s, %v; want %s", text, amount.Exact(), err, want)
		}
	}
}

// aList is a list of one region.
func aList(t *testing.T) *List {
	t.Helper()
	var region Region
	if err := json.Unmarshal([]byte(`{
		"sources": [{"date": "2026-08-10", "of": ["nat-"], "from": "a"}, {"date": "2026-07-20", "of": ["instance-hour/"], "from": "b"}, {"date": "2026-09-01", "of": ["gp3"], "from": "c"}],
		"prices": {"nat-gateway-hour": "0.045", "gp3-gb-month": "0.0952", "instance-hour/t3.micro": "0.0104"}}`), &region); err != nil {
		t.Fatal(err)
	}
	return &List{regions: map[string]func() Region{"eu-test-1": func() Region { return region }}}
}

func TestMonth_AddsUp(t *testing.T) {
	list := aList(t)
	month := list.Month([]Item{{Instance("t3.micro"), 1}, {NATGateway, 2}, {GP3, 16}, {Instance("t3.micro"), 1}}, "eu-test-1")
	// 2 × 730 × 0.0104 + 2 × 730 × 0.045 + 16 × 0.0952 = 15.184 + 65.7 + 1.5232
	if diff := testenv.Diff(Month{Region: "eu-test-1", Amount: 82_407_200_000}, month); diff != "" {
		t.Error(diff)
	}
	if got, want := month.String(), "about $82.41 a month"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if got := list.Date("eu-test-1"); got != "2026-07-20" {
		t.Errorf("the prices are of %s, want the day of the oldest", got)
	}
	if got := list.Date("eu-test-1", Item{GP3, 1}); got != "2026-09-01" {
		t.Errorf("the price of a volume is of %s, want the day of its own source", got)
	}
	if got := list.Month(nil, "nowhere").String(); got != "nothing" {
		t.Errorf("no items cost %q", got)
	}
}

func TestMonth_SaysWhichPricesAreMissing(t *testing.T) {
	list := aList(t)
	for name, test := range map[string]struct {
		items        []Item
		region       string
		text, number string
	}{
		"one of several": {
			[]Item{{NATGateway, 1}, {Instance("x9.large"), 2}, {Instance("x9.large"), 2}}, "eu-test-1",
			"more than $32.85 a month: the price list has no price of x9.large in eu-test-1", "null",
		},
		"all": {
			[]Item{{Instance("x9.large"), 1}, {LoadBalancer, 1}}, "eu-test-1",
			"not known: the price list has no price of x9.large, Application Load Balancer in eu-test-1", "null",
		},
		"the region": {[]Item{{NATGateway, 1}}, "mars-1", "not known: the price list has no prices of mars-1", "null"},
		"none":       {[]Item{{NATGateway, 1}}, "eu-test-1", "about $32.85 a month", "32.85"},
	} {
		t.Run(name, func(t *testing.T) {
			month := list.Month(test.items, test.region)
			if got := month.String(); got != test.text {
				t.Errorf("%q, want %q", got, test.text)
			}
			if got, err := json.Marshal(month); err != nil || string(got) != test.number {
				t.Errorf("as JSON %s, %v; want %s", got, err, test.number)
			}
		})
	}
	if got := list.Date("mars-1"); got != "" {
		t.Errorf("prices of mars-1 are of %q", got)
	}
}

func TestDecimal_RefusesZero(t *testing.T) {
	for _, price := range []string{`"0.0000000000"`, `"-1"`, `"free"`} {
		var d Decimal
		if err := json.Unmarshal([]byte(price), &d); err == nil {
			t.Errorf("the price %s was read as %d", price, d)
		}
	}
}

// TestPublished holds the list to its own form: each price has a source with a date, each region all that a platform of the
// default configuration consists of.
func TestPublished(t *testing.T) {
	list := Published()
	if len(list.Regions()) == 0 {
		t.Fatal("the list is empty")
	}
	day := regexp.MustCompile(`^20\d\d-\d\d-\d\d$`)
	for _, name := range list.Regions() {
		region, ok := list.Region(name)
		if lacking := Lacking(region.Prices); !ok || len(lacking) > 0 {
			t.Errorf("%s has no price of %v", name, lacking)
		}
		for _, source := range region.Sources {
			if !day.MatchString(source.Date) || source.From == "" {
				t.Errorf("%s has the source %+v", name, source)
			}
		}
		for price := range region.Prices {
			if !slices.ContainsFunc(region.Sources, func(s Source) bool { return s.covers(price) }) {
				t.Errorf("the price of %s in %s has no source", price, name)
			}
		}
		is, err := files.ReadFile("regions/" + name + extension)
		if err != nil {
			t.Fatal(err)
		}
		if want, err := region.File(); err != nil || string(is) != string(want) {
			t.Errorf("%s%s isn't as make prices writes it: the prices in the order of their names, two spaces in (%v)", name, extension, err)
		}
	}
}
