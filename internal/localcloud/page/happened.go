package page

import (
	"fmt"
	"slices"
	"strings"
)

// note is what is worth telling of a thing: what it is, why, and what its end is.
type note struct{ is, why, mood, end string }

// mood says how good a state is: good, waiting, caution or bad; "" for one without such a meaning.
func mood(state string) string {
	switch state {
	case "healthy", "running", "available", "active":
		return "good"
	case "initial", "pending", "provisioning":
		return "waiting"
	case "draining", "stopping", "shutting-down", "deleting":
		return "caution"
	case "unhealthy", "unused", "stopped", "terminated", "failed":
		return "bad"
	}
	return ""
}

// notesOf are the notes of a platform's things, and the order in which they are told.
func notesOf(p *Platform) (notes map[string]note, order []string) {
	notes = map[string]note{}
	add := func(key string, n note) { notes[key], order = n, append(order, key) }
	for _, b := range p.LoadBalancers {
		add(b.Name, note{is: b.Name + " is " + b.State, mood: mood(b.State), end: b.Name + " is gone"})
	}
	for _, zone := range p.Zones {
		for _, s := range zone.Subnets {
			for _, n := range s.Nodes {
				if n.State == "active" {
					node := n.LoadBalancer + "'s node in " + zone.Name
					add(node, nodeNote(node, n))
				}
			}
			for _, g := range s.NATGateways {
				add(g.ID, note{is: g.ID + " is " + g.State, mood: mood(g.State), end: g.ID + " is gone"})
			}
			for _, i := range s.Instances {
				name := i.called()
				add(i.ID, note{is: name + " is " + i.State, mood: mood(i.State), end: name + " is gone"})
				for _, t := range i.Targets {
					why := strings.Join(slices.DeleteFunc([]string{t.Reason, t.Description}, func(s string) bool { return s == "" }), ": ")
					add(fmt.Sprint(i.ID, t.TargetGroup, t.Port), note{is: "target " + name + " is " + t.State, why: why, mood: mood(t.State), end: name + " is no longer a target"})
				}
			}
		}
	}
	return notes, order
}

func nodeNote(node string, n Node) note {
	end := node + " is gone"
	switch {
	case n.Blocked != "":
		return note{is: node + " is cut off", why: n.Blocked, mood: "bad", end: end}
	case !n.InDNS:
		return note{is: node + " is out of DNS", mood: "caution", end: end}
	}
	return note{is: node + " is in DNS", mood: "good", end: end}
}

// called is the name by which people know an instance.
func (i Instance) called() string {
	if i.Name != "" {
		return i.Name
	}
	return i.ID
}

// differences are what is to be told of the second of two such notes.
func differences(before, after map[string]note, order []string) (events []Event) {
	for _, key := range order {
		n := after[key]
		if was, ok := before[key]; ok && was.is == n.is && was.why == n.why {
			continue
		}
		text := n.is
		if n.why != "" {
			text += ": " + n.why
		}
		events = append(events, Event{Text: text, Mood: n.mood})
	}
	var gone []string
	for key, n := range before {
		if _, ok := after[key]; !ok {
			gone = append(gone, n.end)
		}
	}
	slices.Sort(gone)
	for _, text := range gone {
		events = append(events, Event{Text: text})
	}
	return events
}
