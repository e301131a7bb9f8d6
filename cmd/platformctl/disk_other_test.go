//go:build !linux

package main

import "github.com/rogpeppe/go-internal/testscript"

// mounts is the condition [mounts], which holds on Linux alone.
func mounts() bool { return false }

func disk(ts *testscript.TestScript, _ bool, _ []string) { ts.Fatalf("only Linux has such disks") }
