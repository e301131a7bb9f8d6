//go:build judges

package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/resilience/lab"
)

// TestParity_RecordsMotoInAWSsPlace records a life on a moto_server, which shares no line with the local cloud, and finds that it
// isn't one. What is different is moto's business.
func TestParity_RecordsMotoInAWSsPlace(t *testing.T) {
	moto := kindtest.Moto(t)
	exe, err := lab.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	theirs, ours := filepath.Join(t.TempDir(), "moto"), filepath.Join(t.TempDir(), "local")
	budget := []string{"-exe", exe, "-scenarios", "none", "-minutes", "20", "-dollars", "1"}
	if _, log, err := kit(t, append([]string{"record", "-target", "endpoint", "-endpoint", moto, "-out", theirs}, budget...)...); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	if _, log, err := kit(t, append([]string{"record", "-target", "local", "-latency", "fast", "-out", ours}, budget...)...); err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	run, calls, err := trace.Read(theirs)
	if err != nil {
		t.Fatal(err)
	}
	judgeRun(t, run, calls)
	out, _, err := kit(t, "compare", theirs, ours)
	if _, differ := err.(*differsError); !differ { //nolint:errorlint // compare returns it as it is
		t.Fatalf("%v\n%s", err, out)
	}
	for _, want := range []string{"first:  endpoint", "second: local with latency fast", "ec2:DescribeVpcs"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	t.Log(out)
}
