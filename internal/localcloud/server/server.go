package server

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/platformctl/platformctl/internal/localcloud/authority"
	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/clients"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dns"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/page"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// goodbye is how long calls that are under way at the end may take to be answered; they
// take a few milliseconds. Clients' connections that never carried a call hold up the
// server's end for as long.
const goodbye = 250 * time.Millisecond

// Options say how a local cloud behaves. The zero value lives in memory, on a free
// loopback port, fast, with the built-in web server in its instances.
type Options struct {
	// Dir keeps the world, so that a local cloud that is stopped or killed goes on where
	// it was. "" means in memory only.
	Dir string
	// Listen is HOST:PORT of the endpoint. "" means the loopback port that Dir had the
	// last time if it is free, else any free one.
	Listen string
	// Expose lets Listen be another address than loopback, has the load balancers' ports at the same, and wants Secret
	// of every call of AWS's API, as its access key, and of the page.
	Expose bool
	// Latency is how long things take to become ready: fast, aws or aws/N; "" means fast.
	Latency string
	// Hurried hurries what traffic meets, too, such as an instance that stops: for tests of
	// states, which measure nothing. No command sets it.
	Hurried bool
	// Nginx is what endpoint.NginxVariable says: the nginx that instances run, or "" for
	// the built-in web server, which also serves where that nginx can't; see NginxUnused.
	Nginx string
	// FixedLatency keeps Ensure of other processes from changing the latency.
	FixedLatency bool
	// Quotas are the account's that aren't AWS's defaults. Those that Faults names
	// replace them.
	Quotas world.Quotas
	// Faults are the faults that it starts with. What is wrong with them is a
	// *faults.Error.
	Faults faults.Config
	// Policies are those of every caller: they allow what may be done. None means everything.
	Policies []policy.Policy
	// Decided, when set, is told of each request that Policies have decided.
	Decided func(policy.Request, policy.Verdict)
	// Clock is the time of the world and the traffic; nil means the machine's.
	Clock clock.Clock
	// Interceptors stand around every API call, outside of Faults.
	Interceptors []wire.Interceptor
	// Record is a directory into which every API call is written with its answer; see
	// package recording. "" means nowhere.
	Record string
	// Version is the program's, for the endpoint file.
	Version string
	// Log takes lines about what the server itself does; nil means nowhere.
	Log io.Writer
}

// Server is a local cloud.
type Server struct {
	options  Options
	services []service.Service
	world    *world.World
	plane    *dataplane.Plane
	dns      *dns.Server
	// authority issues the certificates that ACM says are issued.
	authority *authority.Authority
	blobs     *blobs.Store // the contents of S3's objects
	logs      *logs
	calls     *callLog
	agents    *agents
	meter     *meter
	notifier  *notifier
	api       *wire.Handler
	faults    *faults.Injector
	log       *slog.Logger
	lock      *flock.Flock        // nil in memory
	recorder  *recording.Recorder // nil without Options.Record
	listener  net.Listener
	secret    string // for the routes beside AWS's API, and for all else where it is exposed
	http      *http.Server
	page      *page.Page
	started   time.Time

	nginxUnused string // why instances don't run Options.Nginx
	webServer   string // what they run, for people

	temporary string // directory that is removed at the end; "" with Options.Dir

	stop     chan struct{} // closed when it shall stop
	stopOnce sync.Once
	closed   sync.Once
	closeErr error
}

