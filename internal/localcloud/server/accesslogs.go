package server

import (
	"compress/gzip"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	s3model "github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// deliveryStep is how much time a log file of a load balancer's node has. Source: as of accessLogLine.
func deliveryStep() world.Step { return world.Step{Fast: 5 * time.Second, AWS: 5 * time.Minute} }

// mostWaiting is how many records wait to be written before the traffic waits for them.
const mostWaiting = 1 << 14

// logs are the access logs of all load balancers, on their way into S3. What was recorded is lost where the local cloud is killed
// before the five minutes are over; when it stops, it is delivered.
type logs struct {
	server *Server
	tasks  chan any
	done   chan struct{} // closed when all is delivered; nil while nothing runs

	mu           sync.Mutex
	destinations map[string]elbmodel.LogDestination // by load balancer

	files map[logFileKey]*logFile // of the goroutine that runs
}

type logFileKey struct{ loadBalancer, subnet string }

// logFile is what one node has recorded in one period.
type logFile struct {
	to   elbmodel.LogDestination
	node string // its address
	file *os.File
	gzip *gzip.Writer
}

// What the goroutine is told, beside records.
type (
	recorded struct {
		loadBalancer string
		node         dataplane.Node
		to           elbmodel.LogDestination
		*proxy.Record
	}
	begun struct{ elbmodel.LogDestination } // into which a test file goes
	ended struct{ loadBalancer string }     // what is there is delivered at once
)

func newLogs(s *Server) *logs {
	return &logs{server: s, tasks: make(chan any, mostWaiting), destinations: map[string]elbmodel.LogDestination{}, files: map[logFileKey]*logFile{}}
}

// start begins to write what is recorded.
func (l *logs) start() {
	l.done = make(chan struct{})
	go func() {
		defer close(l.done)
		l.run()
	}()
}

// stop delivers what is there. Nobody may record any more.
func (l *logs) stop() {
	if l.done == nil {
		return
	}
	close(l.tasks)
	<-l.done
}

// take takes the record of a request.
func (l *logs) take(loadBalancer string, node dataplane.Node, r *proxy.Record) {
	l.mu.Lock()
	to, on := l.destinations[loadBalancer]
	l.mu.Unlock()
	if on {
		l.tasks <- recorded{loadBalancer, node, to, r}
	}
}

// follow is told where the logs of all load balancers go. At first, after a restart, none of them is new.
func (l *logs) follow(destinations map[string]elbmodel.LogDestination, first bool) {
	l.mu.Lock()
	before := l.destinations
	l.destinations = destinations
	l.mu.Unlock()
	if maps.Equal(before, destinations) || l.done == nil {
		return
	}
	for arn, to := range before {
		if destinations[arn] != to {
			l.tasks <- ended{arn}
		}
	}
	for arn, to := range destinations {
		if before[arn] != to && !first {
			l.tasks <- begun{to}
		}
	}
}

// run writes records, and delivers at the end of each period.
func (l *logs) run() {
	clock := l.server.options.Clock
	for {
		now, period := clock.Now(), l.server.world.Latency().Duration(deliveryStep())
		timer := clock.NewTimer(now.Truncate(period).Add(period).Sub(now))
		due := false
		for !due {
			select {
			case task, more := <-l.tasks:
				if !more {
					timer.Stop()
					l.deliver("", clock.Now())
					return
				}
				l.do(task)
			case <-timer.C():
				due = true
			}
		}
		l.deliver("", clock.Now().Truncate(period))
	}
}

func (l *logs) do(task any) {
	switch t := task.(type) {
	case recorded:
		l.fail(l.write(t))
	case begun:
		l.fail(l.put(t.LogDestination, t.TestKey(), strings.NewReader("Enable AccessLog for ELB: "+t.Name+" at "+l.server.options.Clock.Now().UTC().Format(time.RFC3339))))
	case ended:
		l.deliver(t.loadBalancer, l.server.options.Clock.Now())
	}
}

func (l *logs) fail(err error) {
	if err != nil {
		l.server.log.Warn("an access log is not delivered", "error", err)
	}
}

func (l *logs) write(r recorded) error {
	key := logFileKey{r.loadBalancer, r.node.SubnetID}
	f := l.files[key]
	if f == nil {
		file, err := os.CreateTemp("", "platformctl-log-")
		if err != nil {
			return fmt.Errorf("write an access log: %w", err)
		}
		f = &logFile{to: r.to, node: r.node.PrivateIP, file: file, gzip: gzip.NewWriter(file)}
		l.files[key] = f
	}
	_, err := io.WriteString(f.gzip, accessLogLine(f.to.ID, "", r.Record)+"\n")
	return err
}

// deliver puts what was written into S3: of one load balancer, or of all.
func (l *logs) deliver(loadBalancer string, end time.Time) {
	for key, f := range l.files {
		if loadBalancer != "" && key.loadBalancer != loadBalancer {
			continue
		}
		delete(l.files, key)
		err := f.gzip.Close()
		if err == nil {
			_, err = f.file.Seek(0, io.SeekStart)
		}
		if err == nil {
			err = l.put(f.to, f.to.Key(end, f.node, strings.ToLower(rand.Text()[:8])), f.file)
		}
		l.fail(errors.Join(err, f.file.Close(), os.Remove(f.file.Name())))
	}
}

// put puts an object where a load balancer's logs go, if the bucket still lets it.
func (l *logs) put(to elbmodel.LogDestination, key string, content io.Reader) error {
	s := l.server
	body, err := s.blobs.Put(content, nil)
	if err != nil {
		return fmt.Errorf("keep an access log: %w", err)
	}
	var loose []string
	err = s.world.Update(to.Region, func(tx *world.Tx) error {
		old, err := s3model.Deliver(tx, to.Bucket, elbmodel.LogDelivery, to.ARN, key, body)
		loose = old
		return err
	})
	if err != nil {
		loose = []string{body.ID}
	}
	return errors.Join(err, s.blobs.Remove(loose...))
}
