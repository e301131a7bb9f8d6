// Package model holds Route 53's objects and AWS's rules about them: hosted zones, their record sets, the changes
// that carry them into the DNS, and what the DNS answers at a moment ([Lookup], [Resolve]).
//
// Route 53 is one for all regions: its objects are in region "". What speaks DNS is package dns of the local cloud.
package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Kinds are those of Route 53's objects.
func Kinds() []world.AnyKind {
	return []world.AnyKind{zoneKind(), recordSetKind(), answerKind(), changeKind(), delegationKind()}
}
