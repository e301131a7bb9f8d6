package release

import (
	"reflect"
	"strings"
	"testing"
	"time"
)

const (
	older = "0123456789abcdef"
	newer = "fedcba9876543210"
)

func begun() time.Time { return time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC) }

func TestPointer_IsReadAsItWasWritten(t *testing.T) {
	p := Pointer{
		Scopes: []Scope{{"i-0123456789abcdef0", newer}, {"us-east-1a", newer}, {"*", older}}, Wanted: newer, By: "arn:aws:iam::1:user/x on host", At: begun(),
		History: []Released{{ID: older, At: begun(), Files: 3, Bytes: 4096, From: "/srv/a site"}, {ID: newer, At: begun(), Files: 1, Bytes: 2048}},
	}
	got, err := ParsePointer(p.Text())
	if err != nil || !reflect.DeepEqual(got, p) {
		t.Errorf("got %+v, %v, want %+v", got, err, p)
	}
	for scope, want := range map[[2]string]string{
		{"i-0123456789abcdef0", "us-east-1b"}: newer, {"i-00000000000000000", "us-east-1a"}: newer, {"i-00000000000000000", "us-east-1b"}: older,
	} {
		if got := p.Serves(scope[0], scope[1]); got != want {
			t.Errorf("%v serves %s, want %s", scope, got, want)
		}
	}
	if p.Current() != older || !p.UnderWay() || p.Before(newer) != older || p.Before(older) != "" {
		t.Errorf("current %s, before %s", p.Current(), p.Before(newer))
	}
	for id, want := range map[string]bool{"0": true, older: true, "": false, "7": false} {
		if _, found := p.Find(id); found != want {
			t.Errorf("%q is found: %v", id, found)
		}
	}
}

func TestPointer_RefusesWhatIsNotOfItsForm(t *testing.T) {
	for _, text := range []string{
		"us-east-1a\n", "* ../../etc/passwd\n", "everything " + older + "\n", "* " + older + " x\n", "# wanted x\n", "# at noon\n",
		"# released x\n", "# released " + older + " noon 1 1 x\n", "# released " + older + " 2026-12-01T12:00:00Z many 1 x\n", strings.Repeat("x", 70_000),
	} {
		if p, err := ParsePointer([]byte(text)); err == nil {
			t.Errorf("%.40q was read as %+v", text, p)
		}
	}
	if p, err := ParsePointer([]byte("# a person's note\n#\n\n* " + older + "\n")); err != nil || p.Current() != older {
		t.Errorf("got %+v, %v", p, err)
	}
}

func TestPointer_KeepsTenReleasesAndWhatIsServed(t *testing.T) {
	p := Pointer{Scopes: []Scope{{everything, "000000000000000a"}}}
	for n := range 12 {
		p.History = p.with(Released{ID: strings.Repeat("0", 15) + string("abcdef012345"[n])})
	}
	if len(p.History) != maxHistory || p.History[0].ID != "000000000000000a" || p.History[9].ID != "0000000000000005" {
		t.Errorf("got %v", p.History)
	}
	again := p.with(p.History[3])
	if len(again) != maxHistory || again[9].ID != p.History[3].ID {
		t.Errorf("what is released again is not the newest: %v", again)
	}
}

func TestReport_LeavesOutWhatIsNotOfItsForm(t *testing.T) {
	got := parseReport("release " + older + "\nwanted " + newer + "\nstate failed\nreason no space left \x1b[31mon\ndevice\nat 2026-12-01T12:00:00Z\n")
	if want := (Report{Release: older, Wanted: newer, Failed: true, Reason: "no space left [31mon", At: begun()}); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if got := parseReport("release ../x\nat noon\n"); got != (Report{}) {
		t.Errorf("got %+v", got)
	}
}
