package plan

import (
	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// What has lost the tag that says whose it is can't be told from somebody else's by any list. The state has its ID, and AWS
// was asked whether it is there: so the plan neither makes another nor forgets it.

// Untagged reports whether the step's object is there without the tag that says whose it is. Its ID is all that is known
// of it: Live is nil.
func (s *Step) Untagged() bool { return s.Status().Phase == resource.Untagged }

// addUntagged keeps what the state has of a step's key, where that is there without its tag; false where it isn't.
func (p *planner) addUntagged(step *Step) bool {
	var latest resource.Record
	why := ""
	for _, record := range p.doc.Records {
		if record.Key != step.Key || record.Generation <= latest.Generation {
			continue
		}
		if reason := p.withoutTag(record); reason != "" {
			latest, why = record, reason
		}
	}
	if why == "" {
		return false
	}
	step.Action, step.Generation, step.Record, step.Reasons = Keep, latest.Generation, latest, []string{why}
	step.Object = &resource.Object{
		Key: step.Key, ID: latest.ID, Generation: latest.Generation, Status: resource.Status{Phase: resource.Untagged, Reason: why},
	}
	p.current[step.Object.Handle()] = true
	p.ids[step.Key] = latest.ID
	return true
}

// withoutTag says of a record whose object no list returned that it is there without its tag, or in such a one; "" where
// neither is known.
func (p *planner) withoutTag(record resource.Record) string {
	if len(p.observed.Untagged) == 0 || record.Intent() || record.Deleting || p.observed.Has(record) {
		return ""
	}
	if b, ok := p.observed.Untagged[record.Handle()]; ok && b.Platform != "" {
		return "there, but its tag " + awsapi.TagPlatform + " names " + b.Platform
	} else if ok {
		return "there, but its tag " + awsapi.TagPlatform + " is gone"
	}
	for _, container := range p.containers(record) {
		if _, ok := p.observed.Untagged[container]; !ok {
			continue
		}
		for _, other := range p.doc.Records {
			if other.Handle() == container {
				container = other.Key.String()
				break
			}
		}
		return "can't be told while the tag " + awsapi.TagPlatform + " of " + container + " is gone"
	}
	return ""
}

// containers are the handles of the objects with which a record's object is listed: what it is deleted with, and, where it has
// no tags of its own, what it was built on.
func (p *planner) containers(record resource.Record) []string {
	var containers []string
	handler := p.handlers[record.Key.Kind]
	if handler.DeletedWith != nil {
		containers = append(containers, handler.DeletedWith(record.ID))
	}
	if handler.TagCommand == "" {
		containers = append(containers, record.Needs...)
	}
	return containers
}

// isOurs says of a change that it is the being there of what is the platform's own, and has only lost its tag.
func (p *planner) isOurs(change resource.Change) bool {
	_, ok := p.observed.Untagged[change.Foreign]
	return ok && change.Foreign != ""
}
