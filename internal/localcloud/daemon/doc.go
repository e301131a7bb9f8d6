// Package daemon is the local cloud as commands see it: a process in the background that
// they start, find, use together, ask and stop. It speaks to that process over its routes
// beside AWS's API, and shares with it package endpoint, and the forms of faults and calls.
//
// What the process does is package server's business.
package daemon
