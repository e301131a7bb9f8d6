// Package loadbalancing holds the kinds by which traffic reaches the instances:
// target group, load balancer, listener, and the registrations of instances
// with a target group. It also says of live objects what people want to see:
// the load balancer's address and the targets' health.
//
// One file is one AWS object; reader.go and named.go hold the reads that they share. The
// instances themselves belong to the compute package.
//
// It has more than 1,500 lines because ELBv2 lists nothing by tags: all four kinds share
// the reads of reader.go, of which one round serves them all.
package loadbalancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Kinds are the kinds of this package, each after those that it is built on.
func Kinds() []resource.Handler {
	return []resource.Handler{
		TargetGroupKind().Handler(),
		LoadBalancerKind().Handler(),
		ListenerKind().Handler(),
		RegistrationKind().Handler(),
	}
}

// isCallsOwn reports whether an object that has the name or port that a create call
// is for was made by an earlier run of it. The error is an Unseen where AWS doesn't
// show the tags of what is so new.
func isCallsOwn[S resource.Spec](ctx context.Context, call resource.Call[S], what, arn string) (bool, error) {
	all, err := tagsOf(ctx, call.Clients, []string{arn})
	if err != nil {
		return false, fmt.Errorf("look whose %s %s is: %w", what, arn, err)
	}
	tags, shown := all[arn]
	if !shown {
		return false, &awsapi.Unseen{Err: fmt.Errorf("the tags of %s %s are not shown", what, arn)}
	}
	return call.Owner.Owns(tags) && tags[awsapi.TagKey] == call.Key.String(), nil
}

// seconds is a duration as AWS's attributes write it.
func seconds(d time.Duration) string { return strconv.Itoa(int(d / time.Second)) }

// setting is one named value of an object, as AWS writes it.
type setting struct {
	name, value string
	// initial is what a new object has, also where AWS doesn't list it; "" where it must.
	initial string
	// stricter are values that are kept where somebody has set them.
	stricter []string
}

// in is the setting's value among those of an object.
func (s setting) in(have map[string]string) string {
	if value, listed := have[s.name]; listed {
		return value
	}
	return s.initial
}

// fits reports whether a value is the wanted one, or is kept in its stead.
func (s setting) fits(value string) bool {
	return value == s.value || slices.Contains(s.stricter, value)
}

// compareSettings are the changes to the settings that differ.
func compareSettings(want []setting, have map[string]string) []resource.Change {
	var changes []resource.Change
	for _, s := range want {
		if value := s.in(have); !s.fits(value) {
			changes = append(changes, resource.Change{Field: s.name, Want: s.value, Have: value})
		}
	}
	return changes
}

// keptSettings are the settings that have another value than the wanted one, and keep it:
// a stricter one, or any where the setting names none.
func keptSettings(settings []setting, have map[string]string) []resource.Change {
	var kept []resource.Change
	for _, s := range settings {
		if value := s.in(have); value != s.value && (s.stricter == nil || s.fits(value)) {
			kept = append(kept, resource.Change{Field: s.name, Want: s.value, Have: value})
		}
	}
	return kept
}

// changedSettings are the settings that the changes are about.
func changedSettings(settings []setting, changes []resource.Change) []setting {
	return slices.DeleteFunc(slices.Clone(settings), func(s setting) bool {
		return !slices.ContainsFunc(changes, func(c resource.Change) bool { return c.Field == s.name })
	})
}

// fieldsOf declares settings that are treated alike.
func fieldsOf(settings []setting, how resource.Treatment, why string) []resource.Field {
	fields := make([]resource.Field, len(settings))
	for i, s := range settings {
		fields[i] = resource.Field{Name: s.name, How: how, Why: why}
	}
	return fields
}
