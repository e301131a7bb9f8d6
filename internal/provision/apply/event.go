package apply

import (
	"time"

	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// EventType is what happened to a step.
type EventType string

// The events of a step, in the order in which they come.
const (
	Started EventType = "started"
	Waiting EventType = "waiting" // for what the Detail says; may come again
	Done    EventType = "done"
	Erred   EventType = "failed"
)

// Event tells what shows progress what a step does.
type Event struct {
	Type   EventType
	Key    resource.Key
	Action plan.Action
	ID     string
	Detail string
	At     time.Time
	// Took is the time since Started; in Done and Erred.
	Took time.Duration
}
