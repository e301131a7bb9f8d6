// Package progress shows the steps of a plan while they run: what runs and for how
// long, what it waits for, what comes next, and what failed.
//
// Here belongs how the provisioner's events look. What they mean is decided by
// those who send them; how a block is redrawn is in terminal.
package progress
