package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/state"
)

// session is one command's work on one platform: its configuration, its cloud
// and its state.
type session struct {
	*Global
	Config  config.Config
	Clients *awsapi.Clients
	Store   *state.Store

	home  string       // of the local cloud; "" on AWS
	leave func() error // gives the local cloud back; nil on AWS
	locks []*state.Lock
	began time.Time
	// pause is as in provision.Run.
	pause time.Duration
	// phases is what took time beside the steps of a plan.
	phases map[string]time.Duration
}

// open reads the configuration, connects to the cloud and opens the state. A
// command that changes anything takes the state's lock first.
func (g *Global) open(ctx context.Context, change bool) (_ *session, err error) {
	cfg, err := config.Load(config.Options{Path: g.Config, Dir: g.Dir, Env: g.Env, Flags: g.command.Flags()})
	if err != nil {
		return nil, err
	}
	s := &session{Global: g, Config: cfg, began: time.Now(), phases: map[string]time.Duration{}}
	if change && s.asks() && !g.InTerminal {
		return nil, usageError{fmt.Errorf("%s on AWS asks first, and there is no terminal to ask on: add --yes", g.command.CommandPath())}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	path := g.statePath(cfg)
	if change {
		if err := s.take(path); err != nil {
			return nil, err
		}
	}
	identity := state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region}
	if s.Store, err = state.Open(path, identity); err != nil {
		return nil, err
	}
	err = s.phase("connect", func() (err error) {
		if s.Clients, err = s.connect(ctx); err != nil || !change {
			return err
		}
		return s.claim(ctx, identity)
	})
	if err != nil {
		return nil, err
	}
	if damage := s.Store.Damage(); damage != nil {
		s.say(damage.String())
	}
	return s, nil
}

// stateDirectory is where a working directory's states are.
const stateDirectory = ".platformctl"

// statePath is where the platform's state is kept.
func (g *Global) statePath(cfg config.Config) string {
	path := g.State
	if path == "" {
		path = filepath.Join(stateDirectory, cfg.Name+".json")
	}
	path = g.inDir(path)
	// It is replaced as a whole, which would put a file in the place of a link.
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			return target
		}
	}
	return path
}

// awsPause is how often to look at what takes AWS minutes: seldom enough for its
// throttling of a whole account's calls, and often enough that nobody waits for it.
const awsPause = 4 * time.Second

// connect is the one place that tells the local cloud and AWS apart.
func (s *session) connect(ctx context.Context) (*awsapi.Clients, error) {
	options := awsapi.Options{Region: s.Config.Region, Version: version().Version, Waiting: func(line string) { s.say(line) }}
	s.pause = awsPause
	if s.Config.Target == config.TargetLocal {
		var err error
		if s.home, err = localcloud.Home(s.get); err != nil {
			return nil, err
		}
		// Before it is looked for: or the end of another command, which finds it
		// empty, could stop it just before this one makes its first object.
		if s.leave, err = localcloud.Use(ctx, s.home); err != nil {
			return nil, err
		}
		cloud, err := localcloud.Ensure(ctx, s.home, s.Exe, s.Config.Local.Latency, s.Config.Name)
		if err != nil {
			return nil, err
		}
		if cloud.LatencyKept != "" {
			s.streams().Warn(fmt.Sprintf("the local cloud keeps its latency %s, not %s: %s", cloud.Latency, s.Config.Local.Latency, cloud.LatencyKept))
		}
		options.Endpoint = cloud.Endpoint
		latency, err := world.ParseLatency(cloud.Latency)
		if err != nil {
			return nil, err
		}
		s.pause = latency.Duration(world.Step{AWS: awsPause})
	}
	clients, err := awsapi.Connect(ctx, options)
	if err == nil && s.Verbose {
		clients.Ledger.OnCall = s.tellCall
	}
	return clients, err
}

// tellCall is what --verbose says of an API call.
func (s *session) tellCall(call awsapi.Made) {
	line := fmt.Sprintf("%s  %s", call.Operation, call.Took.Round(time.Millisecond))
	if call.Err != nil {
		line += "  " + awsapi.Text(call.Err)
	}
	s.say(line)
}

// close gives back the local cloud and the lock.
func (s *session) close() error {
	var errs []error
	if s.leave != nil {
		errs = append(errs, s.leave())
	}
	for _, lock := range s.locks {
		errs = append(errs, lock.Release())
	}
	return errors.Join(errs...)
}

// end closes at the end of a command. What goes wrong then changes nothing of
// what the command did, and so neither its document nor its exit code.
func (s *session) end() { s.warn(s.close()) }

// endEmpty ends, and stops the local cloud where nothing is left in it and no
// other command uses it.
func (s *session) endEmpty(ctx context.Context) {
	s.end()
	if s.home != "" {
		_, err := localcloud.StopIfEmpty(context.WithoutCancel(ctx), s.home)
		s.warn(err)
	}
}

func (s *session) warn(err error) {
	if err != nil {
		s.streams().Warn(err.Error())
	}
}

// url is where a client reaches a load balancer's HTTP listener. On AWS that is
// its DNS name. The local cloud has no DNS, and says itself where its listeners
// are.
func (s *session) url(ctx context.Context, dnsName string) (string, error) {
	if dnsName == "" {
		return "", nil
	}
	if s.home == "" {
		return "http://" + dnsName, nil
	}
	cloud, ok := localcloud.Running(ctx, s.home)
	if !ok {
		return "", fmt.Errorf("the local cloud in %s has stopped", s.home)
	}
	for _, lb := range cloud.LoadBalancers {
		for _, listener := range lb.Listeners {
			if strings.EqualFold(lb.DNSName, dnsName) && listener.Port == blueprint.HTTPPort {
				return "http://" + listener.Address, nil
			}
		}
	}
	return "", nil
}

// asks says whether changes wait for a yes.
func (s *session) asks() bool { return s.Config.Target == config.TargetAWS && !s.Yes && !s.neverAsks }

// mayAct asks before a change on AWS. On the local cloud it never asks.
func (s *session) mayAct(ctx context.Context, show func(), question string) error {
	if !s.asks() {
		return nil
	}
	show()
	yes, err := s.confirm(ctx, question)
	if err != nil {
		return err
	}
	if !yes {
		return errNotConfirmed
	}
	return nil
}

// errNotConfirmed is the error of a command that was answered by anything but
// yes.
var errNotConfirmed = errors.New("not confirmed; nothing was touched")

// phase runs a part of the command and notes how long it took.
func (s *session) phase(name string, run func() error) error {
	began := time.Now()
	defer func() { s.phases[name] += time.Since(began) }()
	return run()
}

// elapsed is the time since the command began, in seconds to the millisecond.
func (s *session) elapsed() float64 {
	return math.Round(time.Since(s.began).Seconds()*1000) / 1000
}

// onErr are the streams with everything on standard error, for what is shown
// on the way to the document.
func onErr(streams report.Streams) report.Streams {
	streams.Out, streams.OutTerminal = streams.Err, streams.Terminal
	return streams
}
