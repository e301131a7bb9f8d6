// Package model holds the objects of EC2 Auto Scaling and AWS's rules about them: groups, their instances, their
// activities. One file an object, with its struct and what becomes of it.
//
// [Work] is what a group does by itself. It compares what the group is to be with what is there at that moment, and does
// the next step of each thing that is under way: it is called whenever the world has changed, and when Next of a group is due.
// How calls look on the wire is package api's business.
//
// It has more than 1,500 lines because all that a group does is decided together: what an instance refresh launches counts
// beside what health, balance and scaling want.
package model

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{groupKind(), instanceKind(), activityKind(), refreshKind(), policyKind()}
}

// Health is what the health checks say about the targets of a group.
type Health func(targetGroupARN string) []TargetHealth

// TargetHealth is the state of one target, as DescribeTargetHealth has it.
type TargetHealth struct{ InstanceID, State string }

// Invalid is the refusal of what a call asks for.
func Invalid(format string, args ...any) error { return refuse.New("ValidationError", format, args...) }

// newARN is the ARN of a group or of a policy of it.
func newARN(tx *world.Tx, resource, rest string) string {
	return "arn:" + region.Partition(tx.Region()) + ":autoscaling:" + tx.Region() + ":" + world.AccountID + ":" + resource + ":" + tx.UUID() + ":" + rest
}

// stamp is a moment as causes of activities have it.
func stamp(tx *world.Tx) string { return tx.Now().UTC().Format("2006-01-02T15:04:05Z") }