// New opens a local cloud: its world, its data plane and its port. It answers nothing
// until Serve runs. The caller must Close it. When another process serves the same
// directory the error is an *AlreadyServedError.
func New(o Options) (_ *Server, err error) {
	if o.Log == nil {
		o.Log = io.Discard
	}
	if o.Clock == nil {
		o.Clock = clock.System()
	}
	latency, err := world.ParseLatency(o.Latency)
	if err != nil {
		return nil, fmt.Errorf("open the local cloud: %w", err)
	}
	s := &Server{options: o, services: services.All(), calls: &callLog{}, secret: rand.Text(), log: slog.New(slog.NewTextHandler(o.Log, nil)), stop: make(chan struct{}), started: o.Clock.Now()}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	file, machines := "", filepath.Join(o.Dir, "machines")
	if o.Dir != "" {
		if s.lock, err = lock(o.Dir); err != nil {
			return nil, err
		}
		file = filepath.Join(o.Dir, "world.db")
	} else {
		if s.temporary, err = os.MkdirTemp("", "platformctl-local-"); err != nil {
			return nil, fmt.Errorf("make a directory for the instances: %w", err)
		}
		machines = filepath.Join(s.temporary, "machines")
	}
	if s.world, err = world.Open(file, world.Options{Now: o.Clock.Now, Latency: latency, Quotas: o.Quotas, Hurried: o.Hurried}, service.Kinds(s.services)...); err != nil {
		return nil, err
	}
	s.authority = authority.New(filepath.Join(filepath.Dir(machines), "authority"), o.Clock.Now)
	if s.blobs, err = blobs.Open(filepath.Join(filepath.Dir(machines), "objects")); err != nil {
		return nil, err
	}
	if err := s.prepare(); err != nil {
		return nil, err
	}
	if err := s.sweep(); err != nil {
		return nil, err
	}
	nginx := s.tryNginx(machines)
	host, err := s.trafficHost()
	if err != nil {
		return nil, err
	}
	if s.plane, err = dataplane.Open(dataplane.Options{Dir: machines, Host: host, Clock: o.Clock, Nginx: nginx, Warn: func(text string) { s.log.Warn(text) }}); err != nil {
		return nil, err
	}
	s.meter = &meter{server: s, store: metrics.New(o.Clock.Now), busy: busy{}}
	s.meter.open()
	s.notifier = newNotifier(s)
	s.logs = newLogs(s)
	s.agents = &agents{server: s, running: map[agentTask]context.CancelCauseFunc{}}
	s.faults = faults.NewInjector(o.Clock.Now, s.services, s.world)
	s.faults.OnDecision = o.Decided
	s.faults.SetPolicies(o.Policies)
	s.api = &wire.Handler{Now: o.Clock.Now, OnCall: s.calls.add, Scope: service.Scope(s.services), Interceptors: append(slices.Clone(o.Interceptors), s.faults.Intercept)}
	if err := s.api.Add(service.Operations(s.services, environment(s.world, s.plane, s.faults, s.authority, s.meter.store, s.blobs))...); err != nil {
		return nil, err
	}
	if err := s.SetFaults(o.Faults); err != nil {
		return nil, err
	}
	var api http.Handler = s.api
	if o.Record != "" {
		if s.recorder, err = recording.Open(o.Record); err != nil {
			return nil, err
		}
		api = s.recorder.Handler(api)
	}
	if err := s.openDNS(host); err != nil {
		return nil, err
	}
	if err := s.listen(); err != nil {
		return nil, err
	}
	s.page = s.newPage()
	s.http = newHTTP(s.guard(s.routes(api)), readWithin)
	s.http.ErrorLog = slog.NewLogLogger(s.log.Handler(), slog.LevelWarn)
	return s, nil
}

// The time that clients have.
const (
	readWithin = 30 * time.Second // for a request with its body, of which the API's are 4 MiB at most, and for each part of the answer
	idleWithin = 10 * time.Minute // between two requests
	maxHead    = 64 << 10         // bytes of a request's head

	mostConnections = 2048 // at once
)

// newHTTP is a server whose clients can't hold it up by saying little.
func newHTTP(handler http.Handler, within time.Duration) *http.Server {
	return &http.Server{Handler: handler, ReadHeaderTimeout: min(within, 10*time.Second), ReadTimeout: within, IdleTimeout: idleWithin, MaxHeaderBytes: maxHead}
}

// listen opens the endpoint's port and says in the endpoint file where it is.
func (s *Server) listen() (err error) {
	address := s.options.Listen
	if address == "" {
		address = "127.0.0.1:0"
		if s.options.Dir != "" {
			last, err := endpoint.Read(s.options.Dir)
			if err != nil {
				return err
			}
			if before, ok := loopbackOf(last.Endpoint); ok {
				if s.listener, err = open(before); err != nil {
					s.log.Info("the endpoint's last port is taken, so another is used", "port", before)
				}
			}
		}
	}
	if s.listener == nil {
		if s.listener, err = open(address); err != nil {
			return fmt.Errorf("open the local cloud's endpoint on %s (--listen HOST:PORT chooses another): %w", address, err)
		}
	}
	if !s.options.Expose && !isLoopback(s.listener.Addr()) {
		return fmt.Errorf("open the local cloud's endpoint on %s: that isn't loopback, and it isn't exposed", s.listener.Addr())
	}
	if s.options.Dir == "" {
		return nil
	}
	return endpoint.File{Endpoint: s.Endpoint(), PID: os.Getpid(), Started: s.started, Version: s.options.Version,
		Secret: s.secret, Exposed: s.options.Expose, DNS: s.dns.Address()}.Write(s.options.Dir)
}

