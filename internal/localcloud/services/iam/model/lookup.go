package model

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// propagation is how long EC2 doesn't know what IAM has just made.
func propagation(tx *world.Tx) time.Duration {
	return max(tx.Switches().IAMPropagation, tx.Duration(propagationStep()))
}

func propagationStep() world.Step {
	return world.Step{Name: "instance-profile known to EC2", Fast: 150 * time.Millisecond, AWS: 10 * time.Second}
}

// LookUpProfile finds the instance profile that a call to EC2 names, by name or by
// ARN, as EC2 sees it: what IAM made a moment ago it doesn't know yet.
// Source of the refusals: RunInstances as reported in public logs.
func LookUpProfile(tx *world.Tx, name, profileARN string) (*InstanceProfile, error) {
	if name != "" && profileARN != "" {
		return nil, refuse.InvalidParameterCombination("The parameter 'iamInstanceProfile.name' may not be used in combination with 'iamInstanceProfile.arn'")
	}
	known := func(since time.Time) bool { return tx.Now().Sub(since) >= propagation(tx) }
	for _, p := range world.All[InstanceProfile](tx.In("")) {
		if p.Name != name && p.ARN() != profileARN || !known(p.Created) {
			continue
		}
		if p.Role == "" || !known(p.RoleSince) {
			return nil, refuse.InvalidParameterValue("IAM Instance Profile %q has no associated IAM Roles", p.ARN())
		}
		return p, nil
	}
	if profileARN != "" {
		return nil, refuse.InvalidParameterValue("Value (%s) for parameter iamInstanceProfile.arn is invalid. Invalid IAM Instance Profile ARN", profileARN)
	}
	return nil, refuse.InvalidParameterValue("Value (%s) for parameter iamInstanceProfile.name is invalid. Invalid IAM Instance Profile name", name)
}
