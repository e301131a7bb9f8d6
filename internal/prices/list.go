// Package prices has what AWS publishes that things cost on demand, and adds it up: regions has a file for each region,
// with the sources of its prices and their dates. `make prices` rewrites them from AWS's Pricing API; the program is in
// refresh, beside this. What an object consists of, in the list's names, is said by its kind.
package prices

import (
	"embed"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// Currency is that of all amounts.
const Currency = "USD"

// NotIncluded says what no monthly cost has in it.
const NotIncluded = "traffic, taxes and discounts are not included"

// List is what AWS publishes that things cost, by region. A region is read when it is first asked for.
type List struct {
	regions map[string]func() Region
}

// Region is the prices of a region.
type Region struct {
	Sources []Source         `json:"sources"`
	Prices  map[Name]Decimal `json:"prices"`
}

// Source is where prices are from.
type Source struct {
	// Date is the day, such as "2026-08-10", on which AWS published the prices, or they were read from it.
	Date string `json:"date"`
	// Of are the names that are from there, or what they begin with. None: all of the region's.
	Of []string `json:"of,omitempty"`
	// From says what was read.
	From string `json:"from"`
}

func (s Source) covers(name Name) bool {
	return len(s.Of) == 0 || slices.ContainsFunc(s.Of, func(begin string) bool { return strings.HasPrefix(string(name), begin) })
}

// Decimal is a price that is written as AWS writes it, a decimal number in a string.
type Decimal Amount

// UnmarshalText reads what AWS writes. A price of 0 is an error: it is that of a free tier, or of something else.
func (d *Decimal) UnmarshalText(text []byte) error {
	amount, err := ParseAmount(string(text))
	if err == nil && amount == 0 {
		err = fmt.Errorf("a price is 0")
	}
	*d = Decimal(amount)
	return err
}

// MarshalText writes the price with all its decimals.
func (d Decimal) MarshalText() ([]byte, error) { return []byte(Amount(d).decimal(0)), nil }

//go:embed regions/*.json
var files embed.FS

// extension ends the name of a region's file.
const extension = ".json"

var published = sync.OnceValue(func() *List {
	entries, err := files.ReadDir("regions")
	if err != nil {
		panic(err) // they are part of this program
	}
	list := &List{regions: map[string]func() Region{}}
	for _, entry := range entries {
		list.regions[strings.TrimSuffix(entry.Name(), extension)] = sync.OnceValue(func() Region {
			text, err := files.ReadFile("regions/" + entry.Name())
			var region Region
			if err == nil {
				err = json.Unmarshal(text, &region)
			}
			if err != nil {
				panic("the prices in " + entry.Name() + ", which is part of this program, can't be read: " + err.Error()) // a test reads them all
			}
			return region
		})
	}
	return list
})

// Lacking are the titles of what a platform consists of and a region's prices lack. A list has no region that lacks any.
func Lacking(region map[Name]Decimal) []string {
	var lacking []string
	for _, name := range []Name{NATGateway, LoadBalancer, PublicIPv4, GP3, Instance("t3.micro")} {
		if _, ok := region[name]; !ok {
			lacking = append(lacking, name.Title())
		}
	}
	return lacking
}

// Published is the list that this program was built with.
func Published() *List { return published() }

// Regions are the names of the regions that the list has, in their order.
func (l *List) Regions() []string { return slices.Sorted(maps.Keys(l.regions)) }

// Region is a region of the list; ok is false where it has none of that name.
func (l *List) Region(name string) (region Region, ok bool) {
	read, ok := l.regions[name]
	if !ok {
		return Region{}, false
	}
	return read(), true
}

// Price is the price of one unit; ok is false where the list has none.
func (l *List) Price(region string, name Name) (price Amount, ok bool) {
	in, _ := l.Region(region)
	decimal, ok := in.Prices[name]
	return Amount(decimal), ok
}

// Date is the day of a region's prices, such as "2026-08-10": that of the oldest of those that items are counted by, or of all where
// none are given. "" where it has none.
func (l *List) Date(region string, items ...Item) string {
	oldest := ""
	in, _ := l.Region(region)
	for _, source := range in.Sources {
		counts := len(items) == 0 || slices.ContainsFunc(items, func(item Item) bool { return source.covers(item.Name) })
		if counts && (oldest == "" || source.Date < oldest) {
			oldest = source.Date
		}
	}
	return oldest
}

// File is the file that a list reads the region from.
func (r Region) File() ([]byte, error) {
	text, err := json.MarshalIndent(r, "", "  ")
	return append(text, '\n'), err
}

// Month is what items cost in a month of HoursPerMonth, as far as the list has their prices.
type Month struct {
	Region string
	Amount Amount
	// Unlisted says that the list has no price of the region at all.
	Unlisted bool
	// Missing are the titles of the items of which the list has no price, each once. The Amount lacks them.
	Missing []string
}

// Known says whether the list has all the prices.
func (m Month) Known() bool { return len(m.Missing) == 0 }

// String is the cost in words, such as "about $87.60 a month", or why it isn't known.
func (m Month) String() string {
	switch {
	case m.Known() && m.Amount == 0:
		return "nothing"
	case m.Known():
		return "about " + m.Amount.String() + " a month"
	case m.Unlisted:
		return "not known: the price list has no prices of " + m.Region
	case m.Amount == 0:
		return m.missing("not known")
	default:
		return m.missing("more than " + m.Amount.String() + " a month")
	}
}

func (m Month) missing(what string) string {
	return what + ": the price list has no price of " + strings.Join(m.Missing, ", ") + " in " + m.Region
}

// MarshalJSON writes the Amount as a number of dollars, or null where a price is missing.
func (m Month) MarshalJSON() ([]byte, error) {
	if !m.Known() {
		return []byte("null"), nil
	}
	return m.Amount.MarshalJSON()
}

// Month adds up what items cost in a region.
func (l *List) Month(items []Item, region string) Month {
	month := Month{Region: region}
	for _, line := range l.Lines(items, region) {
		month.Amount += line.Month
		if !line.Known && !slices.Contains(month.Missing, line.Name.Title()) {
			month.Missing = append(month.Missing, line.Name.Title())
		}
	}
	_, listed := l.Region(region)
	month.Unlisted = !listed && len(month.Missing) > 0
	return month
}

// Line is what the items of one name cost.
type Line struct {
	Item
	// Each is the price of one unit, and Month that of all in a month; Known is false where the list has none.
	Each, Month Amount
	Known       bool
}

// Lines are what items cost in a region, each name once, in the order of the names.
func (l *List) Lines(items []Item, region string) []Line {
	var lines []Line
	for _, item := range Sum(items) {
		each, known := l.Price(region, item.Name)
		lines = append(lines, Line{Item: item, Each: each, Month: each * Amount(item.Count) * item.Name.perMonth(), Known: known})
	}
	return lines
}
