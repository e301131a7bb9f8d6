// Package runbook writes what an operator does when something is wrong with one
// platform, with that platform's own names, IDs and commands. The same text with
// placeholders for IDs stands in docs/operations.md.
//
// What belongs here: the recipes, and how they are written. What doesn't: asking
// AWS for the IDs, and the reasons behind a recipe, which are in docs/.
package runbook
