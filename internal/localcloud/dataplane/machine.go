package dataplane

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/guest"
	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
)

// machine brings one guest to the state that its instance is in. Stopping a guest
// takes a moment, so each machine has a goroutine of its own for it.
type machine struct {
	guest *guest.Guest

	mu     sync.Mutex
	want   machineState
	boots  int // Instance.Reboots that were asked for
	signal chan struct{}
}

type machineState int

const (
	machineOff machineState = iota
	machineOn
	machineGone
	machineClosed // the plane closes: off, but the files stay
)

func (p *Plane) applyInstances(instances []Instance) []error {
	var failures []error
	present := map[string]bool{}
	for _, i := range instances {
		want := wantedState(i.State)
		present[i.ID] = want != machineGone
		m := p.machines[i.ID]
		if m == nil {
			if want == machineGone { // it may have ended while no plane was running
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

// sweep removes the directories of instances that no longer exist: the world forgot
// them while no plane was running.
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

func wantedState(state string) machineState {
	switch state {
	case "running":
		return machineOn
	case "shutting-down", "terminated":
		return machineGone
	}
	return machineOff // pending, stopping, stopped
}

func (p *Plane) newMachine(i Instance) (*machine, error) {
	g, err := guest.New(guest.Options{
		Metadata: cloudinit.Metadata{
			InstanceID: i.ID, AvailabilityZone: i.Zone, Region: i.Region, LocalHostname: i.Hostname,
			PrivateIP: i.PrivateIP, ImageID: i.ImageID, InstanceType: i.Type,
		},
		UserData: i.UserData, Egress: i.Egress, BootDelay: i.BootDelay, Clock: p.options.Clock,
		Dir: p.instanceDir(i.ID), Nginx: p.options.Nginx,
	})
	if err != nil {
		return nil, fmt.Errorf("make instance %s: %w", i.ID, err)
	}
	m := &machine{guest: g, boots: i.Reboots, signal: make(chan struct{}, 1)}
	p.run(m.run)
	return m, nil
}

func (m *machine) set(want machineState, boots int) {
	m.mu.Lock()
	changed := m.want != want || m.boots != boots
	m.want = want
	if want != machineGone {
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

func (m *machine) run() {
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
				m.guest.Stop()
			}
			m.guest.Start()
		case machineOff:
			m.guest.Stop()
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
