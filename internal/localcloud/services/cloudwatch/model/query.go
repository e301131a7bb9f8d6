package model

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/metrics/math"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Query is one of a list of queries: of a metric, or an expression over others of the list.
type Query struct {
	ID, Label, Stat, Unit, Namespace, Metric string
	Dimensions                               []metrics.Dimension
	Period                                   int    // seconds; of an expression 0, or that of what it needs
	Expression                               string `json:",omitempty"`
	Hidden                                   bool   `json:",omitempty"` // others alone need it
}

// Queries are a list of queries whose IDs differ, and whose expressions can be worked out.
type Queries []Query

var queryID = regexp.MustCompile(`^[a-z][a-zA-Z0-9_]*$`)

// Check refuses lists that can't be worked out.
func (all Queries) Check() error {
	seen := map[string]bool{}
	for _, q := range all {
		if !queryID.MatchString(q.ID) {
			return Invalid("The value %s for parameter MetricDataQueries.member.Id is not matching the expected pattern ^[a-z][a-zA-Z0-9_]*$.", q.ID)
		}
		if seen[q.ID] {
			return Invalid("The values for parameter id in MetricDataQueries are not unique.")
		}
		seen[q.ID] = true
	}
	followed := map[string]bool{}
	for _, q := range all {
		if err := all.checkExpression(q, followed); err != nil {
			return err
		}
	}
	return nil
}

// checkExpression follows what an expression needs, once: followed has false for what is on the way to it, and true for
// what is checked.
func (all Queries) checkExpression(q Query, followed map[string]bool) error {
	if q.Expression == "" {
		return nil
	}
	if checked, met := followed[q.ID]; checked {
		return nil
	} else if met {
		return Invalid("Error in expression '%s': it needs itself", q.ID)
	}
	followed[q.ID] = false
	e, err := math.Parse(q.Expression)
	if err != nil {
		return expressionError(q.ID, err)
	}
	if len(e.IDs()) == 0 {
		return Invalid("Error in expression '%s': it needs no metric", q.ID)
	}
	for _, id := range e.IDs() {
		other, there := all.find(id)
		if !there {
			return Invalid("Error in expression '%s': there is no query %s", q.ID, id)
		}
		if err := all.checkExpression(other, followed); err != nil {
			return err
		}
	}
	followed[q.ID] = true
	return nil
}

func expressionError(id string, err error) error {
	var not *math.NotSimulated
	if errors.As(err, &not) {
		return refuse.NotSimulated("%v", not)
	}
	return Invalid("Error in expression '%s': %v", id, err)
}

func (all Queries) find(id string) (Query, bool) {
	at := slices.IndexFunc(all, func(q Query) bool { return q.ID == id })
	if at < 0 {
		return Query{}, false
	}
	return all[at], true
}

// Source is where queries get their series from.
type Source struct {
	// Metric is the series of a query of a metric.
	Metric func(Query) math.Series
	// Times are the beginnings of all periods of a length.
	Times func(period time.Duration) []time.Time
}

// Series works a query of a list out that was checked. An expression may still give no series. Its period is the longest of
// those that it needs.
func (all Queries) Series(id string, from Source) (math.Series, error) {
	q, err := all.work(id, from, map[string]math.Query{})
	return q.Series, err
}

// work works a query out, and all that it needs, each once.
func (all Queries) work(id string, from Source, worked map[string]math.Query) (math.Query, error) {
	if done, is := worked[id]; is {
		return done, nil
	}
	q, there := all.find(id)
	if !there {
		return math.Query{}, fmt.Errorf("there is no query %s", id)
	}
	if q.Expression == "" {
		worked[id] = math.Query{Series: from.Metric(q), Period: time.Duration(q.Period) * time.Second}
		return worked[id], nil
	}
	e, err := math.Parse(q.Expression)
	if err != nil {
		return math.Query{}, expressionError(id, err)
	}
	needed, longest := map[string]math.Query{}, time.Duration(0)
	for _, other := range e.IDs() {
		if needed[other], err = all.work(other, from, worked); err != nil {
			return math.Query{}, err
		}
		longest = max(longest, needed[other].Period)
	}
	if given := time.Duration(q.Period) * time.Second; given != 0 && given != longest {
		return math.Query{}, refuse.NotSimulated("expressions of another period than their metrics' are not simulated")
	}
	series, err := e.Series(needed, from.Times(longest))
	if err != nil {
		return math.Query{}, expressionError(id, err)
	}
	worked[id] = math.Query{Series: series, Period: longest}
	return worked[id], nil
}
