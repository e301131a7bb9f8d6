// Package model holds what Systems Manager knows of instances and does on them: the
// instances whose agents have registered, commands, and their invocations, with AWS's
// rules about them. Public parameters are package compute's, and carrying a command out
// is the caller's: it takes those that are [Due], and says what became of them by
// [Finish].
package model

import "github.com/platformctl/platformctl/internal/localcloud/world"

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind {
	return []world.AnyKind{managedInstanceKind(), commandKind(), invocationKind()}
}
