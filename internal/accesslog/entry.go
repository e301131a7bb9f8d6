// Package accesslog reads the access logs that Application Load Balancers write to S3: which objects there are, what their lines
// say, and which of them somebody wants to see. It holds a few lines at a time, however many there are.
//
// Source of the format and of the objects' names: Elastic Load Balancing User Guide, "Access logs for your Application Load
// Balancer".
package accesslog

import (
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"
)

// Entry is a request as the load balancer has seen it. The zero value of a field is what the log has as "-".
type Entry struct {
	Time   time.Time // when the answer was sent, or given up
	Type   string    // http, https, h2, ws, wss, grpcs
	Client string    // address and port
	Target string    // address and port; "" where the request was sent to none
	Method string
	URL    string // whole, as the log has it
	Path   string // of the URL, without its query
	// Status is what the client was answered, and TargetStatus what the target had answered; 0: nothing.
	Status, TargetStatus int
	// Wait is the load balancer's time until the request was sent, Work the target's until its answer began, and Rest that of the
	// answer. Negative: there was none.
	Wait, Work, Rest  time.Duration
	Received, Sent    int64 // bytes
	UserAgent         string
	Domain            string // of the client's TLS
	TraceID           string
	Reason            string // why the load balancer answered itself
	LoadBalancer      string // app/name/id
	TLSVersion        string
	CreatedAt         time.Time // when the request arrived
	Classification    string    // of desync mitigation
	ClassifiedBecause string
}

// Took is the whole time of the request; false where the load balancer doesn't know it.
func (e Entry) Took() (time.Duration, bool) {
	if e.Work < 0 || e.Wait < 0 {
		return 0, false
	}
	return e.Wait + e.Work + max(e.Rest, 0), true
}

// Failed says whether the client was told of an error that isn't its own, or left without an answer.
func (e Entry) Failed() bool { return e.Status >= 500 || e.Status == 0 }

// Class is that of the status, such as 2xx; "-" without one.
func (e Entry) Class() string {
	if e.Status == 0 {
		return "-"
	}
	return strconv.Itoa(e.Status/100) + "xx"
}

// The places of the fields in a line. AWS adds fields at the end.
const (
	atType = iota
	atTime
	atLoadBalancer
	atClient
	atTarget
	atWait
	atWork
	atRest
	atStatus
	atTargetStatus
	atReceived
	atSent
	atRequest
	atUserAgent
	atCipher
	atTLSVersion
	atTargetGroup
	atTraceID
	atDomain
	atCertificate
	atRule
	atCreated
	atActions
	atRedirect
	atReason
	atTargets
	atTargetStatuses
	atClassification
	atClassifiedBecause
	leastFields = atReason + 1 // the rest came later
	mostFields  = 64           // that are looked at
)

// errNoEntry is of a line that isn't one of an access log.
var errNoEntry = errors.New("this is no line of an access log")

// Parse reads a line.
func Parse(line string) (Entry, error) {
	fields := split(line)
	if len(fields) < leastFields {
		return Entry{}, fmt.Errorf("%w: it has %d fields of at least %d", errNoEntry, len(fields), leastFields)
	}
	e := Entry{
		Type: fields[atType], LoadBalancer: fields[atLoadBalancer], Client: fields[atClient], Target: fields[atTarget],
		UserAgent: fields[atUserAgent], TLSVersion: fields[atTLSVersion], TraceID: fields[atTraceID], Domain: fields[atDomain], Reason: fields[atReason],
	}
	if len(fields) > atClassifiedBecause {
		e.Classification, e.ClassifiedBecause = fields[atClassification], fields[atClassifiedBecause]
	}
	var errs []error
	e.Time = instant(fields[atTime], &errs)
	e.CreatedAt = instant(fields[atCreated], &errs)
	e.Wait, e.Work, e.Rest = seconds(fields[atWait], &errs), seconds(fields[atWork], &errs), seconds(fields[atRest], &errs)
	e.Status, e.TargetStatus = int(whole(fields[atStatus], &errs)), int(whole(fields[atTargetStatus], &errs))
	e.Received, e.Sent = whole(fields[atReceived], &errs), whole(fields[atSent], &errs)
	e.Method, e.URL, _ = strings.Cut(fields[atRequest], " ")
	if i := strings.LastIndexByte(e.URL, ' '); i >= 0 { // the protocol
		e.URL = e.URL[:i]
	}
	if e.Method == "-" { // no request at all
		e.Method, e.URL = "", strings.TrimSuffix(e.URL, "-")
	}
	e.Path = pathOf(e.URL)
	if err := errors.Join(errs...); err != nil {
		return Entry{}, fmt.Errorf("%w: %w", errNoEntry, err)
	}
	return e, nil
}

// split takes a line apart at its spaces, but for those in quotes; "-" is nothing. A quote within quotes is written \" or \x22.
func split(line string) []string {
	var fields []string
	for line != "" && len(fields) < mostFields {
		var field string
		if line[0] == '"' {
			end := 1
			for end < len(line) && line[end] != '"' {
				if line[end] == '\\' {
					end++
				}
				end++
			}
			end = min(end, len(line))
			field, line = line[1:end], strings.TrimPrefix(line[end:], `"`)
			line = strings.TrimPrefix(line, " ")
		} else {
			field, line, _ = strings.Cut(line, " ")
		}
		if field == "-" {
			field = ""
		}
		fields = append(fields, field)
	}
	return fields
}

func instant(text string, errs *[]error) time.Time {
	if text == "" {
		return time.Time{}
	}
	t, err := time.Parse(time.RFC3339Nano, text)
	if err != nil {
		*errs = append(*errs, err)
	}
	return t
}

// seconds reads seconds with a fraction; -1 is none.
func seconds(text string, errs *[]error) time.Duration {
	if text == "" || text == "-1" {
		return -1
	}
	d, err := time.ParseDuration(text + "s")
	if err != nil {
		*errs = append(*errs, err)
	}
	return d
}

func whole(text string, errs *[]error) int64 {
	if text == "" {
		return 0
	}
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil {
		*errs = append(*errs, err)
	}
	return n
}

// pathOf is the path of a URL, as it was written.
func pathOf(whole string) string {
	path, _, _ := strings.Cut(whole, "?")
	if _, after, ok := strings.Cut(path, "://"); ok {
		_, path, _ = strings.Cut(after, "/")
		path = "/" + path
	}
	return path
}

// TargetAddress is the address of the target, without its port; "" where the request was sent to none.
func (e Entry) TargetAddress() string {
	host, _, err := net.SplitHostPort(e.Target)
	if err != nil {
		return e.Target
	}
	return host
}
