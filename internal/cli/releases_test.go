package cli

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/release"
)

func TestReleasesDocument_SaysWhatServesAndWhoReleases(t *testing.T) {
	const older, newer = "0123456789abcdef", "fedcba9876543210"
	p := release.Pointer{
		Scopes: []release.Scope{{Name: "us-east-1a", Release: newer}, {Name: "*", Release: older}}, Wanted: newer, By: "ann",
		History: []release.Released{{ID: older, At: time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC), Files: 2, Bytes: 4096, From: "public"}},
	}
	got := releasesDocument(p)
	if len(got.Releases) != 1 || !got.Releases[0].Current || got.Releases[0].Released != "2026-12-01T12:00:00Z" || got.UnderWay != newer || got.By != "ann" {
		t.Errorf("got %+v", got)
	}
	p.Scopes = p.Scopes[1:]
	if got := releasesDocument(p); got.UnderWay != "" || got.By != "" {
		t.Errorf("nothing is under way, got %+v", got)
	}
}
