package main

import (
	"bytes"
	"path/filepath"
	"strings"
	"testing"
)

// kit runs the program with arguments.
func kit(t *testing.T, args ...string) (out, log string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	err = program{in: strings.NewReader(""), out: &stdout, log: &stderr}.run(t.Context(), t.Context(), args)
	return stdout.String(), stderr.String(), err
}

func TestParity_RefusesWrongUsage(t *testing.T) {
	for want, args := range map[string][]string{
		"usage: go run ./conformance/parity record": {"judge"},
		"-target":                  {"record"},
		"a budget first":           {"record", "-target", "aws", "-out", "x"},
		"not a decimal number":     {"record", "-target", "aws", "-dollars", "one"},
		"record takes no argument": {"record", "x"},
		"DIRECTORY [DIRECTORY]":    {"compare"},
		"read the recording":       {"compare", filepath.Join(t.TempDir(), "none")},
	} {
		if _, _, err := kit(t, args...); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", args, err, want)
		}
	}
}
