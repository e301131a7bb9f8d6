package fault

import (
	"cmp"
	"crypto/rand"
	"encoding/hex"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/kinds/network"
	"github.com/platformctl/platformctl/internal/resource"
)

// EntryVersion is the journal's schema.
const EntryVersion = 2

// Victim is an instance that a drill breaks.
type Victim struct {
	Instance string `json:"instance"`
	Zone     string `json:"zone"`
}

// Subnet is one that a drill cuts off.
type Subnet struct {
	ID string `json:"id"`
	// ACL is its network ACL as it was; "" for the VPC's default.
	ACL string `json:"acl"`
}

// Entry is all that restoring needs.
type Entry struct {
	Version  int       `json:"version"`
	ID       string    `json:"id"`
	Began    time.Time `json:"began"`
	Platform string    `json:"platform"`
	Target   string    `json:"target"`
	Account  string    `json:"account"`
	Region   string    `json:"region"`
	Scenario string    `json:"scenario"`
	Scope    string    `json:"scope,omitempty"`
	Victims  []Victim  `json:"victims"`
	// TargetGroup is the ARN of the group that the victims are registered with.
	TargetGroup string `json:"target_group,omitempty"`
	VPC         string `json:"vpc,omitempty"`
	// Subnets are those that a zone drill cuts off.
	Subnets []Subnet `json:"subnets,omitempty"`
	// Group is the name of the Auto Scaling group that the victims are in; "" where they are in none.
	Group string `json:"auto_scaling_group,omitempty"`
	// Replace says that the group replaces the victims, so that they are not to be restored.
	Replace bool `json:"replace,omitempty"`
	// Suspended are the group's processes that the drill suspends, and that are to be resumed.
	Suspended []string `json:"suspended,omitempty"`
	// MinSize is the group's least size where the drill lowers it meanwhile; nil where it doesn't.
	MinSize *int `json:"min_size,omitempty"`
}

// NewID is a drill's name: when it began, and something that tells two apart.
func NewID(now time.Time) string {
	var tail [3]byte
	_, _ = rand.Read(tail[:]) // never fails
	return now.UTC().Format("20060102T150405Z") + "-" + hex.EncodeToString(tail[:])
}

// mark is the tag's value on an object that the entry breaks.
func (e Entry) mark(acl string) string {
	return strings.Join(slices.DeleteFunc([]string{e.Scenario, e.ID, acl}, func(s string) bool { return s == "" }), " ")
}

// Zone is where a zone drill's victims are.
func (e Entry) Zone() string {
	if len(e.Victims) == 0 {
		return ""
	}
	return e.Victims[0].Zone
}

// Instances are the victims' IDs.
func (e Entry) Instances() []string {
	var ids []string
	for _, v := range e.Victims {
		ids = append(ids, v.Instance)
	}
	return ids
}

// idShape is that of a drill's ID, such as 20261130T154623Z-7149a8.
var idShape = regexp.MustCompile(`^\d{8}T\d{6}Z-[0-9a-f]+$`)

// Marked are the drills whose tags are on a platform's objects, as far as the
// tags can tell, the oldest first. Of is an entry with what is the same of all.
func Marked(objects []resource.Object, of Entry) []Entry {
	found := map[string]*Entry{}
	for _, object := range objects {
		words := strings.Fields(object.Tags[awsapi.TagDrill])
		if len(words) < 2 || !idShape.MatchString(words[1]) {
			continue // no drill has written it
		}
		entry := found[words[1]]
		if entry == nil {
			entry = new(of)
			entry.ID, entry.Scenario = words[1], words[0]
			found[entry.ID] = entry
		}
		if object.Key.Kind == autoscaling.GroupKind().Name {
			entry.Group = object.ID
			entry.takeGroupMark(words[2:])
			continue
		}
		switch live := object.Live.(type) {
		case types.Instance:
			victim := Victim{Instance: object.ID}
			if live.Placement != nil {
				victim.Zone = aws.ToString(live.Placement.AvailabilityZone)
			}
			entry.Victims = append(entry.Victims, victim)
		case network.LiveSubnet:
			subnet := Subnet{ID: object.ID}
			if len(words) > 2 {
				subnet.ACL = words[2]
			}
			entry.Subnets = append(entry.Subnets, subnet)
			if blueprint.IsPublicSubnet(object.Key) {
				entry.Scope = ScopeAll
			} else if entry.Scope == "" {
				entry.Scope = ScopeTargets
			}
		}
	}
	return slices.SortedFunc(func(yield func(Entry) bool) {
		for _, entry := range found {
			if !yield(*entry) {
				return
			}
		}
	}, func(a, b Entry) int { return cmp.Compare(a.ID, b.ID) })
}

// tagsOf are the tags of a network ACL that a drill makes. They go by what the
// tags of the subnets tell, too: the same token must come with the same tags.
func (e Entry) tagsOf() map[string]string {
	return map[string]string{
		awsapi.TagPlatform: e.Platform,
		awsapi.TagName:     e.Platform + "-drill-" + e.ID,
		awsapi.TagDrill:    e.mark(""),
	}
}
