package record

import (
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/prices"
)

func options() Options {
	return Options{Target: TargetAWS, Name: "parity", Out: "out", Budget: time.Hour, Dollars: prices.Dollar, Scenarios: Scenarios(), Now: time.Now}
}

func TestCheck_RefusesBeforeAnythingIsTouched(t *testing.T) {
	if err := options().Check(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*Options){
		"-target":                func(o *Options) { o.Target = "" },
		"-endpoint goes with":    func(o *Options) { o.Endpoint = "http://127.0.0.1:1" },
		"is no URL":              func(o *Options) { o.Target, o.Scenarios = TargetEndpoint, nil },
		"can't be drilled":       func(o *Options) { o.Target, o.Endpoint = TargetEndpoint, "http://127.0.0.1:1" },
		"there is no scenario":   func(o *Options) { o.Scenarios = []string{"flood"} },
		"is no platform's name":  func(o *Options) { o.Name = "Parity" },
		"with -out":              func(o *Options) { o.Out = "" },
		"-minutes and -dollars":  func(o *Options) { o.Budget = 0 },
		"a budget first: -minut": func(o *Options) { o.Dollars = 0 },
	} {
		o := options()
		change(&o)
		if err := o.Check(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func TestBudget(t *testing.T) {
	for name, test := range map[string]struct {
		minutes         int
		dollars, hourly string
		work            time.Duration
		most            string
	}{
		"time is short":           {60, "10", "0.16", 48 * time.Minute, "$0.16"},
		"a part of an hour":       {90, "10", "0.16", 78 * time.Minute, "$0.32"},
		"money is short":          {600, "0.40", "0.16", 108 * time.Minute, "$0.32"},
		"half of it is for down":  {10, "1", "0.16", 5 * time.Minute, "$0.16"},
		"nothing costs anything":  {60, "1", "0", 48 * time.Minute, "$0.00"},
		"money for just one hour": {600, "0.16", "0.16", 48 * time.Minute, "$0.16"},
	} {
		t.Run(name, func(t *testing.T) {
			o := options()
			o.Budget, o.Dollars = time.Duration(test.minutes)*time.Minute, amount(t, test.dollars)
			work, most, err := o.budget(amount(t, test.hourly))
			if err != nil || work != test.work || most != amount(t, test.most[1:]) {
				t.Errorf("%s for %s, %v; want %s for %s", work, most.Exact(), err, test.work, test.most)
			}
		})
	}
	o := options()
	o.Dollars = amount(t, "0.15")
	if _, _, err := o.budget(amount(t, "0.16")); err == nil {
		t.Error("a budget below an hour's price was taken")
	}
}

func amount(t *testing.T, text string) prices.Amount {
	t.Helper()
	a, err := prices.ParseAmount(text)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestHourly_RoundsUp(t *testing.T) {
	if got, err := hourly("113.19"); err != nil || got != amount(t, "0.155054795") {
		t.Errorf("%s, %v", got.Exact(), err)
	}
	if _, err := hourly("null"); err == nil {
		t.Error("a price that isn't known was read")
	}
}
