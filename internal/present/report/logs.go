package report

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/platformctl/platformctl/internal/accesslog"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Logged is a request of the access log, a line of the document of `logs`.
type Logged struct {
	Time         string   `json:"time"` // RFC 3339, when it was answered
	Client       string   `json:"client"`
	Method       string   `json:"method"`
	URL          string   `json:"url"`
	Path         string   `json:"path"`
	Status       int      `json:"status"`        // 0: the client left before
	TargetStatus int      `json:"target_status"` // 0: it was sent to none, or that didn't answer
	Target       string   `json:"target"`        // address and port; "" for none
	Instance     string   `json:"instance"`      // ID; "" where it isn't known any more
	Seconds      *float64 `json:"seconds"`       // null where the load balancer doesn't know
	Received     int64    `json:"received_bytes"`
	Sent         int64    `json:"sent_bytes"`
	UserAgent    string   `json:"user_agent"`
	Reason       string   `json:"reason"` // why the load balancer answered itself
	TraceID      string   `json:"trace_id"`
}

// LoggedOf is an entry of the access log. Instances are the IDs by the addresses.
func LoggedOf(e accesslog.Entry, instances map[string]string) Logged {
	line := Logged{
		Time: e.Time.UTC().Format(time.RFC3339Nano), Client: e.Client, Method: e.Method, URL: e.URL, Path: e.Path, Status: e.Status, TargetStatus: e.TargetStatus,
		Target: e.Target, Instance: instances[e.TargetAddress()], Received: e.Received, Sent: e.Sent, UserAgent: e.UserAgent, Reason: e.Reason, TraceID: e.TraceID,
	}
	if took, ok := e.Took(); ok {
		seconds := took.Seconds()
		line.Seconds = &seconds
	}
	return line
}

// The columns of the access log.
const (
	methodWidth = 6
	tookWidth   = 9
	targetWidth = 19
)

// LogHead is the heading of the access log's columns.
func LogHead(s terminal.Streams) {
	s.Text(s.OutStyles().Muted.Render(fmt.Sprintf("%-19s  %3s  %-*s  %*s  %-*s  %s", "time", "", methodWidth, "", tookWidth, "took", targetWidth, "target", "path")))
}

// WriteJSON writes the request as one line of JSON.
func (l Logged) WriteJSON(w io.Writer) error { return json.NewEncoder(w).Encode(l) }

// Show writes the request as one line for people.
func (l Logged) Show(s terminal.Streams) {
	st := s.OutStyles()
	status, style := "-", st.Bad
	if l.Status > 0 {
		status = strconv.Itoa(l.Status)
	}
	switch {
	case l.Status >= 500 || l.Status == 0:
	case l.Status >= 400:
		style = st.Caution
	default:
		style = st.Good
	}
	took := "-"
	if l.Seconds != nil {
		took = taken(time.Duration(*l.Seconds * float64(time.Second)))
	}
	at, err := time.Parse(time.RFC3339Nano, l.Time)
	when := l.Time
	if err == nil {
		when = at.Local().Format(time.DateTime)
	}
	fmt.Fprintf(s.Out, "%s  %s  %-*s  %*s  %-*s  %s\n", st.Muted.Render(when), style.Render(fmt.Sprintf("%3s", status)), methodWidth, terminal.OneLine(l.Method), tookWidth, took,
		targetWidth, terminal.OneLine(cmp.Or(l.Instance, l.Target, "-")), terminal.OneLine(cmp.Or(l.Path, "-")))
}

// taken is a time that a request took, for people.
func taken(d time.Duration) string {
	switch {
	case d < time.Second:
		return strconv.FormatInt(d.Milliseconds(), 10) + " ms"
	default:
		return strconv.FormatFloat(d.Seconds(), 'f', 2, 64) + " s"
	}
}

// LogSummary is the document of `logs --summary`.
type LogSummary struct {
	Platform string           `json:"platform"`
	Since    string           `json:"since"`
	Requests int64            `json:"requests"`
	Failed   int64            `json:"failed"`
	Classes  map[string]int64 `json:"by_class"`
	Targets  []LogShare       `json:"by_target"`
	Slowest  []LogShare       `json:"slowest_paths"`
}

// LogShare is what one target, or one path, has of the requests.
type LogShare struct {
	Name     string   `json:"name"`
	Instance string   `json:"instance,omitempty"`
	Requests int64    `json:"requests"`
	Failed   int64    `json:"failed"`
	P95      *float64 `json:"p95_seconds"` // null where none was timed
}

// mostSlow is how many paths are named.
const mostSlow = 5

// LogSummaryOf sums the access log up. Instances are the IDs by the addresses.
func LogSummaryOf(platform string, since time.Time, s *accesslog.Summary, instances map[string]string) LogSummary {
	doc := LogSummary{
		Platform: platform, Since: since.UTC().Format(time.RFC3339), Requests: s.Requests, Failed: s.Failed, Classes: s.Classes,
		Targets: []LogShare{}, Slowest: []LogShare{},
	}
	for _, address := range slices.Sorted(maps.Keys(s.Targets)) {
		share := shareOf(s.Targets[address])
		share.Name, share.Instance = address, instances[address]
		doc.Targets = append(doc.Targets, share)
	}
	for _, of := range s.Slowest(mostSlow) {
		doc.Slowest = append(doc.Slowest, shareOf(of))
	}
	return doc
}

func shareOf(s *accesslog.Share) LogShare {
	share := LogShare{Name: s.Name, Requests: s.Requests, Failed: s.Failed}
	if within, ok := s.Within(0.95); ok {
		seconds := within.Seconds()
		share.P95 = &seconds
	}
	return share
}

// Show writes the summary for people.
func (doc LogSummary) Show(s terminal.Streams) {
	st := s.OutStyles()
	if doc.Requests == 0 {
		s.Nothing("the access log has no request since " + doc.Since + "; AWS delivers it every five minutes")
		return
	}
	s.Text(fmt.Sprintf("%s requests since %s, of which %s failed (%.3f %%)", terminal.Thousands(int(doc.Requests)), doc.Since,
		terminal.Thousands(int(doc.Failed)), 100*float64(doc.Failed)/float64(doc.Requests)), "")
	muted := func(names ...string) (row []string) {
		for _, name := range names {
			row = append(row, st.Muted.Render(name))
		}
		return row
	}
	rows := [][]string{muted("answered", "requests")}
	for _, class := range slices.Sorted(maps.Keys(doc.Classes)) {
		rows = append(rows, []string{class, terminal.Thousands(int(doc.Classes[class]))})
	}
	s.Table(rows...)
	for _, part := range []struct {
		head   string
		shares []LogShare
	}{{"target", doc.Targets}, {"slowest paths", doc.Slowest}} {
		rows := [][]string{muted(part.head, "requests", "failed", "95 % within")}
		for _, share := range part.shares {
			rows = append(rows, share.row())
		}
		s.Text("")
		s.Table(rows...)
	}
}

func (l LogShare) row() []string {
	within := "-"
	if l.P95 != nil {
		within = taken(time.Duration(*l.P95 * float64(time.Second)))
	}
	const longestPath = 60
	return []string{terminal.Fit(terminal.OneLine(cmp.Or(l.Instance, l.Name, "none")), longestPath), terminal.Thousands(int(l.Requests)), terminal.Thousands(int(l.Failed)), within}
}
