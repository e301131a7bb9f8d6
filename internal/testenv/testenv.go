// Package testenv finds the programs that tests judge this one by: nginx, cloud-init, the AWS CLI, Terraform.
//
// What belongs here: what a test asks of the machine it runs on. What doesn't: anything that only one package's tests need.
package testenv

import (
	"os"
	"os/exec"
	"slices"
	"strings"
)

// RequireVariable names the programs, with commas between them, whose absence fails a test instead of skipping it.
const RequireVariable = "PLATFORMCTL_REQUIRE"

// T is what Program needs of a *testing.T.
type T interface {
	Helper()
	Skipf(format string, args ...any)
	Fatalf(format string, args ...any)
}

// Program returns the path of a program that the test can't do without. Where it isn't installed the test is skipped with
// the reason, unless PLATFORMCTL_REQUIRE lists it: then the test fails, so that a judge can't silently stay away in CI.
func Program(t T, name string) string {
	t.Helper()
	return program(t, name, exec.LookPath, os.Getenv(RequireVariable))
}

func program(t T, name string, look func(string) (string, error), required string) string {
	t.Helper()
	path, err := look(name)
	if err == nil {
		return path
	}
	if slices.Contains(strings.Split(required, ","), name) {
		t.Fatalf("%s lists %s, but it can't be run: %v", RequireVariable, name, err)
	}
	t.Skipf("%s is not installed (list it in %s to make this a failure): %v", name, RequireVariable, err)
	return ""
}

// Judge is Program for a judge that takes so long, such as a browser or a program in Python, that it judges only where the
// tests are built with the tag "judges", as CI does.
func Judge(t T, name string) string {
	t.Helper()
	if !judging {
		t.Skipf("%s judges only with -tags judges: it takes long", name)
		return ""
	}
	return Program(t, name)
}

// Long ends a test that takes so long that it runs only where the tests are built with the tag "judges".
func Long(t T) {
	t.Helper()
	if !judging {
		t.Skipf("it takes long: it runs only with -tags judges")
	}
}

// Missing ends a test that needs something of the machine that it doesn't have, such as "mounts", the permission to mount
// disks. It is skipped with the reason, unless PLATFORMCTL_REQUIRE lists that: then it fails.
func Missing(t T, name string, why error) {
	t.Helper()
	missing(t, name, why, os.Getenv(RequireVariable))
}

func missing(t T, name string, why error, required string) {
	t.Helper()
	if slices.Contains(strings.Split(required, ","), name) {
		t.Fatalf("%s lists %s, but this machine doesn't have it: %v", RequireVariable, name, why)
	}
	t.Skipf("this machine has no %s (list it in %s to make this a failure): %v", name, RequireVariable, why)
}
