package config

import (
	"cmp"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Monitoring is who is told of a platform's failures, and from when on something is one. Without anybody to tell there are no
// alarms: one that nobody hears is none.
type Monitoring struct {
	Notify     []string // e-mail addresses, and URLs that take an SNS message by POST; nil: nobody, and no monitoring
	Dashboard  bool     // there is a dashboard in CloudWatch, too
	Thresholds Thresholds
}

// Thresholds are what alarms go by.
type Thresholds struct {
	Errors  Percent       // of the requests that are answered with 5xx; above it is too much
	Latency time.Duration // that 95 of 100 answers keep to; above it is too long
}

// Percent is a share, above 0 and at most 100.
type Percent float64

// String is what a configuration has.
func (p Percent) String() string { return strconv.FormatFloat(float64(p), 'f', -1, 64) + "%" }

// On reports whether anybody is told.
func (m Monitoring) On() bool { return len(m.Notify) > 0 }

const (
	sectionMonitoring = "monitoring."
	notifyKey         = sectionMonitoring + "notify"
)

// The bounds of the section. A topic may have millions of subscriptions; ten people are a bound of ours.
const (
	mostNotified = 10
	longestURL   = 500
)

const (
	addressPattern = `[A-Za-z0-9._%+'=~-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z0-9-]+`
	urlPattern     = `https?://[A-Za-z0-9.:\[\]-]+(?:[/?][!"$-~]*)?`
	percentPattern = `(?:[1-9][0-9]?(?:\.[0-9]{1,3})?|0\.[0-9]{0,2}[1-9]|100)%`
	latencyPattern = `(?:[1-9][0-9]{1,3}ms|[1-5][0-9]{4}ms|60000ms|[1-9]s|[1-5][0-9]s|60s)`
)

var (
	mailAddress = regexp.MustCompile(`^` + addressPattern + `$`)
	notifiedURL = regexp.MustCompile(`^` + urlPattern + `$`)
	percentText = regexp.MustCompile(`^` + percentPattern + `$`)
	latencyText = regexp.MustCompile(`^` + latencyPattern + `$`)
)

func monitoringFields() []field {
	return []field{
		{notifyKey, fmt.Sprintf("a list of at most %d e-mail addresses and URLs, such as [ops@example.com, https://hooks.example.com/x]", mostNotified), readNotify, notifySchema()},
		truth(sectionMonitoring+"dashboard", func(c *Config) *bool { return &c.Monitoring.Dashboard }),
		{sectionMonitoring + "thresholds.errors", "a percentage from 0.001% to 100%, such as 1%", readErrors, matching(percentText.String(), "1%", "0.5%")},
		{sectionMonitoring + "thresholds.latency", "whole milliseconds or seconds, from 10ms to 60s, such as 500ms", readLatency, matching(latencyText.String(), "500ms", "1s")},
	}
}

// readNotify reads a list, which a variable or a flag holds with commas.
func readNotify(c *Config, s setting) []fault {
	switch {
	case s.form == formPlain:
		for one := range strings.SplitSeq(s.text, ",") {
			if one = strings.TrimSpace(one); one != "" {
				s.items = append(s.items, setting{at: s.at, form: formPlain, text: one})
			}
		}
	case s.form == formOther && s.text == nothing: // all its lines commented out
	case s.form != formList:
		return refused(mustBe("a list of e-mail addresses and URLs", s))
	}
	if len(s.items) > mostNotified {
		return refused(fmt.Sprintf("must be at most %d, got %d", mostNotified, len(s.items)))
	}
	var faults []fault
	var all []string
	for _, item := range s.items {
		message := mustBe("e-mail addresses and URLs alone", item)
		if item.scalar() {
			message = checkNotified(item.text)
		}
		if message == "" && slices.Contains(all, item.text) {
			message = "names " + quote(item.text) + " twice"
		}
		if message != "" {
			faults = append(faults, fault{message: message, at: &item.at})
		}
		all = append(all, item.text)
	}
	if faults == nil {
		c.Monitoring.Notify = all
	}
	return faults
}

// checkNotified says what is wrong with somebody to tell.
func checkNotified(text string) string {
	if !strings.Contains(text, "://") {
		if !mailAddress.MatchString(text) {
			return "is neither an e-mail address nor a URL: " + quote(text)
		}
		return ""
	}
	u, err := url.Parse(text)
	switch {
	case err != nil || u.Host == "":
		return "is not a URL: " + quote(text)
	case u.Scheme != "https" && u.Scheme != "http":
		return "must begin with https:// or http://, got " + quote(text)
	case u.User != nil:
		return "must have no name and password in it: they would stand in a file"
	case len(text) > longestURL:
		return fmt.Sprintf("must have at most %d characters, got %d", longestURL, len(text))
	case !notifiedURL.MatchString(text):
		return "is not a URL that SNS can send to: " + quote(text)
	}
	return ""
}

func notifySchema() schema {
	return schema{Type: []string{typeList, typeNothing}, MaxItems: mostNotified, UniqueItems: true,
		Items: &schema{Type: typeText, MaxLength: longestURL, Pattern: `^(?:` + addressPattern + `|` + urlPattern + `)$`}}
}

// readErrors reads a share with its sign.
func readErrors(c *Config, s setting) []fault {
	if !s.scalar() || !percentText.MatchString(s.text) {
		return refused(mustBe("a percentage such as 1%", s))
	}
	value, err := strconv.ParseFloat(strings.TrimSuffix(s.text, "%"), 64)
	if err != nil {
		return refused(mustBe("a percentage such as 1%", s))
	}
	c.Monitoring.Thresholds.Errors = Percent(value)
	return nil
}

func readLatency(c *Config, s setting) []fault {
	value, err := time.ParseDuration(s.text)
	if !s.scalar() || !latencyText.MatchString(s.text) || err != nil {
		return refused(mustBe("a duration such as 500ms or 2s", s))
	}
	c.Monitoring.Thresholds.Latency = value
	return nil
}

// notifyChange is the change of who is told. URLs may be secrets: their hosts alone are said.
func notifyChange(before, after Config) string {
	if slices.Equal(before.Monitoring.Notify, after.Monitoring.Notify) {
		return ""
	}
	text := func(c Config) string {
		var names []string
		for _, one := range c.Monitoring.Notify {
			names = append(names, NotifiedName(one))
		}
		return "[" + strings.Join(names, ", ") + "]"
	}
	return cmp.Or(changeText(text(before), text(after)), "another URL")
}

// NotifiedName is somebody to tell, for people: a URL without what may be a secret in it.
func NotifiedName(one string) string {
	if u, err := url.Parse(one); err == nil && u.Host != "" {
		return u.Scheme + "://" + u.Host + "/…"
	}
	return one
}
