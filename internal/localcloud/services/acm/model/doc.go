// Package model holds ACM's certificates and AWS's rules about them: their request, the validation of their names by
// DNS, their renewal, and what uses them. The certificates themselves, and their keys, are package authority's: here is
// what DescribeCertificate tells of them.
//
// What makes use of certificates says so by [Use] and [LetGo].
package model

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind { return []world.AnyKind{certificateKind(), useKind()} }

func invalid(format string, args ...any) *refuse.Error {
	return refuse.New("ValidationException", format, args...)
}
