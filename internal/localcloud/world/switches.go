package world

import "time"

// Switches are faults that can be switched on while the world runs. The zero value
// is a world without any.
type Switches struct {
	// Staleness is how late calls learn of what others did.
	Staleness Staleness
	// IAMPropagation is how long EC2 doesn't know a new role or instance profile.
	IAMPropagation time.Duration
	// NoCapacity lists the zones that can start no instance; an entry is a zone's name,
	// or type@zone for one instance type only, such as "t3.micro@us-east-1a".
	NoCapacity []string
	// NotOffered lists type@zone pairs that the zone doesn't offer.
	NotOffered []string
	// NoPackages lists the zones whose instances reach no package repository.
	NoPackages []string
	// NoBoot lists the images whose instances never boot.
	NoBoot []string
	// ImpairedInstances and ImpairedSystems list the instances whose own status check fails, and that of the machine under them.
	ImpairedInstances, ImpairedSystems []string
	// Failures lists which objects fail after they were asked for.
	Failures []Failure
}

// Switches returns what is switched on.
func (w *World) Switches() Switches { return *w.switches.Load() }

// SetSwitches replaces what is switched on. All counts begin at 0.
func (w *World) SetSwitches(s Switches) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.switches.Store(&s)
	w.failures = make([]int, len(s.Failures))
	w.fronts.reset()
}
