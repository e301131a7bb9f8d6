package accesslog

import (
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"iter"
	"maps"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// Lines as the load balancer's guide has them, with other names.
const (
	plain = `http 2026-12-01T10:00:01.123456Z app/shop-alb/50dc6c495c0c9188 192.0.2.7:2817 10.0.1.5:80 0.000 0.012 0.001 200 200 34 366 ` +
		`"GET http://shop.example.com:80/a%20b?x=1 HTTP/1.1" "curl/7.46.0" - - arn:aws:elasticloadbalancing:us-east-1:123456789012:targetgroup/web/73e2d6bc24d8a067 ` +
		`"Root=1-58337262-36d228ad5d99923122bbe354" "-" "-" 0 2026-12-01T10:00:01.110000Z "forward" "-" "-" "10.0.1.5:80" "200" "-" "-" TID_1 "-" "-" "-"`
	refusedLine = `h2 2026-12-01T10:00:02.000000Z app/shop-alb/50dc6c495c0c9188 192.0.2.7:2818 - -1 -1 -1 503 - 34 366 ` +
		`"POST https://shop.example.com:443/ HTTP/2.0" "a \"quoted\" agent" TLS_AES_128_GCM_SHA256 TLSv1.3 - "Root=1-2" "shop.example.com" "arn:x" 0 ` +
		`2026-12-01T10:00:01.990000Z "forward" "-" "-" "-" "-" "Ambiguous" "UndefinedContentLengthSemantics" TID_2 "-" "-" "-"`
	malformed = `http 2026-12-01T10:00:03.000000Z app/shop-alb/50dc6c495c0c9188 192.0.2.7:2819 - -1 -1 -1 400 - 0 272 "- http://shop.example.com:80- -" "-" - - - "-" "-" "-" - 2026-12-01T10:00:03.000000Z "-" "-" "-" "-" "-" "-" "-" TID_3 "-" "-" "-"`
)

func TestParse_ReadsFieldsOfAWSsFormat(t *testing.T) {
	e, err := Parse(plain)
	if err != nil {
		t.Fatal(err)
	}
	want := Entry{
		Time: time.Date(2026, 12, 1, 10, 0, 1, 123456000, time.UTC), Type: "http", Client: "192.0.2.7:2817", Target: "10.0.1.5:80",
		Method: "GET", URL: "http://shop.example.com:80/a%20b?x=1", Path: "/a%20b", Status: 200, TargetStatus: 200,
		Work: 12 * time.Millisecond, Rest: time.Millisecond, Received: 34, Sent: 366, UserAgent: "curl/7.46.0",
		TraceID: "Root=1-58337262-36d228ad5d99923122bbe354", LoadBalancer: "app/shop-alb/50dc6c495c0c9188",
		CreatedAt: time.Date(2026, 12, 1, 10, 0, 1, 110000000, time.UTC),
	}
	if e != want {
		t.Errorf("got\n%+v, want\n%+v", e, want)
	}
	if took, ok := e.Took(); !ok || took != 13*time.Millisecond || e.TargetAddress() != "10.0.1.5" || e.Failed() {
		t.Errorf("it took %v (%t) at %s, failed %t", took, ok, e.TargetAddress(), e.Failed())
	}
	e, err = Parse(refusedLine)
	if _, timed := e.Took(); err != nil || e.Status != 503 || e.TargetStatus != 0 || e.Target != "" || timed || !e.Failed() ||
		e.UserAgent != `a \"quoted\" agent` || e.Classification != "Ambiguous" || e.Domain != "shop.example.com" || e.TLSVersion != "TLSv1.3" {
		t.Errorf("sent to no target: %+v, %v", e, err)
	}
	if e, err = Parse(malformed); err != nil || e.Status != 400 || e.Method != "" || e.Class() != "4xx" {
		t.Errorf("malformed by the client: %+v, %v", e, err)
	}
}

func TestParse_RefusesWhatIsNoEntry(t *testing.T) {
	for _, line := range []string{"", "hello", `"`, `"\`, strings.Replace(plain, "200 200", "OK 200", 1), strings.Replace(plain, "0.012", "soon", 1),
		strings.Replace(plain, "2026-12-01T10:00:01.123456Z", "today", 1), strings.Repeat("- ", 1<<16)} {
		if e, err := Parse(line); err == nil && !e.Time.IsZero() {
			t.Errorf("%.60q was read as %+v", line, e)
		}
	}
}

func TestFilter(t *testing.T) {
	e, _ := Parse(plain)
	for _, tt := range []struct {
		filter Filter
		want   bool
	}{
		{Filter{}, true},
		{Filter{Since: e.Time}, true},
		{Filter{Since: e.Time.Add(1)}, false},
		{Filter{Statuses: []string{"5xx", "200"}}, true},
		{Filter{Statuses: []string{"2xx"}}, true},
		{Filter{Statuses: []string{"5xx"}}, false},
		{Filter{Path: "/a%20b"}, true},
		{Filter{Path: "/*"}, true},
		{Filter{Path: "/a*"}, true},
		{Filter{Path: "/a/*"}, false},
		{Filter{Targets: []string{"10.0.1.5"}}, true},
		{Filter{Targets: []string{"10.0.1.6"}}, false},
	} {
		if got := tt.filter.Wants(e); got != tt.want || tt.filter.Check() != nil {
			t.Errorf("%+v wants it: %t, want %t", tt.filter, got, tt.want)
		}
	}
	for _, bad := range []Filter{{Statuses: []string{"6xx"}}, {Statuses: []string{"error"}}, {Path: "[x"}} {
		if bad.Check() == nil {
			t.Errorf("%+v is taken", bad)
		}
	}
}

// bucketOf is a bucket in memory, whose objects are packed when they are opened.
type bucketOf map[string]func(io.Writer)

func (b bucketOf) List(_ context.Context, prefix, after string) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		for _, key := range slices.Sorted(maps.Keys(b)) {
			if strings.HasPrefix(key, prefix) && key > after && !yield(key, nil) {
				return
			}
		}
	}
}

func (b bucketOf) Open(_ context.Context, key string) (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() {
		packed := gzip.NewWriter(w)
		b[key](packed)
		_ = packed.Close()
		_ = w.Close()
	}()
	return r, nil
}

var shop = Place{Account: "123456789012", Region: "us-east-1", LoadBalancer: "app/shop-alb/50dc6c495c0c9188"}

func key(end time.Time, node string) string {
	return shop.of(end.Add(-time.Second)) + end.Format(endForm) + "_" + node + "_abc123.log.gz"
}

func lineAt(at time.Time) string {
	return strings.Replace(plain, "2026-12-01T10:00:01.123456Z", at.Format("2006-01-02T15:04:05.000000Z"), 1)
}

func TestReader_MergesNodesInTheOrderOfTime(t *testing.T) {
	noon := time.Date(2026, 12, 1, 12, 0, 0, 0, time.UTC)
	at := func(seconds ...int) func(io.Writer) {
		return func(w io.Writer) {
			for _, s := range seconds {
				fmt.Fprintln(w, lineAt(noon.Add(time.Duration(s)*time.Second)))
			}
		}
	}
	b := bucketOf{
		key(noon, "192.0.2.1"):                              at(-20, -10),
		key(noon.Add(interval), "192.0.2.1"):                at(1, 5, 9),
		key(noon.Add(interval), "192.0.2.2"):                at(2, 3, 299),
		key(noon.Add(2*interval), "192.0.2.1"):              at(301),
		"AWSLogs/123456789012/ELBAccessLogTestFile":         func(w io.Writer) { fmt.Fprint(w, "Enable AccessLog") },
		shop.of(noon) + "20261201T1205Z_x_other.txt":        at(4),
		key(noon.Add(-24*time.Hour), "192.0.2.1"):           at(-86401),
		key(noon.Add(3*interval), "192.0.2.9") + ".partial": at(303),
	}
	b[key(noon.Add(2*interval), "192.0.2.2")] = func(w io.Writer) { fmt.Fprintln(w, "no entry"); at(302)(w) }
	var unreadable int
	r := Reader{Objects: b, Place: shop, Unreadable: func(string, error) { unreadable++ }}
	now := noon.Add(10 * time.Minute)
	read := func() (got []int) {
		for e, err := range r.Entries(t.Context(), noon.Add(-15*time.Second), now) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, int(e.Time.Sub(noon).Seconds()))
		}
		return got
	}
	if got, want := read(), []int{-10, 1, 2, 3, 5, 9, 299, 301, 302}; !slices.Equal(got, want) || unreadable != 1 {
		t.Errorf("got %v with %d unreadable, want %v with 1", got, unreadable, want)
	}
	b[key(noon.Add(2*interval), "192.0.2.3")] = at(310) // a node's that is late
	if got, want := read(), []int{310}; !slices.Equal(got, want) {
		t.Errorf("read again: %v, want what is new, %v", got, want)
	}
	now = noon.Add(5 * time.Hour)
	if got := read(); len(got) != 0 {
		t.Errorf("hours later: %v, want nothing again", got)
	}
	b[key(now, "192.0.2.1")] = at(5*3600 - 1)
	if got, want := read(), []int{5*3600 - 1}; !slices.Equal(got, want) {
		t.Errorf("then %v, want %v", got, want)
	}
}

// TestReader_HoldsALineOfEachObject reads a day of a hundred thousand lines; more than a few megabytes never live at once.
func TestReader_HoldsALineOfEachObject(t *testing.T) {
	day := time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC)
	const lines, objects = 100_000, 288 * 2
	b := bucketOf{}
	for n := range objects {
		end := day.Add(time.Duration(n/2+1) * interval)
		text := []byte(lineAt(end.Add(-time.Second)) + "\n")
		b[key(end, fmt.Sprintf("192.0.2.%d", n%2))] = func(w io.Writer) {
			for i := n; i < lines; i += objects {
				_, _ = w.Write(text)
			}
		}
	}
	r, s := Reader{Objects: b, Place: shop}, NewSummary()
	var most uint64
	for e, err := range r.Entries(t.Context(), day, day.Add(24*time.Hour)) {
		if err != nil {
			t.Fatal(err)
		}
		if s.Add(e); s.Requests%20_000 == 0 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	if s.Requests != lines || s.Classes["2xx"] != lines || s.Targets["10.0.1.5"].Requests != lines {
		t.Errorf("it has %d requests, want %d", s.Requests, lines)
	}
	if most > 32<<20 {
		t.Errorf("%d bytes live at once", most)
	}
}

func TestSummary_TellsSlowPathsAndKeepsItsBounds(t *testing.T) {
	s := NewSummary()
	e, _ := Parse(plain)
	for n := range mostPaths + 10 {
		e.Path = fmt.Sprintf("/%d", n)
		s.Add(e)
	}
	for n := range 100 {
		e.Path, e.Status = "/slow", 200
		e.Work = time.Duration(n) * 10 * time.Millisecond
		if n%10 == 0 {
			e.Status = 502
		}
		s.Add(e)
	}
	if len(s.paths) > mostPaths+1 || s.Requests != mostPaths+110 || s.Failed != 10 {
		t.Errorf("it has %d paths, %d requests, %d failed", len(s.paths), s.Requests, s.Failed)
	}
	slow := s.Slowest(1)[0]
	if within, ok := slow.Within(0.95); slow.Name != OtherPaths || !ok || within < 900*time.Millisecond || within > 1200*time.Millisecond {
		t.Errorf("the slowest is %s, within %v", slow.Name, within)
	}
}

func TestShare_WithinIsAtMostAQuarterTooLong(t *testing.T) {
	for _, took := range []time.Duration{0, time.Microsecond, 5 * time.Microsecond, 999 * time.Microsecond, 1234 * time.Millisecond, time.Hour} {
		s := &Share{}
		s.add(Entry{Work: took})
		if got, ok := s.Within(0.95); !ok || got < took || float64(got) > float64(took)*1.25+1000 {
			t.Errorf("%v is within %v", took, got)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, line := range []string{plain, refusedLine, malformed} {
		f.Add(line)
	}
	f.Fuzz(func(t *testing.T, line string) {
		if e, err := Parse(line); err == nil {
			_, _, _ = e.Class(), e.TargetAddress(), e.Failed()
			NewSummary().Add(e)
		}
	})
}
