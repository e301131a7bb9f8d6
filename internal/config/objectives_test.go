package config

import "testing"

func TestObjective_OfScenarioBeforeThatOfAll(t *testing.T) {
	drill := Drill{Availability: 99, Scenarios: map[string]float64{"zone": 79}}
	for scenario, want := range map[string]float64{"zone": 79, "instance": 99, "drain": 99} {
		if got := drill.Objective(scenario); got != want {
			t.Errorf("%s: %g, want %g", scenario, got, want)
		}
	}
}
