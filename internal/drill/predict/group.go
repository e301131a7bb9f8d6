package predict

import "time"

// Does is what an Auto Scaling group does about a fault.
type Does string

const (
	// Nothing is where there is no group, or it may do nothing because its processes are suspended.
	Nothing Does = ""
	// Replaces is when it ends the victims, and launches others.
	Replaces Does = "replaces"
	// MayReplace is when it does that only if it looks while the fault lasts, and when what it launches then meets the same
	// fault.
	MayReplace Does = "may replace"
	// Spares is when it knows that the victims are out of service, and checks nobody.
	Spares Does = "spares"
)

// Group is what is known of an Auto Scaling group before the fault.
type Group struct {
	Does Does
	// Grace is for how long a new instance is given time to become healthy, and GraceLeft what of that the victims have left.
	Grace, GraceLeft time.Duration
	// Warmup is how long a new instance serves before it counts, so that what runs and is to be replaced goes only then.
	Warmup time.Duration
	// Booted is how long new instances took from being registered to being healthy, as was measured; the zero Window: nobody
	// has measured it.
	Booted Window
	// Kept says that the drill suspended the group's processes, and resumes them when all is healthy again.
	Kept bool
	// Look is the time between two looks at the group.
	Look time.Duration
}

// Notice is how soon an Auto Scaling group acts on an instance that isn't running, or that its load balancer takes for
// unhealthy. AWS publishes no period; 36 to 96 s were seen.
func Notice() Window { return Window{0, 100 * time.Second} }

// Activity is how long an Auto Scaling group takes to launch an instance, or to put one on standby: 5 to 7 s were seen.
func Activity() Window { return Window{0, 15 * time.Second} }

// early is how much sooner a window counted from the restoring may end than one counted from the fault: injecting takes time.
const early = 10 * time.Second

// boots is from the launch of an instance to its first pass of a health check.
func (s Situation) boots() Window {
	if s.Group.Booted.Max > 0 {
		return s.Group.Booted
	}
	return Boot().plus(Window{0, s.Interval + s.Timeout})
}

// replaced is the time to a new instance that is healthy.
func (s Situation) replaced() *Window {
	if s.Group.Does != Replaces && s.Group.Does != MayReplace {
		return nil
	}
	noticed := Notice()
	if s.Effect != Stops { // what isn't running is unhealthy at once, also in grace; else the load balancer says so
		seen := s.detect()
		noticed = Window{seen.Min, max(seen.Max, s.Group.GraceLeft)}.plus(noticed)
	}
	boots := s.boots()
	if s.Effect != Stops { // what still runs goes last
		boots.Max = max(boots.Max, s.Group.Warmup+Activity().Max)
	}
	w := noticed.plus(Activity()).plus(boots)
	if s.Group.Does == MayReplace {
		// What is launched at the end of the fault finds nothing to install from, and is replaced when its own grace is over.
		again := Window{0, s.Duration + s.Group.Grace}.plus(Activity()).plus(Notice()).plus(Activity()).plus(boots)
		w.Max = max(w.Max, again.Max)
	}
	w.Max += s.Look + s.Group.Look
	return &w
}

// recoverInGroup is what a group makes of the time from the restoring to all being well, which is w without one.
func (s Situation) recoverInGroup(w Window) Window {
	switch s.Group.Does {
	case Replaces: // nothing is restored, and the replacement has begun with the fault
		r := s.replaced()
		return Window{max(r.Min-s.Duration-early, 0), max(r.Max-s.Duration, s.Look+s.Group.Look)}
	case MayReplace:
		w.Max = max(w.Max+s.Group.Look, s.replaced().Max-s.Duration)
	case Spares:
		w.Max += Activity().Max + s.Group.Look
	case Nothing:
		if s.Group.Kept {
			w.Max += s.Group.Look + s.Look // the drill sees itself that all is healthy, before it resumes the processes
		}
	}
	return w
}
