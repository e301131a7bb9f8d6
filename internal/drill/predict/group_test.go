package predict

import (
	"testing"
	"time"
)

// TestFor_InGroup calculates by hand what a group makes of the faults of the default platform: checks of 5 s, 2 s, 2 and 2,
// and a grace of 255 s.
func TestFor_InGroup(t *testing.T) {
	const s = time.Second
	for _, test := range []struct {
		name     string
		effect   Effect
		group    Group
		replaced *Window
		recover  Window
	}{
		// 100 s until it is noticed, 15 s to launch, 120 s to boot, 7 s to pass, 3 s to see it.
		{"stopped", Stops, Group{Does: Replaces, Grace: 255 * s}, &Window{0, 245 * s}, Window{0, 215 * s}},
		// In grace, too: what isn't running is unhealthy at once.
		{"stopped in grace", Stops, Group{Does: Replaces, Grace: 255 * s, GraceLeft: 200 * s}, &Window{0, 245 * s}, Window{0, 215 * s}},
		// 5 to 11 s until the load balancer sees it come on top.
		{"refused", Refuses, Group{Does: Replaces, Grace: 255 * s}, &Window{5 * s, 256 * s}, Window{0, 226 * s}},
		// It goes when the new one has served for 300 s, and that is its last activity: 15 s.
		{"refused, with a warmup", Refuses, Group{Does: Replaces, Warmup: 300 * s}, &Window{5 * s, 444 * s}, Window{0, 414 * s}},
		{"stopped, with a warmup", Stops, Group{Does: Replaces, Warmup: 300 * s}, &Window{0, 245 * s}, Window{0, 215 * s}},
		// The load balancer sees it, but is not heard before the grace is over.
		{"refused in grace", Refuses, Group{Does: Replaces, Grace: 255 * s, GraceLeft: 200 * s}, &Window{5 * s, 445 * s}, Window{0, 415 * s}},
		// 40 to 80 s from being registered to being healthy, as was measured; they are counted from the fault, which lasted 30 s.
		{"stopped, measured", Stops, Group{Does: Replaces, Booted: Window{40 * s, 80 * s}}, &Window{40 * s, 198 * s}, Window{0, 168 * s}},
		{"measured, and slow", Stops, Group{Does: Replaces, Booted: Window{60 * s, 80 * s}}, &Window{60 * s, 198 * s}, Window{20 * s, 168 * s}},
		// 30 s of the fault, 15 s to launch into it, 255 s of grace, 100 s to notice, 15 s, 127 s, 3 s.
		{"silent", Silent, Group{Does: MayReplace, Grace: 255 * s}, &Window{7 * s, 545 * s}, Window{3 * s, 515 * s}},
		{"silent, kept", Silent, Group{Kept: true}, nil, Window{3 * s, 16 * s}},
		{"stopped, kept", Stops, Group{Kept: true}, nil, Window{0, 136 * s}},
		{"standby", Drains, Group{Does: Spares}, nil, Window{0, 145 * s}},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.group.Look = 2 * s
			p := For(Situation{
				Effect: test.effect, Interval: 5 * s, Timeout: 2 * s, Healthy: 2, Unhealthy: 2, Targets: 2, Broken: 1, Nodes: 2,
				Rate: 50, UserTimeout: 15 * s, Duration: 30 * s, Look: s, Group: test.group,
			})
			switch {
			case (p.Replaced == nil) != (test.replaced == nil):
				t.Errorf("replaced %v, want %v", p.Replaced, test.replaced)
			case p.Replaced != nil && *p.Replaced != *test.replaced:
				t.Errorf("replaced %v, want %v", *p.Replaced, *test.replaced)
			}
			if p.Recover != test.recover {
				t.Errorf("recovered %v, want %v", p.Recover, test.recover)
			}
		})
	}
}
