// Package terminal writes to a person's terminal, or to where there is none: the
// streams and their colours, text that fits a width, tables, numbers for people, a
// block of lines that is redrawn in place, and JSON for scripts.
//
// Here belongs what serves any command, and so knows none: no platform, no plan,
// no drill. Nothing here reads the environment or asks the terminal anything.
//
// There is no bubbletea behind the live block: merely importing it asks the
// terminal for its colours, which delays every command, and a program that reads
// no keys gains nothing from it.
package terminal
