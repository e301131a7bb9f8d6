// Package report is what a person or a script gets to read: one document per
// command, as the JSON that the command line's contract fixes or as text, and
// the progress of a run while it goes on.
//
// Here belongs how things look, and nothing else: the documents are plain data
// that the commands fill in, and what happened, what it means and which hint
// helps is decided by those who know. Nothing here calls anybody, asks the
// terminal anything or reads the environment.
//
// There is no bubbletea behind the progress: merely importing it asks the
// terminal for its colours, which delays every command, and a program that
// reads no keys gains nothing from it.
package report
