package health

import (
	"strconv"
	"strings"
	"time"
)

// Settings are the health check settings of a target group. The zero value of a field stands for AWS's default.
type Settings struct {
	Protocol           string        // HTTP (the default) or HTTPS
	Port               int           // 0: the port that the target receives traffic on
	Path               string        // default "/"
	Interval           time.Duration // 5–300 s, default 30 s
	Timeout            time.Duration // 2–120 s, default 5 s
	HealthyThreshold   int           // 2–10, default 5
	UnhealthyThreshold int           // 2–10, default 2
	Matcher            string        // "200", "200,202" or "200-299"; default "200"
}

// WithDefaults fills what is not set with AWS's defaults.
func (s Settings) WithDefaults() Settings {
	if s.Protocol == "" {
		s.Protocol = "HTTP"
	}
	if s.Path == "" {
		s.Path = "/"
	}
	if s.Interval <= 0 {
		s.Interval = 30 * time.Second
	}
	if s.Timeout <= 0 {
		s.Timeout = 5 * time.Second
	}
	if s.HealthyThreshold <= 0 {
		s.HealthyThreshold = 5
	}
	if s.UnhealthyThreshold <= 0 {
		s.UnhealthyThreshold = 2
	}
	if s.Matcher == "" {
		s.Matcher = "200"
	}
	return s
}

// Matches reports whether a status code is one of those that the matcher lists.
func Matches(matcher string, code int) bool {
	for part := range strings.SplitSeq(matcher, ",") {
		from, to, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			to = from
		}
		low, errLow := strconv.Atoi(from)
		high, errHigh := strconv.Atoi(to)
		if errLow == nil && errHigh == nil && low <= code && code <= high {
			return true
		}
	}
	return false
}