func open(address string) (net.Listener, error) {
	return new(net.ListenConfig).Listen(context.Background(), dataplane.Network(address), address)
}

// Endpoint is the URL for AWS_ENDPOINT_URL.
func (s *Server) Endpoint() string { return "http://" + dataplane.Reachable(s.listener.Addr()) }

// Secret opens the routes beside AWS's API, and is the access key of an exposed local cloud.
func (s *Server) Secret() string { return s.secret }

// World is the model behind the endpoint.
func (s *Server) World() *world.World { return s.world }

// SetPolicies replaces Options.Policies.
func (s *Server) SetPolicies(policies []policy.Policy) { s.faults.SetPolicies(policies) }

// Operations is the table of all operations that are simulated.
func (s *Server) Operations() []wire.Operation { return s.api.Operations() }

// Serve answers until ctx ends or a call of the stop route, then closes the local
// cloud. Both are an orderly end, for which it returns nil.
func (s *Server) Serve(ctx context.Context) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Those who follow the log of calls must not hold up the end.
	s.http.BaseContext = func(net.Listener) context.Context { return ctx }
	s.logs.start()
	s.carry(ctx, true) // so that load balancers are there, after a restart, once the endpoint answers
	var following sync.WaitGroup
	following.Go(func() { s.follow(ctx) })
	following.Go(func() { s.meter.run(ctx) })
	following.Go(func() { s.notifier.run(ctx) })
	following.Go(func() { s.page.Follow(ctx) })
	served := make(chan error, 1)
	bound := clients.Bound(s.listener, clients.Limits{Connections: mostConnections, Send: readWithin})
	go func() { served <- s.http.Serve(bound) }()
	s.log.Info("serving", "endpoint", s.Endpoint(), "latency", s.world.Latency(), "directory", s.options.Dir)

	var err error
	select {
	case err = <-served:
		err = fmt.Errorf("serve the local cloud: %w", err)
	case <-ctx.Done():
	case <-s.stop:
	}
	s.log.Info("stopping")
	cancel()
	following.Wait()
	return errors.Join(err, s.Close())
}

// Stop makes Serve end. It doesn't wait for that.
func (s *Server) Stop() { s.stopOnce.Do(func() { close(s.stop) }) }

// Close ends everything: the endpoint, the traffic and the instances' web servers. The
// world stays on disk. Closing twice is fine.
func (s *Server) Close() error {
	s.closed.Do(func() { s.closeErr = s.close() })
	return s.closeErr
}

func (s *Server) close() error {
	s.Stop()
	var errs []error
	if s.http != nil {
		ctx, cancel := context.WithTimeout(context.Background(), goodbye)
		defer cancel()
		if err := s.http.Shutdown(ctx); err != nil {
			_ = s.http.Close() // those that took too long are cut off
		}
	}
	if s.listener != nil {
		if err := s.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	if s.dns != nil {
		errs = append(errs, s.dns.Close())
	}
	if s.plane != nil {
		s.plane.Close()
	}
	if s.logs != nil {
		s.logs.stop() // after the last request
	}
	if s.meter != nil {
		errs = append(errs, s.meter.close())
	}
	if s.world != nil {
		errs = append(errs, s.world.Close())
	}
	if s.recorder != nil {
		errs = append(errs, s.recorder.Close())
	}
	if s.temporary != "" {
		errs = append(errs, os.RemoveAll(s.temporary))
	}
	if s.lock != nil {
		if s.listener != nil {
			errs = append(errs, endpoint.File{Endpoint: s.Endpoint(), Started: s.started, Version: s.options.Version, DNS: s.dns.Address()}.Write(s.options.Dir))
		}
		errs = append(errs, s.lock.Close())
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("close the local cloud: %w", err)
	}
	return nil
}
