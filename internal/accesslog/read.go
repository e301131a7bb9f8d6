package accesslog

import (
	"bufio"
	"compress/gzip"
	"container/heap"
	"context"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"
)

// Objects are what a bucket has.
type Objects interface {
	// List gives the keys that begin with the prefix and come after another, in their order.
	List(ctx context.Context, prefix, after string) iter.Seq2[string, error]
	// Open reads an object.
	Open(ctx context.Context, key string) (io.ReadCloser, error)
}

// Place is where a load balancer's logs are.
type Place struct {
	Prefix  string // that the load balancer was given, without a slash at its end; "" for none
	Account string
	Region  string
	// LoadBalancer is the name and the ID in its ARN, as app/shop-alb/50dc6c495c0c9188.
	LoadBalancer string
}

const (
	// interval is how much time an object has: a load balancer's node writes one every five minutes.
	interval = 5 * time.Minute
	// late is how long after its time an object may come. AWS promises nothing: it is a bound of ours for what is looked for again.
	late = 20 * time.Minute

	endForm = "20060102T1504Z"
)

// of is how the keys of one day's objects begin.
func (p Place) of(day time.Time) string {
	prefix := p.Prefix
	if prefix != "" {
		prefix += "/"
	}
	return fmt.Sprintf("%sAWSLogs/%s/elasticloadbalancing/%s/%s/%s_elasticloadbalancing_%s_%s_", prefix, p.Account, p.Region,
		day.Format("2006/01/02"), p.Account, p.Region, strings.ReplaceAll(p.LoadBalancer, "/", "."))
}

// endOf is the end of the time of an object, by its key; false where that is none of a log.
func endOf(key, prefix string) (time.Time, bool) {
	rest, ok := strings.CutPrefix(key, prefix)
	if !ok || !strings.HasSuffix(rest, ".log.gz") {
		return time.Time{}, false
	}
	text, _, _ := strings.Cut(rest, "_")
	end, err := time.Parse(endForm, text)
	return end, err == nil
}

// Reader reads a load balancer's log. It opens the objects of one time at once, one a node, and holds a line of each.
type Reader struct {
	Objects Objects
	Place   Place
	// Unreadable is told of what could not be read as a log: a line, or an object. Nil: nobody is.
	Unreadable func(key string, err error)

	seen map[string]time.Time // keys that were read, by the end of their time
	from time.Time            // what ended before isn't looked for again
}

// Entries gives the requests since a time that are in the log, up to now, those of each five minutes in their order. What was
// given before isn't given again, so that a caller who follows the log calls it time and again.
func (r *Reader) Entries(ctx context.Context, since, now time.Time) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		if r.seen == nil {
			r.seen = map[string]time.Time{}
		}
		for keys, err := range r.batches(ctx, since, now) {
			if err != nil {
				yield(Entry{}, err)
				return
			}
			if !r.merge(ctx, keys, since, yield) {
				return
			}
		}
		r.from = now.Add(-late)
		for key, end := range r.seen {
			if end.Before(r.from) {
				delete(r.seen, key)
			}
		}
	}
}

// mostAtOnce is how many objects are open at a time.
const mostAtOnce = 128

// batches gives the keys of objects whose times end together.
func (r *Reader) batches(ctx context.Context, since, now time.Time) iter.Seq2[[]string, error] {
	return func(yield func([]string, error) bool) {
		var batch []string
		var of time.Time
		flush := func() bool {
			all := batch
			batch = nil
			return len(all) == 0 || yield(all, nil)
		}
		last := now.UTC().Add(interval).Truncate(24 * time.Hour)
		from := since.UTC()
		if r.from.After(from) {
			from = r.from.UTC()
		}
		for day := from.Truncate(24 * time.Hour); !day.After(last); day = day.Add(24 * time.Hour) {
			prefix := r.Place.of(day)
			for key, err := range r.Objects.List(ctx, prefix, prefix+from.Format(endForm)) {
				if err != nil {
					yield(nil, err)
					return
				}
				end, ok := endOf(key, prefix)
				if _, again := r.seen[key]; !ok || again {
					continue
				}
				if (!end.Equal(of) || len(batch) == mostAtOnce) && !flush() {
					return
				}
				of, batch = end, append(batch, key)
				r.seen[key] = end
			}
		}
		flush()
	}
}

// merge gives the entries of some objects in the order of their times.
func (r *Reader) merge(ctx context.Context, keys []string, since time.Time, yield func(Entry, error) bool) bool {
	var open streams
	defer func() {
		for _, s := range open {
			s.close()
		}
	}()
	for _, key := range keys {
		s, err := r.open(ctx, key)
		if err != nil {
			if ctx.Err() != nil {
				return yield(Entry{}, ctx.Err())
			}
			delete(r.seen, key)
			if !yield(Entry{}, fmt.Errorf("read %s: %w", key, err)) {
				return false
			}
			continue
		}
		if s.next() {
			open = append(open, s)
		} else {
			s.close()
		}
	}
	heap.Init(&open)
	for len(open) > 0 {
		if err := ctx.Err(); err != nil {
			return yield(Entry{}, err)
		}
		s := open[0]
		if !s.entry.Time.Before(since) && !yield(s.entry, nil) {
			return false
		}
		if s.next() {
			heap.Fix(&open, 0)
			continue
		}
		heap.Pop(&open)
		s.close()
	}
	return true
}

// stream is an object that is being read.
type stream struct {
	key        string
	lines      *bufio.Scanner
	entry      Entry // the next
	unreadable func(key string, err error)
	body       io.Closer
}

// longestLine bounds a line: a URL has 16 KB at most, and what is in it is written four times as long.
const longestLine = 1 << 20

func (r *Reader) open(ctx context.Context, key string) (*stream, error) {
	body, err := r.Objects.Open(ctx, key)
	if err != nil {
		return nil, err
	}
	s := &stream{key: key, body: body, unreadable: r.Unreadable}
	if s.unreadable == nil {
		s.unreadable = func(string, error) {}
	}
	unpacked, err := gzip.NewReader(body)
	if err != nil {
		s.unreadable(key, err)
		s.lines = bufio.NewScanner(strings.NewReader(""))
		return s, nil
	}
	s.lines = bufio.NewScanner(unpacked)
	s.lines.Buffer(make([]byte, 0, 64<<10), longestLine)
	return s, nil
}

// next reads the next entry; false at the end.
func (s *stream) next() bool {
	for s.lines.Scan() {
		entry, err := Parse(s.lines.Text())
		if err == nil {
			s.entry = entry
			return true
		}
		s.unreadable(s.key, err)
	}
	if err := s.lines.Err(); err != nil {
		s.unreadable(s.key, err)
	}
	return false
}

func (s *stream) close() { _ = s.body.Close() } // it was read

// streams is a heap of them, by the time of the next entry.
type streams []*stream

func (s streams) Len() int           { return len(s) }
func (s streams) Less(a, b int) bool { return s[a].entry.Time.Before(s[b].entry.Time) }
func (s streams) Swap(a, b int)      { s[a], s[b] = s[b], s[a] }
func (s *streams) Push(x any)        { *s = append(*s, x.(*stream)) }
func (s *streams) Pop() any {
	last := (*s)[len(*s)-1]
	*s = (*s)[:len(*s)-1]
	return last
}
