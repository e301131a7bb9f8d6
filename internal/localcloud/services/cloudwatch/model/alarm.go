package model

import (
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/metrics/math"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// The states of alarms.
const (
	OK               = "OK"
	InAlarm          = "ALARM"
	InsufficientData = "INSUFFICIENT_DATA"
)

// Settings are what an alarm is to be, as PutMetricAlarm has them.
type Settings struct {
	Description      string
	ActionsEnabled   bool
	OKActions        []string
	AlarmActions     []string
	NoDataActions    []string
	Namespace        string
	Metric           string
	Dimensions       []metrics.Dimension
	Statistic        string // or
	Extended         string // a percentile
	Unit             string
	Period           int // seconds
	Periods          int // that are looked at: N
	ToAlarm          int // of them that have to breach: M; 0: all
	Threshold        float64
	Comparison       string
	Missing          string // how missing data are treated, as it was given; "": missing
	LowSampleCount   string
	Queries          Queries // in place of the metric; one of them gives what is watched
	ThresholdQueryID string
}

// Alarm is a metric alarm.
type Alarm struct {
	world.Object // ID: its name
	Settings
	State      string
	Before     string `json:",omitempty"` // the state before that
	Reason     string
	ReasonData string // a JSON document, or ""
	// Updated is when the state was looked at last and something of it changed; Transitioned, when it became another;
	// Configured, when the settings were given.
	Updated, Transitioned, Configured time.Time
	// Due says that the actions of the state haven't been carried out.
	Due bool `json:",omitempty"`
}

// alarmsQuota is how many alarms a region may have.
// Source: CloudWatch User Guide, "CloudWatch service quotas".
func alarmsQuota() world.Quota {
	return world.Quota{Key: "alarms", Service: "monitoring", ServiceName: "Amazon CloudWatch", Code: "L-5E7D5F2C", Name: "Number of metric alarms", Default: 5000}
}

func alarmKind() world.AnyKind {
	return world.Kind[Alarm, *Alarm]{
		Traits: world.Traits{Noun: "alarm", Quotas: []world.Quota{alarmsQuota()}},
		Name:   "alarm", Untaggable: true, KnownAtOnce: true,
		NotFound: func(...string) error { return refuse.WithStatus(refuse.StatusNotFound, "ResourceNotFound", "") },
	}
}

// Find returns the alarm of a name, or AWS's refusal of the name.
func Find(tx *world.Tx, name string) (*Alarm, error) { return world.Find[Alarm](tx, name) }

// Put makes an alarm, or gives one other settings: its state stays then, and its tags.
func Put(tx *world.Tx, name string, s Settings, tags world.Tags) error {
	if err := s.check(); err != nil {
		return err
	}
	if old, there := world.Get[Alarm](tx, name); there {
		world.Edit(tx, name, func(a *Alarm) { a.Settings, a.Configured = s, tx.Now() })
		note(tx, name, "ConfigurationUpdate", "Alarm \""+name+"\" updated", configuration{Version: "1.0", Type: "Update", Updated: shape(tx, old.Created, name, s)})
		return nil
	}
	if n := len(world.All[Alarm](tx)); n >= tx.Limit(alarmsQuota()) {
		return refuse.New("LimitExceeded", "The maximum limit of %d alarms exceeded.", tx.Limit(alarmsQuota()))
	}
	world.Add(tx, &Alarm{Object: tx.NamedObject(name, tags), Settings: s, State: InsufficientData, Reason: "Unchecked: Initial alarm creation",
		Updated: tx.Now(), Transitioned: tx.Now(), Configured: tx.Now()})
	note(tx, name, "ConfigurationUpdate", "Alarm \""+name+"\" created", configuration{Version: "1.0", Type: "Create", Created: shape(tx, tx.Now(), name, s)})
	return nil
}

func (s *Settings) check() error {
	switch {
	case s.Missing != "" && !slices.Contains([]string{"breaching", "notBreaching", "ignore", "missing"}, s.Missing):
		return Invalid("Value (%s) for parameter TreatMissingData is invalid. TreatMissingData should be one of [breaching, notBreaching, ignore, missing]", s.Missing)
	case s.ToAlarm > s.Periods:
		return Invalid("DatapointsToAlarm must be less than or equal to EvaluationPeriods")
	case s.LowSampleCount != "" && s.LowSampleCount != "evaluate" && s.LowSampleCount != "ignore":
		return Invalid("Option %s is not supported. Supported options for parameter EvaluateLowSampleCountPercentile are evaluate and ignore.", s.LowSampleCount)
	case s.LowSampleCount != "" && s.Extended == "":
		return Invalid("EvaluateLowSampleCountPercentile is only supported for percentile statistics")
	case len(s.Queries) == 0 && (s.Metric == "" || s.Namespace == ""):
		return refuse.New("MissingParameter", "The parameter %s is required.", map[bool]string{true: "MetricName", false: "Namespace"}[s.Metric == ""])
	case len(s.Queries) == 0 && s.Period == 0:
		return refuse.New("MissingParameter", "The parameter Period is required.")
	case len(s.Queries) == 0 && (s.Statistic == "") == (s.Extended == ""):
		return Invalid("Exactly one of Statistic and ExtendedStatistic must be specified")
	case !s.Math() && !metrics.IsStatistic(s.stat()):
		return Invalid("The value %s for parameter ExtendedStatistic is not supported.", s.stat())
	}
	if err := s.checkQueries(); err != nil {
		return err
	}
	return s.checkPeriod()
}

// mostQueries is how many an alarm may have. Source: API reference of PutMetricAlarm.
const mostQueries = 10

// checkQueries refuses lists that don't give one series.
func (s *Settings) checkQueries() error {
	if len(s.Queries) == 0 {
		return nil
	}
	given := 0
	for _, q := range s.Queries {
		if !q.Hidden {
			given++
		}
		if (q.Expression == "" || q.Period != 0) && q.Period != s.period() {
			return refuse.NotSimulated("alarms on metrics of different periods are not simulated")
		}
	}
	switch {
	case len(s.Queries) > mostQueries:
		return Invalid("An alarm can have at most %d metrics", mostQueries)
	case given != 1:
		return Invalid("Exactly one element of the metrics list should return data.")
	}
	if err := s.Queries.Check(); err != nil {
		return err
	}
	// An expression that gives a number or several series gives them of any data.
	moment := time.Unix(0, 0)
	_, err := s.Queries.Series(s.watched().ID, Source{
		Metric: func(Query) math.Series { return math.Series{moment: 1} },
		Times:  func(time.Duration) []time.Time { return []time.Time{moment} },
	})
	return err
}

// watched is the query that gives what the alarm watches.
func (s *Settings) watched() Query {
	for _, q := range s.Queries {
		if !q.Hidden {
			return q
		}
	}
	return Query{}
}

// Math reports whether the alarm watches an expression.
func (s *Settings) Math() bool { return s.watched().Expression != "" }

func (s *Settings) checkPeriod() error {
	period := s.period()
	switch {
	case period == 10 || period == 20 || period == 30:
		return refuse.NotSimulated("alarms with a period of %d seconds are not simulated: metrics here have a data point a minute", period)
	case period < 60 || period%60 != 0:
		return Invalid("Period must be 10, 20, 30 or a multiple of 60")
	case s.Periods*period > 7*86400 || period < 3600 && s.Periods*period > 86400:
		return Invalid("Metrics cannot be checked across more than a day (EvaluationPeriods * Period must be <= 86400).")
	case time.Duration((s.Periods+2)*period)*time.Second > metrics.Kept:
		return refuse.NotSimulated("alarms that look back for more than %v are not simulated", metrics.Kept)
	}
	for _, action := range slices.Concat(s.OKActions, s.AlarmActions, s.NoDataActions) {
		if !strings.HasPrefix(action, "arn:") {
			return Invalid("Invalid arn syntax: %s", action)
		}
	}
	return nil
}

// stat, unit, period and metric are of what the alarm watches.
func (s *Settings) stat() string {
	switch {
	case len(s.Queries) > 0:
		return s.watched().Stat
	case s.Extended != "":
		return s.Extended
	}
	return s.Statistic
}

func (s *Settings) unit() string {
	if len(s.Queries) > 0 {
		return s.watched().Unit
	}
	return s.Unit
}

func (s *Settings) period() int {
	for _, q := range s.Queries {
		if q.Expression == "" {
			return q.Period
		}
	}
	return s.Period
}

func (s *Settings) metric(region string) metrics.Metric {
	if len(s.Queries) > 0 {
		q := s.watched()
		return metrics.Metric{Region: region, Namespace: q.Namespace, Name: q.Metric, Dimensions: q.Dimensions}
	}
	return metrics.Metric{Region: region, Namespace: s.Namespace, Name: s.Metric, Dimensions: s.Dimensions}
}

// Delete deletes alarms; those that aren't there are passed over.
func Delete(tx *world.Tx, names ...string) {
	for _, name := range names {
		if _, there := world.Get[Alarm](tx, name); !there {
			continue
		}
		note(tx, name, "ConfigurationUpdate", "Alarm \""+name+"\" deleted", configuration{Version: "1.0", Type: "Delete"})
		world.Delete[Alarm](tx, name)
	}
}

// EnableActions lets alarms act, or not; names of none are passed over.
func EnableActions(tx *world.Tx, names []string, enabled bool) {
	for _, name := range names {
		world.Edit(tx, name, func(a *Alarm) { a.ActionsEnabled = enabled })
	}
}

// Set puts an alarm into a state, until it is evaluated the next time.
func Set(tx *world.Tx, name, state, reason, data string) error {
	a, err := Find(tx, name)
	if err != nil {
		return err
	}
	if a.State == state {
		world.Edit(tx, a.ID, func(a *Alarm) { a.Reason, a.ReasonData, a.Updated = reason, data, tx.Now() })
		return nil
	}
	a.become(tx, state, reason, data)
	return nil
}

// Actions are those of the alarm's present state; none while they are disabled.
func (a *Alarm) Actions() []string {
	if !a.ActionsEnabled {
		return nil
	}
	return map[string][]string{OK: a.OKActions, InAlarm: a.AlarmActions, InsufficientData: a.NoDataActions}[a.State]
}

// become notes that an alarm is in another state now, and why. Its actions are due.
func (a *Alarm) become(tx *world.Tx, state, reason, data string) {
	noteState(tx, a, state, reason, data)
	world.Edit(tx, a.ID, func(a *Alarm) {
		a.Before, a.State, a.Reason, a.ReasonData, a.Updated, a.Transitioned, a.Due = a.State, state, reason, data, tx.Now(), tx.Now(), true
	})
}

// Acted notes that the actions of the alarm's state have been carried out.
func Acted(tx *world.Tx, name string) { world.Edit(tx, name, func(a *Alarm) { a.Due = false }) }
