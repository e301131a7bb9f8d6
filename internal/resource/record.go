package resource

import (
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Record is what the state remembers of one object: enough to find it again,
// to finish making it, and to delete it without anything else.
type Record struct {
	Key        Key `json:"key"`
	Generation int `json:"generation"`
	// ID is empty between the intent to make the object and AWS's reply.
	ID    string `json:"id,omitempty"`
	Token string `json:"token,omitempty"`
	// Needs are the handles of the objects that this one was built on. It is
	// deleted before any of them. Nil is "not known", unlike none.
	Needs []string `json:"needs,omitzero"`
	// Deleting is set before the delete call is sent.
	Deleting bool `json:"deleting,omitempty"`
	// GivenUp says that a wait for the object ended without its being ready, for a cause
	// that lies in it, or in what it puts into service.
	GivenUp bool `json:"given_up,omitempty"`
	// Refused is the code with which AWS refused to make the object in its zone, which can't
	// have such a one.
	Refused string `json:"refused,omitempty"`
	// Since is when the intent was written, the object made, or its deletion
	// begun: AWS may not show that for a while.
	Since time.Time `json:"since"`
}

// Intent reports whether the record is of a create call whose outcome is not
// known.
func (r Record) Intent() bool { return r.ID == "" }

// Handle names one live object: its kind and its ID. The ID alone won't do,
// because a security group and its rules share one.
func Handle(kind, id string) string { return kind + "/" + id }

// Handle is the handle of the record's object.
func (r Record) Handle() string { return Handle(r.Key.Kind, r.ID) }

// As is the object with what its record has where somebody took the tag that says so: its key, and its generation.
func (o Object) As(record Record) Object {
	if _, err := ParseKey(o.Tags[awsapi.TagKey]); err != nil {
		o.Key = record.Key
	}
	if o.Generation == 1 && o.Tags[awsapi.TagGeneration] != "1" {
		o.Generation = record.Generation
	}
	return o
}

// Handle is the object's handle.
func (o Object) Handle() string { return Handle(o.Key.Kind, o.ID) }
