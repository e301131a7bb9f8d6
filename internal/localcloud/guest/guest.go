// Package guest is what runs inside one simulated instance: a root directory, the boot with cloud-init, a console, and a
// web server (the machine's nginx, or the built-in one) on a loopback address.
//
// Below it, cloudinit reads user data, shell runs scripts, repository has packages, console keeps what is written, and
// nginx and webserver are the two web servers. It knows nothing of the network around the instance beyond two questions:
// may packages be fetched (Options.Egress), and where is a port (Guest.Address).
package guest

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/atomicfile"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/guest/attempts"
	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/console"
	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
)

// Options describe the instance. Clock, Dir and the metadata are required.
type Options struct {
	cloudinit.Metadata
	UserData []byte
	// Egress says whether the package repositories can be reached, and if not,
	// why. It is called while packages are installed. Nil: they can.
	Egress func() (ok bool, reason string)
	// BootDelay says the time from power on to the network being up, at each power on; nil is none.
	BootDelay func() time.Duration
	// Hangs says, at each power on, that the system never comes up; nil is that it does.
	Hangs func() bool
	// ShutdownDelay is the least time from the order to shut down to silence: services end first, and refuse connections.
	ShutdownDelay time.Duration
	// Busy says whether requests are in flight that the instance has to answer; those
	// are what a service that ends in good order waits for. Nil: none are.
	Busy  func() bool
	Clock clock.Clock
	// Warn is told what the one who runs this program should know. Nil: nobody.
	Warn func(text string)
	// Alone is what instances share whose boots or scripts run again after this program ended in them. Nil: none do.
	Alone attempts.Alone
	Dir   string        // owned by the guest; removed by Terminate
	Nginx nginx.Program // of the machine; the zero Program is the built-in server
}

// PortState is what a connection attempt to a port of the instance meets.
type PortState int

// The states of a port.
const (
	Silent PortState = iota // the host isn't there: packets get no answer
	Closed                  // the host refuses the connection
	Open
)

// Guest is one simulated instance. Its methods may be called at any time from any goroutine.
type Guest struct {
	options Options
	console *console.Console
	disk    *disk.Disk

	mu      sync.Mutex
	host    hostState
	failure error // why the boot failed
	web     webServer
	closing bool // the web server takes no new connections: it is about to end
	record  record
	life    context.Context    // from power on to power off
	cancel  context.CancelFunc // of life
	booted  chan struct{}      // closed when the boot in progress ended
	power   time.Time          // when the machine was switched on
}

type hostState int

const (
	off hostState = iota
	starting
	up
	stopping
	terminated
)

// record is what survives a stop, and the end of this program.
type record struct {
	CloudInitDone bool     `json:"cloud_init_done"`
	Failure       string   `json:"failure,omitempty"`
	Installed     []string `json:"installed"`
	Enabled       []string `json:"enabled"`
	// Nginx is why its unit is down since the last power on, by systemd's name of the
	// state, "inactive" or "failed"; empty where it isn't, or was never up.
	Nginx string `json:"nginx,omitempty"`
}

// New opens the instance in its directory, switched off. An instance that was there before keeps its files;
// cloud-init doesn't run again, unless it had been cut short.
func New(o Options) (*Guest, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("open instance %s: %w", o.InstanceID, err)
	}
	g := &Guest{options: o, record: record{Installed: []string{"amazon-ssm-agent"}, Enabled: []string{"amazon-ssm-agent"}}}
	g.disk = disk.New(g.root())
	sweep(o)
	b, err := os.ReadFile(g.recordFile())
	switch {
	case errors.Is(err, fs.ErrNotExist): // new, or killed in the middle of its first boot
		if err := os.RemoveAll(g.root()); err != nil {
			return nil, fmt.Errorf("open instance %s: %w", o.InstanceID, err)
		}
	case err != nil:
		return nil, fmt.Errorf("open instance %s: %w", o.InstanceID, err)
	default:
		if err := json.Unmarshal(b, &g.record); err != nil {
			return nil, fmt.Errorf("open instance %s: read %s: %w", o.InstanceID, g.recordFile(), err)
		}
	}
	if g.console, err = console.Open(filepath.Join(o.Dir, "console.log")); err != nil {
		return nil, fmt.Errorf("open instance %s: %w", o.InstanceID, err)
	}
	return g, nil
}

