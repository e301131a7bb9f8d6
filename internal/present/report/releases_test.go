package report

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

func TestReleases_ShowsWhatServesAndWhatIsUnderWay(t *testing.T) {
	now := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	doc := Releases{UnderWay: "fedcba9876543210", By: "ann\x1b[31m", Releases: terminal.List[ReleaseLine]{
		{ID: "0123456789abcdef", Released: now.Add(-48 * time.Hour).Format(time.RFC3339), Files: 500, Bytes: 10_300_000, From: "public", Current: true},
	}}
	var out bytes.Buffer
	doc.Show(terminal.Streams{Out: &out}, now)
	for _, want := range []string{"0123456789abcdef", "500", "10.3 MB", "public", "serves", "release fedcba9876543210 is under way, by ann"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("it doesn't say %q:\n%s", want, out.String())
		}
	}
	if strings.Contains(out.String(), "\x1b[31m") {
		t.Error("what the bucket says reaches the terminal as it is")
	}
}

func TestSize_HasThreeDigits(t *testing.T) {
	for bytes, want := range map[int64]string{0: "0 B", 999: "999 B", 1000: "1.0 kB", 99_940: "99.9 kB", 99_960: "100 kB", 999_600: "1.0 MB", 5_400_000_000: "5.4 GB", 5_400_000_000_000: "5400 GB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d are %s, want %s", bytes, got, want)
		}
	}
}
