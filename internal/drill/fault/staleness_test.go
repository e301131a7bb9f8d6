package fault_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
)

// TestRestore_WhileReadingsAreStale restores at once what was just broken, while no
// reading shows the fault, the network ACL or the tags yet.
func TestRestore_WhileReadingsAreStale(t *testing.T) {
	t.Parallel()
	late := faults.Config{DescribeDelay: faults.Duration(3 * time.Second), ChangeDelay: faults.Duration(3 * time.Second)}
	for name, choice := range choices() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := openSite(t)
			before := s.condition(t)
			scenario, err := fault.ScenarioOf(choice.Scenario)
			if err != nil {
				t.Fatal(err)
			}
			s.untilHealthy(t)
			entry := s.entry(t, choice)
			s.trouble(t, late)
			// What was made just before is late, too.
			err = fault.Until(t.Context(), time.Minute, "the platform to be seen", func(context.Context) (bool, error) {
				return s.targetGroup(t) != "" && slices.Equal(s.condition(t), before), nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := scenario.Mark(t.Context(), s.clients, entry); err != nil {
				t.Fatal(err)
			}
			if err := scenario.Inject(t.Context(), s.clients, entry); err != nil {
				t.Fatal(err)
			}
			if err := scenario.Restore(t.Context(), s.clients, entry); err != nil {
				t.Fatal(err)
			}
			s.trouble(t, faults.Config{})
			// AWS was asked for all of it; an instance may still be on its way.
			var now []string
			err = fault.Until(t.Context(), 20*time.Second, "it to be as before", func(context.Context) (bool, error) {
				now = s.condition(t)
				return slices.Equal(now, before), nil
			})
			if err != nil {
				t.Errorf("%v: it was\n%q\nand is now\n%q", err, before, now)
			}
		})
	}
}

func (s *site) trouble(t *testing.T, c faults.Config) {
	t.Helper()
	if err := s.cloud.SetFaults(c); err != nil {
		t.Fatal(err)
	}
}
