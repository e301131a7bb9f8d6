package dataplane

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest"
	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
)

// machine brings one guest to the state that its instance is in. Stopping a guest
// takes a moment, so each machine has a goroutine of its own for it.
type machine struct {
	guest    *guest.Guest
	requests atomic.Int64 // in flight, which it has to answer
	served   atomic.Int64 // requests that it was sent since somebody measured
	// bootDelay is the time in nanoseconds that the next boot takes until the network is up.
	bootDelay atomic.Int64
	hangs     atomic.Bool // that boot never ends

	mu     sync.Mutex
	want   machineState
	boots  int // Instance.Reboots that were asked for
	signal chan struct{}
}

type machineState int

const (
	machineOff machineState = iota
	machineOn
	machineDown // it shuts down for good
	machineGone
	machineClosed // the plane closes: off, but the files stay
)

func (p *Plane) applyInstances(instances []Instance) []error {
	var failures []error
	present := map[string]bool{}
	for _, i := range instances {
		want := wantedState(i)
		present[i.ID] = want != machineGone
		m := p.machines[i.ID]
		if m == nil {
			if want == machineGone || want == machineDown { // it may have ended while no plane was running
				if err := os.RemoveAll(p.instanceDir(i.ID)); err != nil {
					failures = append(failures, fmt.Errorf("remove instance %s: %w", i.ID, err))
				}
				continue
			}
			var err error
			if m, err = p.newMachine(i); err != nil {
				failures = append(failures, err)
				continue
			}
			p.machines[i.ID] = m
		}
		m.bootDelay.Store(int64(i.BootDelay))
		m.hangs.Store(i.Hangs)
		m.set(want, i.Reboots)
	}
	for id, m := range p.machines {
		if !present[id] {
			m.set(machineGone, 0)
			delete(p.machines, id)
		}
	}
	return failures
}

// sweep removes the directories of instances that no longer exist: the world forgot them while no plane was running.
func (p *Plane) sweep(instances []Instance) (failures []error) {
	entries, err := os.ReadDir(filepath.Join(p.options.Dir, "instances"))
	if err != nil {
		return []error{fmt.Errorf("look for the remains of instances: %w", err)}
	}
	for _, entry := range entries {
		if slices.ContainsFunc(instances, func(i Instance) bool { return i.ID == entry.Name() }) {
			continue
		}
		if err := os.RemoveAll(p.instanceDir(entry.Name())); err != nil {
			failures = append(failures, fmt.Errorf("remove instance %s: %w", entry.Name(), err))
		}
	}
	return failures
}

func (p *Plane) instanceDir(id string) string { return filepath.Join(p.options.Dir, "instances", id) }

func wantedState(i Instance) machineState {
	switch i.State {
	case "running":
		return machineOn
	case "shutting-down":
		return machineDown
	case "terminated":
		if i.Unnoticed { // its system may still be shutting down
			return machineDown
		}
		return machineGone
	}
	return machineOff // pending, stopping, stopped
}

func (p *Plane) newMachine(i Instance) (*machine, error) {
	m := &machine{boots: i.Reboots, signal: make(chan struct{}, 1)}
	g, err := guest.New(guest.Options{
		Metadata: cloudinit.Metadata{
			InstanceID: i.ID, AvailabilityZone: i.Zone, Region: i.Region, LocalHostname: i.Hostname,
			PrivateIP: i.PrivateIP, ImageID: i.ImageID, InstanceType: i.Type,
		},
		UserData: i.UserData, Egress: i.Egress, ShutdownDelay: i.ShutdownDelay, Clock: p.options.Clock,
		BootDelay: func() time.Duration { return time.Duration(m.bootDelay.Load()) },
		Hangs:     m.hangs.Load,
		Busy:      func() bool { return m.requests.Load() > 0 },
		Dir:       p.instanceDir(i.ID), Nginx: p.options.Nginx, Alone: p.alone, Warn: p.options.Warn,
	})
	if err != nil {
		return nil, fmt.Errorf("make instance %s: %w", i.ID, err)
	}
	m.guest = g
	p.run(func() { m.run(p.ctx) })
	return m, nil
}

func (m *machine) set(want machineState, boots int) {
	m.mu.Lock()
	changed := m.want != want || m.boots != boots
	m.want = want
	if want != machineGone && want != machineDown {
		m.boots = boots
	}
	m.mu.Unlock()
	if changed {
		m.wake()
	}
}

func (m *machine) close() {
	m.mu.Lock()
	if m.want != machineGone {
		m.want = machineClosed
	}
	m.mu.Unlock()
	m.wake()
}

func (m *machine) wake() {
	select {
	case m.signal <- struct{}{}:
	default: // it will look anyway
	}
}

// run brings the guest to the state that is wanted. ctx is the plane's; its end cuts shutting down short.
func (m *machine) run(ctx context.Context) {
	m.mu.Lock()
	boots := m.boots
	m.mu.Unlock()
	for range m.signal {
		m.mu.Lock()
		want, asked := m.want, m.boots
		m.mu.Unlock()
		switch want {
		case machineOn:
			if asked != boots {
				m.guest.Shutdown(ctx)
			}
			m.guest.Start()
		case machineOff, machineDown:
			m.guest.Shutdown(ctx)
		case machineClosed:
			m.guest.Close()
			return
		case machineGone:
			_ = m.guest.Terminate() // what is left of its files harms nobody
			return
		}
		boots = asked
	}
}
