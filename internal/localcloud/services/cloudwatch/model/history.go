package model

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Item is something that happened to an alarm.
type Item struct {
	world.Object
	Alarm, Type, Summary, Data string
}

// keptItems bounds the history of an alarm. AWS keeps it for 30 days.
const keptItems = 100

func itemKind() world.AnyKind {
	return world.Kind[Item, *Item]{
		Name: "alarm-history-item", Prefix: "history", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return Invalid("no item %v", ids) },
		Parent:   func(i *Item) string { return i.Alarm },
	}
}

// History is what happened to an alarm, or to all for "": the oldest first.
func History(tx *world.Tx, alarm string) []*Item {
	if alarm == "" {
		return world.All[Item](tx)
	}
	return world.Of[Item](tx, alarm)
}

func note(tx *world.Tx, alarm, kind, summary string, data any) {
	text, err := json.Marshal(data)
	if err != nil {
		panic(fmt.Sprintf("cloudwatch: %T can't be written: %v", data, err)) // a programming error
	}
	world.Add(tx, &Item{Object: tx.NewObject("history", nil), Alarm: alarm, Type: kind, Summary: summary, Data: string(text)})
	if all := world.Of[Item](tx, alarm); len(all) > keptItems {
		world.Delete[Item](tx, all[0].ID)
	}
}

type alarmState struct {
	Value  string          `json:"stateValue"`
	Reason string          `json:"stateReason"`
	Data   json.RawMessage `json:"stateReasonData,omitempty"`
}

func noteState(tx *world.Tx, a *Alarm, state, reason, data string) {
	raw := func(data string) json.RawMessage {
		if !json.Valid([]byte(data)) {
			return nil
		}
		return json.RawMessage(data)
	}
	note(tx, a.ID, "StateUpdate", "Alarm updated from "+a.State+" to "+state, struct {
		Version string     `json:"version"`
		Old     alarmState `json:"oldState"`
		New     alarmState `json:"newState"`
	}{"1.0", alarmState{a.State, a.Reason, raw(a.ReasonData)}, alarmState{state, reason, raw(data)}})
}

// NoteAction notes what became of an action of an alarm; failure is "" where it was carried out.
func NoteAction(tx *world.Tx, a *Alarm, action, failure string) {
	state, verb := "Succeeded", "Successfully executed action "
	if failure != "" {
		state, verb = "Failed", "Failed to execute action "
	}
	note(tx, a.ID, "Action", verb+action, struct {
		Action string `json:"actionState"`
		Target string `json:"notificationResource"`
		State  string `json:"stateUpdateTimestamp"`
		Error  string `json:"error,omitempty"`
	}{state, action, a.Updated.UTC().Format(stamp), failure})
}

// stamp is how documents of alarms write times.
const stamp = "2006-01-02T15:04:05.000-0700"

type configuration struct {
	Version string `json:"version"`
	Type    string `json:"type"`
	Created any    `json:"createdAlarm,omitempty"`
	Updated any    `json:"updatedAlarm,omitempty"`
}

func shape(tx *world.Tx, created time.Time, name string, s Settings) any {
	return map[string]any{"alarmName": name, "alarmArn": ARN(tx, name), "metricName": s.Metric, "namespace": s.Namespace, "threshold": s.Threshold,
		"comparisonOperator": s.Comparison, "period": s.Period, "evaluationPeriods": s.Periods, "alarmActions": append([]string{}, s.AlarmActions...),
		"alarmConfigurationUpdatedTimestamp": created.UTC().Format(stamp)}
}
