package server

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	asmodel "github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	cwmodel "github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	snsmodel "github.com/platformctl/platformctl/internal/localcloud/services/sns/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// meter fills the metrics, minute by minute, and lets alarms look at them.
type meter struct {
	server *Server
	store  *metrics.Store
	busy   busy
}

func (m *meter) file() string {
	if m.server.options.Dir == "" {
		return ""
	}
	return filepath.Join(m.server.options.Dir, "metrics.json")
}

// open reads what an earlier process measured.
func (m *meter) open() {
	if file := m.file(); file != "" {
		if err := m.store.Load(file); err != nil {
			m.server.log.Warn("metrics begin again", "error", err)
		}
	}
}

// close keeps what was measured, for the next process.
func (m *meter) close() error {
	if file := m.file(); file != "" && m.store.Len() > 0 {
		return m.store.Save(file)
	}
	return nil
}

// run measures at the end of each minute until ctx ends. While there is nothing to measure, it sleeps.
func (m *meter) run(ctx context.Context) {
	for ctx.Err() == nil {
		changed := m.server.world.Changed()
		if !m.measurable() {
			select {
			case <-changed:
			case <-ctx.Done():
			}
			continue
		}
		now := m.server.options.Clock.Now()
		timer := m.server.options.Clock.NewTimer(now.Truncate(metrics.Interval).Add(metrics.Interval).Sub(now))
		select {
		case <-timer.C():
			if err := m.minute(m.server.options.Clock.Now().UTC().Truncate(metrics.Interval)); err != nil {
				m.server.log.Error("the metrics are not as they should be", "error", err)
			}
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

// measurable reports whether there is anything whose metrics there are, or that waits for them.
func (m *meter) measurable() (yes bool) {
	err := m.server.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			tx := tx.In(region)
			yes = yes || len(world.All[compute.Instance](tx)) > 0 || len(world.All[elbmodel.LoadBalancer](tx)) > 0 || len(world.All[cwmodel.Alarm](tx)) > 0
		}
		return nil
	})
	return yes && err == nil
}

// minute notes what there was in the minute that has just ended, and lets alarms look.
func (m *meter) minute(end time.Time) error {
	measures := m.server.plane.Measure()
	var groups []balanced
	var alarmed []string
	err := m.server.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			tx := tx.In(region)
			m.instances(tx, end, measures.Served)
			m.groups(tx, end)
			m.gateways(tx, end)
			m.certificates(tx, end)
			groups = append(groups, balancedGroups(tx)...)
			if len(world.All[cwmodel.Alarm](tx)) > 0 {
				alarmed = append(alarmed, region)
			}
		}
		return nil
	})
	m.loadBalancers(end, measures, groups)
	for _, region := range alarmed {
		err = errors.Join(err, m.server.world.Update(region, func(tx *world.Tx) error {
			cwmodel.Evaluate(tx, m.store.Seen)
			m.repeatActions(tx)
			return nil
		}))
	}
	if file := m.file(); file != "" && len(alarmed) > 0 {
		err = errors.Join(err, m.store.Save(file))
	}
	return err
}

// actor carries out an alarm's action.
type actor func(tx *world.Tx, a *cwmodel.Alarm, action string) error

// actors are those who carry out actions, by the service that the action's ARN names.
func (m *meter) actors() map[string]actor {
	return map[string]actor{
		"autoscaling": func(tx *world.Tx, a *cwmodel.Alarm, action string) error {
			return asmodel.Alarmed(tx, a, action, m.store.Read)
		},
		"sns": func(tx *world.Tx, a *cwmodel.Alarm, action string) error {
			subject, text := a.Notification(tx)
			_, err := snsmodel.PublishFor(tx, snsmodel.Service{Name: "cloudwatch.amazonaws.com", Source: cwmodel.ARN(tx, a.ID)}, action, snsmodel.Message{Subject: subject, Text: text})
			return err
		},
	}
}

func serviceOf(arn string) string {
	parts := strings.SplitN(arn, ":", 4)
	if len(parts) < 4 {
		return ""
	}
	return parts[2]
}

// act carries out the actions of alarms that have come into another state.
func (m *meter) act() error {
	var due []string
	err := m.server.world.View("", func(tx *world.Tx) error {
		for _, region := range tx.Regions() {
			if world.Exists(tx.In(region), func(a *cwmodel.Alarm) bool { return a.Due }) {
				due = append(due, region)
			}
		}
		return nil
	})
	for _, region := range due {
		err = errors.Join(err, m.server.world.Update(region, func(tx *world.Tx) error {
			for _, a := range world.Where(tx, func(a *cwmodel.Alarm) bool { return a.Due }) {
				cwmodel.Acted(tx, a.ID)
				for _, action := range a.Actions() {
					m.carryOut(tx, a, action)
				}
			}
			return nil
		}))
	}
	return err
}

func (m *meter) carryOut(tx *world.Tx, a *cwmodel.Alarm, action string) {
	failure := "platformctl local cloud: actions of " + serviceOf(action) + " are not simulated"
	if does := m.actors()[serviceOf(action)]; does != nil {
		failure = ""
		if err := does(tx, a, action); err != nil {
			failure = refuse.Text(err)
		}
	}
	cwmodel.NoteAction(tx, a, action, failure)
}

// repeatActions carries the actions of scaling policies out again that are in an alarm since earlier.
// Source: CloudWatch User Guide, "Alarm actions": those of Auto Scaling are invoked as long as the alarm stays in the state.
func (m *meter) repeatActions(tx *world.Tx) {
	does := m.actors()["autoscaling"]
	for _, a := range world.Where(tx, func(a *cwmodel.Alarm) bool { return !a.Due && a.State == cwmodel.InAlarm }) {
		for _, action := range a.Actions() {
			if does != nil && serviceOf(action) == "autoscaling" {
				_ = does(tx, a, action) // the history has the first
			}
		}
	}
}
