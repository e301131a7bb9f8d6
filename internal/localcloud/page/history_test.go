package page

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
)

func TestHistory_IsBounded(t *testing.T) {
	var h history
	start := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for i := range 1000 {
		h.count(start.Add(time.Duration(i)*time.Second), dataplane.Stats{})
		h.remember(Event{Text: "something", vpc: "vpc-1"})
	}
	events, moments, next := h.since("vpc-1", -1)
	if len(moments) != keptMoments || !moments[keptMoments-1].Now.Equal(start.Add(999*time.Second)) {
		t.Errorf("%d moments", len(moments))
	}
	if len(events) != keptEvents || next != 1000 {
		t.Errorf("%d events, next %d", len(events), next)
	}
	if events, moments, _ := h.since("vpc-1", 998); len(events) != 2 || len(moments) != 0 {
		t.Errorf("from 998 on: %d events, %d moments", len(events), len(moments))
	}
	if events, _, _ := h.since("vpc-1", 1); len(events) != keptEvents {
		t.Errorf("of what is forgotten: %d events", len(events))
	}
}
