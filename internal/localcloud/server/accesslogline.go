package server

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
)

// accessLogLine is a request as the access log has it. Certificate is the ARN of the one that was shown; "" for none.
// Source: Elastic Load Balancing User Guide, "Access log entries".
func accessLogLine(loadBalancer, certificate string, r *proxy.Record) string {
	fields := []string{
		r.Type, r.Done.UTC().Format("2006-01-02T15:04:05.000000Z"), loadBalancer, r.Client.String(), orDash(r.Target),
		logSeconds(r.Waited), logSeconds(r.Worked), logSeconds(r.Relayed), orDash(number(r.Status)), orDash(number(r.TargetStatus)),
		strconv.FormatInt(r.Received, 10), strconv.FormatInt(r.Sent, 10), inQuotes(requestLine(r)), inQuotes(r.UserAgent), orDash(r.Cipher), orDash(r.TLSVersion),
		orDash(r.Group), inQuotes(r.TraceID), inQuotes(r.SNI), inQuotes(certificate), strconv.Itoa(r.Rule),
		r.Arrived.UTC().Format("2006-01-02T15:04:05.000000Z"), inQuotes(r.Action), inQuotes(r.Redirect), inQuotes(""),
		inQuotes(r.Target), inQuotes(number(r.TargetStatus)), inQuotes(r.Tier), inQuotes(""),
		"TID_" + connectionID(r), inQuotes(""), inQuotes(""), inQuotes(""),
	}
	if r.Rule < 0 {
		fields[20] = "-"
	}
	return strings.Join(fields, " ")
}

func orDash(text string) string { return cmp.Or(text, "-") }

// number is a status; "" for none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

// logSeconds is a time in thousandths of a second; -1 for none.
func logSeconds(d time.Duration) string {
	if d < 0 {
		return "-1"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', 3, 64)
}

// requestLine is the request with its whole URL. What was none is written with dashes.
func requestLine(r *proxy.Record) string {
	if r.Method == "" {
		return fmt.Sprintf("- %s://%s:%d- -", r.Scheme, r.Host, r.Port)
	}
	uri := r.URI
	if _, rest, whole := strings.Cut(uri, "://"); whole {
		if i := strings.IndexByte(rest, '/'); i >= 0 {
			uri = rest[i:]
		} else {
			uri = "/"
		}
	}
	return fmt.Sprintf("%s %s://%s:%d%s %s", r.Method, r.Scheme, r.Host, r.Port, uri, r.Version)
}

// inQuotes is a text in quotes, in which nothing ends it.
func inQuotes(text string) string {
	if text == "" {
		return `"-"`
	}
	var b strings.Builder
	b.WriteByte('"')
	for i := range len(text) {
		if c := text[i]; c < ' ' || c > '~' || c == '"' || c == '\\' {
			fmt.Fprintf(&b, `\x%02X`, c)
		} else {
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// connectionID tells connections apart: AWS's own has no meaning that it tells.
func connectionID(r *proxy.Record) string {
	return fmt.Sprintf("%x%04x", r.Client.Addr().AsSlice(), r.Client.Port())
}
