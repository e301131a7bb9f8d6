package drillresult

import (
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Drill is the document of `failover-drill`. What never happened is null.
type Drill struct {
	ID       string `json:"id"`
	Platform string `json:"platform"`
	Target   string `json:"target"`
	Region   string `json:"region"`
	// Account is AWS's; "" in the documents of an earlier platformctl.
	Account string `json:"account,omitempty"`
	URL     string `json:"url"`
	// Began is when the drill began, in RFC 3339.
	Began string `json:"began"`
	// Verdict is pass, fail or aborted; Reasons say why it isn't a pass.
	Verdict  string                `json:"verdict"`
	Reasons  terminal.List[string] `json:"reasons"`
	Scenario string                `json:"scenario"`
	Scope    string                `json:"scope"`
	Victims  terminal.List[Victim] `json:"victims"`
	// Targets are all of the load balancer's, the victims included.
	Targets terminal.List[Victim] `json:"targets"`
	Load    Load                  `json:"load"`
	// HealthCheck are the target group's settings that the prediction is made of.
	HealthCheck HealthCheck `json:"health_check"`
	// Requests are those due from the fault until all targets were healthy.
	Requests Requests `json:"requests"`
	// Overall are all requests of the drill.
	Overall Requests `json:"overall"`
	// Availability is the share of Requests that succeeded, in percent.
	Availability float64   `json:"availability"`
	SLO          SLO       `json:"slo"`
	Predicted    Predicted `json:"predicted"`
	// WouldMeet are changes by each of which the same drill would meet its objective, even where it went as badly as
	// predicted; none where it would now.
	WouldMeet terminal.List[Way] `json:"would_meet"`
	Measured  Measured           `json:"measured"`
	// Compared are predicted and measured side by side.
	Compared terminal.List[Compared] `json:"compared"`
	Latency  Latencies               `json:"latency"`
	// Answers counts the answers by instance.
	Answers map[string]int `json:"answers"`
	// Restored says that the fault was.
	Restored bool                  `json:"restored"`
	Timeline terminal.List[Second] `json:"timeline"`
	// Moments are the timeline's marks, to the millisecond.
	Moments  terminal.List[Moment] `json:"moments"`
	APICalls int                   `json:"api_calls"`
	// AutoScalingGroup is the name of the group that the victims are in; absent where they are in none.
	AutoScalingGroup string `json:"auto_scaling_group,omitempty"`
	// Kept says that the group was kept from replacing them.
	Kept bool `json:"kept,omitempty"`
	// Replaced is the instance that it replaced; of several the first, and Replacements has all.
	Replaced     *Replacement               `json:"replaced"`
	Replacements terminal.List[Replacement] `json:"replacements,omitempty"`
	// Alarms are those that were predicted, or raised; absent where the platform has none of them.
	Alarms []Alarm `json:"alarms,omitempty"`
	// RequiresAlarms says that those predicted must be raised.
	RequiresAlarms bool `json:"requires_alarms,omitempty"`
}

// Alarm is an alarm that the fault raises, or that was raised. Seconds are from the fault.
type Alarm struct {
	Name string `json:"name"`
	// Predicted is when it is raised; null where that isn't certain.
	Predicted *[2]float64 `json:"predicted_seconds"`
	// Raised is when it was, Notified when its message went out; null where that didn't happen.
	Raised   *float64 `json:"raised_seconds"`
	Notified *float64 `json:"notified_seconds"`
	// Failed is why its message could not be sent.
	Failed string `json:"failed,omitempty"`
}

// Replacement is an instance, and the one that an Auto Scaling group put in its place.
type Replacement struct {
	Instance string `json:"instance"`
	By       string `json:"by"`
	Zone     string `json:"zone"`
}

// Moment is when something happened, in seconds of the timeline.
type Moment struct {
	Mark    string  `json:"mark"`
	Seconds float64 `json:"seconds"`
}

// Victim is an instance, broken or about to be.
type Victim struct {
	Instance string `json:"instance"`
	Zone     string `json:"zone"`
}

// Load is what was sent.
type Load struct {
	Rate                  int     `json:"rate"` // requests a second
	RequestTimeoutSeconds float64 `json:"request_timeout_seconds"`
	FaultSeconds          float64 `json:"fault_seconds"`
	Seed                  uint64  `json:"seed"`
}

// HealthCheck are settings of a target group.
type HealthCheck struct {
	IntervalSeconds            float64 `json:"interval_seconds"`
	TimeoutSeconds             float64 `json:"timeout_seconds"`
	Healthy                    int     `json:"healthy"`
	Unhealthy                  int     `json:"unhealthy"`
	DeregistrationDelaySeconds float64 `json:"deregistration_delay_seconds"`
}

// Requests are how requests fared.
type Requests struct {
	Total   int            `json:"total"`
	Failed  int            `json:"failed"`
	ByClass map[string]int `json:"by_class"`
}

// SLO is the objective for the availability, in percent.
type SLO struct {
	Availability float64 `json:"availability"`
	Met          bool    `json:"met"`
}

// Predicted is what was predicted before the fault.
type Predicted struct {
	DetectSeconds  [2]float64 `json:"detect_seconds"`
	RecoverSeconds [2]float64 `json:"recover_seconds"`
	Failed         [2]int     `json:"failed"`
	// Availability is in percent.
	Availability [2]float64            `json:"availability"`
	Errors       terminal.List[Errors] `json:"errors"`
	// ReplacedSeconds are from the fault to a healthy instance in each victim's place; null where nothing replaces them.
	ReplacedSeconds *[2]float64 `json:"replaced_seconds"`
}

// Way is a change by which a drill would meet its objective.
type Way struct {
	Settings terminal.List[Setting] `json:"settings"`
	// Availability is what it would be at the least, in percent.
	Availability float64 `json:"availability"`
}

// Setting is a key of the configuration, or a flag, and its value.
type Setting struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Errors is how many requests were expected to fail in one of some ways.
type Errors struct {
	Classes terminal.List[string] `json:"classes"`
	Failed  [2]int                `json:"failed"`
}

// Measured are seconds: the errors' and the detection's from the fault, the
// recovery's from the restoring.
type Measured struct {
	FirstErrorSeconds *float64 `json:"first_error_seconds"`
	LastErrorSeconds  *float64 `json:"last_error_seconds"`
	DetectSeconds     *float64 `json:"detect_seconds"`
	ShiftSeconds      *float64 `json:"shift_seconds"`
	RecoverSeconds    *float64 `json:"recover_seconds"`
	InjectionSeconds  *float64 `json:"injection_seconds"`
	// ReplacedSeconds are from the fault to a healthy instance in each victim's place, BootedSeconds those of them that the
	// slowest took from being registered to being healthy.
	ReplacedSeconds *float64 `json:"replaced_seconds"`
	BootedSeconds   *float64 `json:"booted_seconds,omitempty"`
}

// Compared is one thing that was predicted and measured.
type Compared struct {
	What      string     `json:"what"`
	Unit      string     `json:"unit"`
	Predicted [2]float64 `json:"predicted"`
	Measured  *float64   `json:"measured"`
	// Off is how far the measured is outside of the predicted; 0 inside.
	Off float64 `json:"off"`
}

// Latencies are the answered requests' before, during and after the fault.
type Latencies struct {
	Before Latency `json:"before"`
	During Latency `json:"during"`
	After  Latency `json:"after"`
}

// Latency are percentiles in milliseconds.
type Latency struct {
	Requests int     `json:"requests"`
	P50      float64 `json:"p50_ms"`
	P90      float64 `json:"p90_ms"`
	P99      float64 `json:"p99_ms"`
	Max      float64 `json:"max_ms"`
}

// Second is one second of a drill.
type Second struct {
	Second   int            `json:"second"`
	Requests int            `json:"requests"`
	Failed   int            `json:"failed"`
	ByClass  map[string]int `json:"by_class"`
	P99      float64        `json:"p99_ms"`
	// Targets are the targets' states by instance, at the second's end.
	Targets map[string]string `json:"targets"`
	// Marks are what happened in it: "fault", "restore" and the like.
	Marks terminal.List[string] `json:"marks"`
}
