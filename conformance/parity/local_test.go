//go:build judges

package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/conformance/parity/compare"
	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/resilience/lab"
)

// TestParity_RecordsLocalCloudInAWSsPlace records a life on the local cloud, by the same way that leads to AWS, and compares.
func TestParity_RecordsLocalCloudInAWSsPlace(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds the binary")
	}
	exe, err := lab.Build(t.Context(), t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "run")
	t.Setenv("USER", "somebody-here")
	_, log, err := kit(t, "record", "-target", "local", "-latency", "fast", "-exe", exe, "-scenarios", "none", "-minutes", "20", "-dollars", "1", "-out", dir)
	if err != nil {
		t.Fatalf("%v\n%s", err, log)
	}
	run, calls, err := trace.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	judgeRun(t, run, calls)
	for _, c := range calls {
		if c.Status >= 500 {
			t.Errorf("%s: status %d, %s", c.Operation, c.Status, c.Reply)
		}
	}
	for _, file := range []string{"run.json", "calls.jsonl"} {
		text, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			t.Fatal(err)
		}
		for _, secret := range []string{"123456789012", "somebody-here", "I2Nsb3VkLWNvbmZpZ"} { // the account, the user, user data
			if bytes.Contains(text, []byte(secret)) {
				t.Errorf("%s has %s", file, secret)
			}
		}
	}

	if out, _, err := kit(t, "compare", dir, dir); err != nil || !strings.Contains(out, "different: 0") {
		t.Errorf("with itself: %v\n%s", err, out)
	}
	other := filepath.Join(t.TempDir(), "other")
	rewrite(t, other, run, calls)
	out, _, err := kit(t, "compare", "-o", "json", dir, other)
	var differs *differsError
	var report compare.Report
	if !errors.As(err, &differs) || json.Unmarshal([]byte(out), &report) != nil {
		t.Fatalf("with another: %v\n%s", err, out)
	}
	want := []compare.Difference{{Kind: compare.KindField, Subject: "ec2:CreateVpc", What: "vpc/dhcpOptionsId", First: "there", Second: "not there"}}
	if !slices.Equal(report.Differences, want) || differs.n != 1 {
		t.Errorf("%+v, want %+v", report.Differences, want)
	}
	known := filepath.Join(t.TempDir(), "known")
	if err := os.WriteFile(known, []byte("field ec2:CreateVpc vpc/* for this test\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if out, _, err := kit(t, "compare", "-declared", known, dir, other); err != nil || !strings.Contains(out, "of which 1 declared") {
		t.Errorf("where it is declared: %v\n%s", err, out)
	}
}

// judgeRun says what is wrong with a recording of up, up again and down.
func judgeRun(t *testing.T, run trace.Run, calls []trace.Call) {
	t.Helper()
	var names []string
	for _, s := range run.Steps {
		names = append(names, s.Name)
		if s.Exit != 0 || s.Seconds <= 0 || len(s.Document) == 0 {
			t.Errorf("%+v", s)
		}
	}
	if want := []string{"plan", "up", "up-again", "down", "list"}; !slices.Equal(names, want) || run.Ended != "" {
		t.Errorf("steps %q, want %q; ended: %q", names, want, run.Ended)
	}
	var down struct {
		Deleted   int
		Remaining []any
	}
	if step, _ := run.Step("down"); json.Unmarshal(step.Document, &down) != nil || down.Deleted != 28 || len(down.Remaining) != 0 {
		t.Errorf("down: %+v", down)
	}
	made := map[string]int{}
	for _, c := range calls {
		if c.Step == "" || c.Service == "" || c.Operation == "" || c.Status == 0 || c.Reply == "" || c.At.IsZero() {
			t.Fatalf("%+v", c)
		}
		// A server that fails inside, as moto does where an operation is missing, answers with a page and no code.
		if c.Status < 500 && c.Refused() != (c.Code != "") {
			t.Errorf("%s: status %d, code %q", c.Operation, c.Status, c.Code)
		}
		if c.Step == "up" && c.Status == 200 {
			made[c.Operation]++
		}
	}
	for operation, n := range map[string]int{"CreateVpc": 1, "CreateSubnet": 4, "CreateNatGateway": 2, "RunInstances": 2, "CreateLoadBalancer": 1, "CreateRole": 1} {
		if made[operation] != n {
			t.Errorf("%d calls of %s are recorded, want %d", made[operation], operation, n)
		}
	}
}

// rewrite writes a recording whose VPC lacks a field.
func rewrite(t *testing.T, dir string, run trace.Run, calls []trace.Call) {
	t.Helper()
	w, err := trace.Create(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range calls {
		if c.Operation == "CreateVpc" {
			before := len(c.Reply)
			head, rest, _ := strings.Cut(c.Reply, "<dhcpOptionsId>")
			_, tail, _ := strings.Cut(rest, "</dhcpOptionsId>")
			if c.Reply = head + tail; len(c.Reply) == before {
				t.Fatalf("the reply has no dhcpOptionsId: %s", c.Reply)
			}
		}
		if err := w.Call(c); err != nil {
			t.Fatal(err)
		}
	}
	if err := errors.Join(w.Run(run), w.Close()); err != nil {
		t.Fatal(err)
	}
}
