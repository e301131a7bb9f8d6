package config

import (
	"fmt"
	"strconv"
	"strings"
)

// Logs is what is kept of the platform's traffic.
type Logs struct {
	Access Days // for how long the load balancer's access log is kept; 0: there is none
}

// Days is a number of days; 0 is off.
type Days int

// String is what a configuration has.
func (d Days) String() string {
	if d == 0 {
		return logsOff
	}
	return strconv.Itoa(int(d)) + "d"
}

// On reports whether anything is logged.
func (l Logs) On() bool { return l.Access > 0 }

// mostDays that a log is kept is a bound of ours: ten years, which is more than who must keep logs is asked for.
const mostDays = 3650

const logsOff = "off"

func logsFields() []field {
	return []field{
		days("logs.access", func(c *Config) *Days { return &c.Logs.Access }, 1, mostDays),
	}
}

// days makes a field that holds off, or whole days within bounds.
func days(key string, at func(*Config) *Days, least, most int) field {
	allowed := fmt.Sprintf("off, or whole days from %dd to %dd, written with their unit, such as 30d", least, most)
	return field{key, allowed, func(c *Config, s setting) []fault {
		text := strings.ToLower(s.text)
		if text == logsOff && s.scalar() || text == "false" && s.form == formTruth { // to some readers of YAML off is false
			*at(c) = 0
			return nil
		}
		number, unit := strings.CutSuffix(text, "d")
		value, err := strconv.Atoi(number)
		switch {
		case !s.scalar() || !unit || err != nil:
			return refused(mustBe("off, or a number of days such as 30d", s))
		case value < least:
			return refused(fmt.Sprintf("must be at least %dd, got %s", least, s.text))
		case value > most:
			return refused(fmt.Sprintf("must be at most %dd, got %s", most, s.text))
		}
		*at(c) = Days(value)
		return nil
	}, schema{AnyOf: []*schema{{Enum: []any{logsOff, false}}, {Type: typeText, Pattern: `^[0-9]{1,4}d$`}}}}
}
