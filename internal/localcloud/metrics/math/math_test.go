package math_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics/math"
)

var start = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// series has a value a minute; a gap is none.
const gap = -1e9

func series(values ...float64) math.Series {
	s := math.Series{}
	for n, x := range values {
		if x != gap {
			s[start.Add(time.Duration(n)*time.Minute)] = x
		}
	}
	return s
}

func TestSeries_AreWorkedOut(t *testing.T) {
	queries := map[string]math.Query{
		"requests": {series(100, 10, gap, 200), time.Minute},
		"errors":   {series(2, gap, 1, 10), time.Minute},
		"none":     {series(), 5 * time.Minute},
	}
	times := series(0, 0, 0, 0).Times()
	for expression, want := range map[string]math.Series{
		"errors/requests*100":                                series(2, gap, gap, 5),
		"100 * FILL(errors, 0) / requests":                   series(2, 0, gap, 5),
		"IF(requests >= 50, 100*FILL(errors,0)/requests, 0)": series(2, 0, gap, 5),
		"IF(requests > 50 AND requests < 150, 1, 0)":         series(1, 0, gap, 0),
		"IF(requests > 50, requests)":                        series(100, gap, gap, 200),
		"IF(0, requests, errors)":                            series(2, gap, 1, 10),
		"SUM([requests, errors])":                            series(102, 10, 1, 210),
		"MAX([requests,errors]) - MIN([requests,errors])":    series(98, 0, 0, 190),
		"requests / SUM(requests)":                           series(100.0/310, 10.0/310, gap, 200.0/310),
		"AVG([requests, errors])":                            series(51, 10, 1, 105),
		"FILL(errors, REPEAT)":                               series(2, 2, 1, 10),
		"FILL(none, 7)":                                      series(7, 7, 7, 7),
		"FILL(errors, requests)":                             series(2, 10, 1, 10),
		"requests / PERIOD(requests)":                        series(100.0/60, 10.0/60, gap, 200.0/60),
		"-errors + 2^3^2 - 8 % 3":                            series(508, gap, 509, 500),
		"requests / 0":                                       series(),
		"errors == 2 || requests == 10":                      series(1, gap, gap, 0),
		"ABS(-errors) != CEIL(FLOOR(errors))":                series(0, gap, 0, 0),
		"1 + none":                                           series(),
	} {
		t.Run(expression, func(t *testing.T) {
			e, err := math.Parse(expression)
			if err != nil {
				t.Fatal(err)
			}
			got, err := e.Series(queries, times)
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%v, %v; want %v", got, err, want)
			}
		})
	}
}

func TestParse_RefusesWhatItCannotRead(t *testing.T) {
	for expression, want := range map[string]string{
		"":                            "ends too early",
		"a +":                         "ends too early",
		"a b":                         `unexpected "b"`,
		"(a":                          `")" is missing`,
		"[a b]":                       `"," is missing`,
		"a $ b":                       `unexpected "$"`,
		"1.2.3 + a":                   "is no number",
		"IF(a)":                       "IF has 2 parameters, not 1",
		"SEARCH('{x}', 'Sum')":        "the function SEARCH in metric math is not simulated",
		"ANOMALY_DETECTION_BAND(a,2)": "the function ANOMALY_DETECTION_BAND in metric math is not simulated",
		strings.Repeat("(", 40) + "a": "32 deep",
		strings.Repeat("a+", 2000):    "2048 characters",
		"FILL(a, 'x')":                "text in metric math is not simulated",
		"A":                           `unexpected "A"`,
	} {
		if e, err := math.Parse(expression); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %+v, %v, want %s", expression, e, err, want)
		}
	}
}

func TestSeries_RefusesWhatIsNoSeries(t *testing.T) {
	queries := map[string]math.Query{"a": {series(1), time.Minute}}
	for expression, want := range map[string]string{
		"1 + 2": "a number, not a time series", "SUM(a)": "a number, not a time series", "[a, a]": "several time series", "b": "there is no query b",
		"[a] + 1": "arithmetic with arrays", "FILL(a, LINEAR)": "FILL with LINEAR", "FILL(1, 2)": "FILL is of a time series", "PERIOD(1)": "PERIOD is of a query", "[1]": "an array is of time series",
	} {
		e, err := math.Parse(expression)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := e.Series(queries, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, %v, want %s", expression, got, err, want)
		}
	}
	var not *math.NotSimulated
	e, _ := math.Parse("[a] + 1")
	if _, err := e.Series(queries, nil); !errors.As(err, &not) {
		t.Errorf("%v is not told as what isn't simulated", err)
	}
	if _, err := math.Parse("SELECT AVG(CPUUtilization) FROM \"AWS/EC2\""); !errors.As(err, &not) {
		t.Errorf("Metrics Insights: %v", err)
	}
}

func TestIDs_AreThoseOfQueries(t *testing.T) {
	e, err := math.Parse("IF(b > 5, a / b, FILL(c, REPEAT))")
	if err != nil || !reflect.DeepEqual(e.IDs(), []string{"a", "b", "c"}) {
		t.Errorf("%v, %v", e.IDs(), err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add("IF(requests >= 50, 100*FILL(errors,0)/requests, 0)")
	f.Fuzz(func(t *testing.T, text string) {
		if e, err := math.Parse(text); err == nil {
			queries := map[string]math.Query{}
			for _, id := range e.IDs() {
				queries[id] = math.Query{Series: series(1, 0), Period: time.Minute}
			}
			_, _ = e.Series(queries, series(0, 0).Times())
		}
	})
}