func (g *Guest) root() string        { return filepath.Join(g.options.Dir, "rootfs") }
func (g *Guest) attemptsDir() string { return filepath.Join(g.options.Dir, "attempts") }
func (g *Guest) recordFile() string  { return filepath.Join(g.options.Dir, "guest.json") }

// Start switches the instance on and returns at once. It does nothing while the instance is on.
func (g *Guest) Start() {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.host != off {
		return
	}
	ctx, cancel := context.WithCancel(context.Background()) // ended by Stop and its like
	g.host, g.life, g.cancel, g.booted, g.failure = starting, ctx, cancel, make(chan struct{}), nil
	g.power = g.options.Clock.Now()
	go func(done chan struct{}) {
		defer close(done)
		g.boot(ctx)
	}(g.booted)
}

// Stop switches the instance off at once, as one that loses its power: files stay. Shutdown is the orderly way.
func (g *Guest) Stop() {
	g.halt(off)
	g.forgetUnits()
}

// Close is the end of this program: when it runs again, the instance will have been on all along.
func (g *Guest) Close() { g.halt(off) }

// Terminate ends the instance for good and removes its directory.
func (g *Guest) Terminate() error {
	g.halt(terminated)
	if err := os.RemoveAll(g.options.Dir); err != nil {
		return fmt.Errorf("terminate instance %s: %w", g.options.InstanceID, err)
	}
	return nil
}

func (g *Guest) halt(to hostState) {
	g.mu.Lock()
	if g.host == terminated {
		g.mu.Unlock()
		return
	}
	cancel, booted := g.cancel, g.booted
	g.host = to
	if cancel != nil {
		cancel() // under the lock, so that a boot can't come up after this
	}
	g.mu.Unlock()
	if booted != nil {
		<-booted
	}
	g.StopService()
}

// StopService kills the web server's process; the host lives on and refuses connections.
func (g *Guest) StopService() {
	g.mu.Lock()
	web := g.web
	g.web = nil
	g.mu.Unlock()
	if web != nil {
		web.Kill()
	}
}

// StartService starts the web server again. It fails if the instance isn't up or has no web server that would start.
func (g *Guest) StartService() error {
	g.mu.Lock()
	ready := g.host == up
	g.mu.Unlock()
	if !ready {
		return fmt.Errorf("start nginx on instance %s: the instance isn't running", g.options.InstanceID)
	}
	if err := g.startNginx(); err != nil {
		return fmt.Errorf("start nginx on instance %s: %w", g.options.InstanceID, err)
	}
	return nil
}

// Address is where a port of the instance is on loopback ("127.0.0.1:n"), and
// what a connection to it meets. The address is empty unless the port is open.
func (g *Guest) Address(port int) (string, PortState) {
	g.mu.Lock()
	defer g.mu.Unlock()
	switch g.host {
	case up:
	case stopping:
		return "", Closed
	default:
		return "", Silent
	}
	if g.web == nil || g.closing {
		return "", Closed
	}
	select {
	case <-g.web.Exited():
		return "", Closed
	default:
	}
	if address, ok := g.web.Address(port); ok {
		return address, Open
	}
	return "", Closed
}

// Console is the last 64 KB that the instance wrote to its console.
func (g *Guest) Console() string { return g.console.String() }

// Booted waits until the boot in progress has ended and returns why it failed, if it did.
func (g *Guest) Booted(ctx context.Context) error {
	g.mu.Lock()
	booted := g.booted
	g.mu.Unlock()
	if booted == nil {
		return fmt.Errorf("instance %s was never started", g.options.InstanceID)
	}
	select {
	case <-booted:
	case <-ctx.Done():
		return fmt.Errorf("wait for instance %s to boot: %w", g.options.InstanceID, ctx.Err())
	}
	return g.Failure()
}

// Failure is why cloud-init failed, or nil. A failed boot leaves the host up.
func (g *Guest) Failure() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failure
}

func (g *Guest) installed(name string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Contains(g.record.Installed, name)
}

// save makes the record durable.
func (g *Guest) save() error {
	g.mu.Lock()
	defer g.mu.Unlock()
	b, err := json.Marshal(g.record)
	if err != nil {
		return err
	}
	return atomicfile.Write(g.recordFile(), b, 0o600)
}
