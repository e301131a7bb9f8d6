package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Platform is the name of the platform on every site.
const Platform = "shop"

// Options say what a site is like.
type Options struct {
	// Exe is the binary, see [Build].
	Exe string
	// Dir holds all of the site; it is made where it isn't there. What an earlier site left there goes on.
	Dir string
	// Faults are the local cloud's troubles.
	Faults faults.Config
	// Latency is the local cloud's: fast, aws or aws/N; "" is fast.
	Latency string
	// Quotas are the account's; zero fields are AWS's defaults.
	Quotas world.Quotas
	// Apart is the command of a program that calls [ServeApart] with its last argument: then the local cloud is a process
	// of its own, which can be killed, and Site.Cloud is nil. None: it runs in this process.
	Apart []string
}

// Site is a working directory with a platform's configuration and state, and a local cloud that serves it alone.
type Site struct {
	// Cloud is the local cloud itself; nil with Options.Apart.
	Cloud *server.Server
	// Proxy stands between the binary and the cloud.
	Proxy *Proxy
	// Strangers are the IDs of objects that aren't the platform's: no check counts them.
	Strangers map[string]bool

	options Options
	latency string
	apart   *apart     // nil without Options.Apart
	ended   chan error // of the cloud
}

// Open makes a site, or opens the one that is in the directory. The caller must Close it.
func Open(ctx context.Context, o Options) (_ *Site, err error) {
	s := &Site{options: o, latency: o.Latency}
	if s.latency == "" {
		s.latency = "fast"
	}
	for _, dir := range []string{s.Work(), filepath.Dir(s.State()), s.Temporary(), endpoint.Directory(s.home())} {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return nil, fmt.Errorf("make the site %s: %w", o.Dir, err)
		}
	}
	if err := s.serve(ctx); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Close())
		}
	}()
	if s.Proxy, err = openProxy(s.Endpoint()); err != nil {
		return nil, err
	}
	return s, s.announce()
}

// serve starts the local cloud.
func (s *Site) serve(ctx context.Context) (err error) {
	told := setup{Dir: endpoint.Directory(s.home()), Listen: "127.0.0.1:0", Latency: s.options.Latency, Faults: s.options.Faults, Quotas: s.options.Quotas}
	if len(s.options.Apart) > 0 {
		s.apart = &apart{command: s.options.Apart, setup: told}
		return s.apart.start()
	}
	if s.Cloud, err = told.open(); err != nil {
		return err
	}
	s.ended = make(chan error, 1)
	go func() { s.ended <- s.Cloud.Serve(context.WithoutCancel(ctx)) }()
	return nil
}

// announce makes commands find the proxy where they look for their local cloud.
func (s *Site) announce() error {
	path := filepath.Join(endpoint.Directory(s.home()), "endpoint.json")
	data, err := os.ReadFile(path)
	if err != nil {
		return fmt.Errorf("find the local cloud: %w", err)
	}
	var endpoint map[string]any
	if err := json.Unmarshal(data, &endpoint); err != nil {
		return fmt.Errorf("find the local cloud: %s: %w", path, err)
	}
	endpoint["endpoint"] = s.Proxy.URL
	if data, err = json.Marshal(endpoint); err != nil {
		return err
	}
	return os.WriteFile(path, data, 0o600)
}

// Close stops the local cloud. All that is on disk stays.
func (s *Site) Close() error {
	var errs []error
	if s.Proxy != nil {
		errs = append(errs, s.Proxy.close())
	}
	if s.apart != nil {
		return errors.Join(append(errs, s.apart.stop())...)
	}
	s.Cloud.Stop()
	return errors.Join(append(errs, <-s.ended)...)
}

// Work is the working directory.
func (s *Site) Work() string { return filepath.Join(s.options.Dir, "work") }

// State is the path of the platform's state file.
func (s *Site) State() string { return filepath.Join(s.Work(), ".platformctl", Platform+".json") }

// Temporary is the binary's directory for temporary files.
func (s *Site) Temporary() string { return filepath.Join(s.options.Dir, "tmp") }

// home is the binary's PLATFORMCTL_HOME. As the local cloud knows its place by its absolute path, so does the site.
func (s *Site) home() string { return filepath.Join(s.options.Dir, "home") }
