package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// DrillScenarios are those of a failover drill that can have an objective of their own.
func DrillScenarios() []string { return []string{"instance", "process", "zone", "drain"} }

// Objective is the availability, in percent, that a drill of a scenario is measured against.
func (d Drill) Objective(scenario string) float64 {
	if percent, ok := d.Scenarios[scenario]; ok {
		return percent
	}
	return d.Availability
}

// readAvailability reads the objective of all drills.
func readAvailability(c *Config, s setting) []fault {
	value, message := percentage(s)
	if message != "" {
		return refused(message)
	}
	c.Drill.Availability = value
	return nil
}

// percentage reads a percentage, and says what is wrong with it. It asks for finite decimals only: "NaN" is a float to strconv.
func percentage(s setting) (value float64, wrong string) {
	value, err := strconv.ParseFloat(cmp.Or(s.decimal, s.text), 64)
	switch {
	case !s.number() || err != nil || value != value:
		return 0, mustBe("a number", s)
	case value <= 0:
		return 0, "must be above 0, got " + s.text
	case value > 100:
		return 0, "must be at most 100, got " + s.text
	}
	return value, ""
}

// readObjectives reads the objectives of single scenarios. A variable or a flag holds them as zone=79,process=82.
func readObjectives(c *Config, s setting) []fault {
	entries, faults := readPairs(s, "scenario=percent", "a mapping of scenarios to percentages")
	if len(faults) > 0 || entries == nil {
		return faults
	}
	objectives := map[string]float64{}
	for _, entry := range entries {
		value, message := percentage(entry.value)
		switch _, twice := objectives[entry.key]; {
		case !slices.Contains(DrillScenarios(), entry.key):
			message = "is no scenario; there are " + strings.Join(DrillScenarios(), ", ")
		case twice:
			message = "is given twice"
		}
		if message != "" {
			faults = append(faults, fault{message: quote(entry.key) + " " + message, at: &entry.value.at})
		}
		objectives[entry.key] = value
	}
	if faults == nil {
		c.Drill.Scenarios = objectives
	}
	return faults
}

// percentSchema allows what percentage has nothing to say against.
func percentSchema() schema {
	return schema{Type: typeNumber, ExclusiveMinimum: bound(0), Maximum: bound(100)}
}

func objectivesSchema() schema {
	percent := percentSchema()
	properties := map[string]*schema{}
	for _, scenario := range DrillScenarios() {
		properties[scenario] = &percent
	}
	return schema{Type: []string{typeMapping, typeNothing}, Properties: properties, AdditionalProperties: false}
}

func objectivesChange(before, after Config) string {
	text := func(c Config) string {
		var all []string
		for _, scenario := range slices.Sorted(maps.Keys(c.Drill.Scenarios)) {
			all = append(all, fmt.Sprintf("%s=%g", scenario, c.Drill.Scenarios[scenario]))
		}
		return cmp.Or(strings.Join(all, ", "), "none")
	}
	return changeText(text(before), text(after))
}
