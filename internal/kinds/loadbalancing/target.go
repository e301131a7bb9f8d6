package loadbalancing

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/platformctl/platformctl/internal/resource"
)

// Target is how one target is doing, in AWS's words.
type Target struct {
	Instance    string `json:"instance"`
	Zone        string `json:"zone"`
	State       string `json:"state"`
	Reason      string `json:"reason"`
	Description string `json:"description"`
}

// Targets are the targets among observed objects, by zone and then by instance.
// Objects of other kinds are passed over.
func Targets(objects []resource.Object) []Target {
	targets := []Target{}
	for _, object := range objects {
		for _, r := range RegistrationsIn(object) {
			targets = append(targets, Target{
				Instance:    r.Instance,
				Zone:        r.Zone,
				State:       r.State,
				Reason:      r.Reason,
				Description: r.Description,
			})
		}
	}
	slices.SortFunc(targets, func(a, b Target) int {
		return cmp.Or(cmp.Compare(a.Zone, b.Zone), cmp.Compare(a.Instance, b.Instance))
	})
	return targets
}

// Registering objects have targets of their own: an Auto Scaling group.
type Registering interface{ Registrations() []LiveRegistration }

// RegistrationsIn are the targets that an observed object is, or has.
func RegistrationsIn(object resource.Object) []LiveRegistration {
	switch live := object.Live.(type) {
	case LiveRegistration:
		return []LiveRegistration{live}
	case Registering:
		return live.Registrations()
	}
	return nil
}

// DeregistrationDelay is how long a target that was taken out may go on with the
// requests that it has. It fails where ELBv2 gave no such attribute.
func (g LiveTargetGroup) DeregistrationDelay() (time.Duration, error) {
	seconds, err := strconv.Atoi(g.Attributes[attributeDeregistrationDelay])
	if err != nil {
		return 0, fmt.Errorf("read the attribute %s of target group %s: %w", attributeDeregistrationDelay, aws.ToString(g.TargetGroupArn), err)
	}
	return time.Duration(seconds) * time.Second, nil
}
