// Package fault has what a drill can break: one file a scenario, with how it is
// injected and restored.
//
// Both can be repeated, and both go by an entry alone, which is on disk before
// anything is touched. So with the entry, or the tags that say the same, any later
// run can restore what a drill that was killed left broken. All calls of AWS that a drill
// makes belong here, and nothing about load, time or verdicts.
package fault
