package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

func shown(doc report.Status, s terminal.Streams) string {
	var out bytes.Buffer
	s.Out = &out
	doc.Show(s)
	return out.String()
}

// TestStatus_MarksZonesThatAreMeantToBeEmpty has two zones without an instance, of which the configuration wants one so.
func TestStatus_MarksZonesThatAreMeantToBeEmpty(t *testing.T) {
	doc := report.Status{
		Platform: "shop", Health: "healthy", Zones: []string{"us-east-1a", "us-east-1b", "us-east-1c"}, Empty: []string{"us-east-1c"},
		Targets:   []loadbalancing.Target{{Instance: "i-0a1", Zone: "us-east-1a", State: "healthy"}},
		Resources: []report.Resource{{Key: "vpc/main", Kind: "vpc", ID: "vpc-0a1", Phase: "ready"}},
	}
	low := terminal.Streams{OutTerminal: true, Width: 80, Height: 6}
	for form, s := range map[string]terminal.Streams{"none": {}, "0 of 0": low} {
		text := shown(doc, s)
		for zone, sign := range map[string]string{"us-east-1b": "✗", "us-east-1c": "–"} {
			if want := zone + "  " + sign + " " + form; !strings.Contains(text, want) {
				t.Errorf("%q is not in\n%s", want, text)
			}
		}
	}
}

// TestStatus_SaysOnceThatThePageDidNotCome checks that the problem which the first lines tell has its hint alone below.
func TestStatus_SaysOnceThatThePageDidNotCome(t *testing.T) {
	doc := report.Status{
		Platform: "shop", Health: "degraded", URL: "http://shop", Probe: "no route to host",
		Resources: []report.Resource{{Key: "vpc/main", Kind: "vpc", ID: "vpc-0a1", Phase: "ready"}},
		Problems:  []report.Problem{{Probed: true, Message: "the page did not come: no route to host", Hint: "platformctl up looks for the cause"}},
	}
	text := shown(doc, terminal.Streams{})
	if n := strings.Count(text, "the page did not come"); n != 1 || !strings.Contains(text, "platformctl up looks for the cause") {
		t.Errorf("said %d times in\n%s", n, text)
	}
}

// TestStatus_NamesWhatEndsByItself has a name that DNS doesn't know yet.
func TestStatus_NamesWhatEndsByItself(t *testing.T) {
	doc := report.Status{
		Platform: "shop", Health: "degraded",
		Resources: []report.Resource{{Key: "vpc/main", Kind: "vpc", ID: "vpc-0a1", Phase: "ready"}},
		Problems:  []report.Problem{{Transient: true, Message: "shop.example.com has no address in DNS yet", Hint: "wait"}},
	}
	if text, want := shown(doc, terminal.Streams{}), "\n\n~ shop.example.com has no address in DNS yet\n\nNothing has drifted, so it may get well by itself"; !strings.Contains(text, want) {
		t.Errorf("%q is not in\n%s", want, text)
	}
}

// TestStatus_ShowsCertificate has one that is issued, and one whose records are still to be made.
func TestStatus_ShowsCertificate(t *testing.T) {
	left := 197
	issued := report.HTTPS{
		Domain: "shop.example.com", AlternativeNames: []string{"www.example.com"}, Policy: "ELBSecurityPolicy-X",
		Certificate: report.Certificate{ARN: "arn:1", Status: "ISSUED", Expires: "2027-06-15T23:59:59Z", DaysLeft: &left, Renewal: "SUCCESS"},
	}
	waiting := report.HTTPS{
		Domain: "shop.example.com", Certificate: report.Certificate{ARN: "arn:1", Status: "PENDING_VALIDATION"},
		Records: []report.Record{{Name: "_x.shop.example.com.", Type: "CNAME", Value: "_y.acm-validations.aws."}},
	}
	for want, https := range map[string]*report.HTTPS{
		"certificate  ISSUED, 197 days left, renewal SUCCESS\n  TLS policy   ELBSecurityPolicy-X\n":                                 &issued,
		"certificate  PENDING_VALIDATION\n\nACM looks for 1 record in DNS:\n  _x.shop.example.com. CNAME _y.acm-validations.aws.\n": &waiting,
		"certificate  none yet\n": {Domain: "shop.example.com"},
	} {
		if text := shown(report.Status{Health: "healthy", HTTPS: https}, terminal.Streams{}); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
	if text := shown(report.Status{Health: "healthy"}, terminal.Streams{}); strings.Contains(text, "certificate") {
		t.Errorf("plain HTTP has a certificate:\n%s", text)
	}
}

// TestStatus_HintsNameThePlatform checks that each command that status names has the flags that status was given.
func TestStatus_HintsNameThePlatform(t *testing.T) {
	drifted := []report.Resource{{Key: "vpc/main", Kind: "vpc", ID: "vpc-0a1", Phase: "ready", Drift: []string{"tags"}}}
	for want, doc := range map[string]report.Status{
		"platformctl up --config eu.yaml makes it":          {Health: "absent"},
		"platformctl plan --config eu.yaml shows what":      {Health: "healthy", Resources: drifted, Notes: []string{"other settings"}},
		"platformctl up --config eu.yaml repairs it":        {Health: "healthy", Resources: drifted},
		"platformctl status --watch --config eu.yaml shows": {Health: "degraded", Resources: []report.Resource{{Key: "vpc/main", Phase: "ready"}}},
	} {
		if text := shown(doc, terminal.Streams{Flags: "--config eu.yaml"}); !strings.Contains(text, want) {
			t.Errorf("%q is not in\n%s", want, text)
		}
	}
}
