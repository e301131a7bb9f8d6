package session

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/state"
)

// Session is one command's work on one platform: its configuration, its cloud
// and its state.
type Session struct {
	*Global
	Config  config.Config
	Clients *awsapi.Clients
	Store   *state.Store

	// Home is the local cloud's; "" on AWS.
	Home  string
	Began time.Time
	// StartedAgain says that this command started the local cloud, in which the platform was made before.
	StartedAgain bool
	// Second is as in apply.Run.
	Second time.Duration
	// Phases is what took time beside the steps of a plan.
	Phases map[string]time.Duration

	options awsapi.Options // of the clients, but for their region

	page         string // the local cloud's, for browsers
	startedCloud bool   // the local cloud started after the command began

	leave func() error // gives the local cloud back; nil on AWS
	locks []*state.Lock
	own   *state.Lock // that of the state
}

// Open reads the configuration, connects to the cloud and opens the state. A
// command that changes anything takes the state's lock first.
func (g *Global) Open(ctx context.Context, change bool) (_ *Session, err error) {
	cfg, err := g.Load()
	if err != nil {
		return nil, err
	}
	s := &Session{Global: g, Config: cfg, Began: time.Now(), Phases: map[string]time.Duration{}}
	if change && s.Asks() && !g.InTerminal {
		return nil, exit.Usage{Err: fmt.Errorf("%s on AWS asks first, and there is no terminal to ask on: add --yes", g.Command.CommandPath())}
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.close())
		}
	}()
	path := g.StatePath(cfg)
	if change {
		if err := s.take(path); err != nil {
			return nil, err
		}
		if len(s.locks) > 0 { // not where its dead holder was passed over
			s.own = s.locks[0]
		}
	}
	identity := state.Identity{Platform: cfg.Name, Target: string(cfg.Target), Region: cfg.Region}
	if s.Store, err = state.Open(path, identity); err != nil {
		return nil, err
	}
	err = s.Phase("connect", func() (err error) {
		if s.Clients, err = s.connect(ctx); err != nil {
			return err
		}
		if change {
			err = s.claim(ctx)
		}
		if err == nil {
			err = s.checkOrigin(ctx)
		}
		if err == nil && change {
			err = s.Store.Repair()
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	s.StartedAgain = s.startedCloud && len(s.Store.Document().Records) > 0
	if s.StartedAgain {
		s.Say("the local cloud was not running: it was started again, and its instances boot")
	}
	if damage := s.Store.Damage(); damage != nil {
		s.Present().Warn(damage.String())
	}
	return s, nil
}

// OpenCloud connects to the configuration's cloud, for a command that is about no one platform: it opens no state, and takes
// no lock. The session has no Store.
func (g *Global) OpenCloud(ctx context.Context) (*Session, error) {
	cfg, err := g.Load()
	if err != nil {
		return nil, err
	}
	s := &Session{Global: g, Config: cfg, Began: time.Now(), Phases: map[string]time.Duration{}}
	if s.Clients, err = s.connect(ctx); err != nil {
		return nil, errors.Join(err, s.close())
	}
	return s, nil
}

// StateDirectory is where a working directory's states are.
const StateDirectory = ".platformctl"

// StatePath is where the platform's state is kept.
func (g *Global) StatePath(cfg config.Config) string {
	path := g.State
	if path == "" {
		path = filepath.Join(StateDirectory, cfg.Name+".json")
	}
	path = g.InDir(path)
	// It is replaced as a whole, which would put a file in the place of a link.
	if info, err := os.Lstat(path); err == nil && info.Mode()&fs.ModeSymlink != 0 {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			return target
		}
	}
	return path
}

// tellCall is what --verbose says of an API call.
func (s *Session) tellCall(call awsapi.EndedCall) {
	line := fmt.Sprintf("%s  %s", call.Operation, call.Took.Round(time.Millisecond))
	if call.Err != nil {
		line += "  " + awsapi.Text(call.Err)
	}
	s.Say(line)
}

// close gives back the local cloud and the lock.
func (s *Session) close() error {
	var errs []error
	if s.leave != nil {
		errs = append(errs, s.leave())
	}
	for _, lock := range s.locks {
		if lock == s.own {
			errs = append(errs, lock.Discard())
			continue
		}
		errs = append(errs, lock.Release())
	}
	return errors.Join(errs...)
}

// End closes at the end of a command. What goes wrong then changes nothing of
// what the command did, and so neither its document nor its exit code.
func (s *Session) End() { s.Warn(s.close()) }

// EndEmpty ends, and stops the local cloud where nothing is left in it and no
// other command uses it. It reports whether it stopped.
func (s *Session) EndEmpty(ctx context.Context) (stopped bool) {
	s.End()
	if s.Home != "" {
		var err error
		stopped, err = daemon.StopIfEmpty(context.WithoutCancel(ctx), s.Home)
		s.Warn(err)
	}
	return stopped
}

// Warn shows an error that changes nothing of what the command did; nil is none.
func (s *Session) Warn(err error) {
	if err != nil {
		s.Present().Warn(err.Error())
	}
}

// Asks says whether changes wait for an answer.
func (s *Session) Asks() bool { return s.Config.Target == config.TargetAWS && !s.Yes && !s.NeverAsks }

// MayAct asks before a change on AWS. On the local cloud it never asks.
func (s *Session) MayAct(ctx context.Context, show func(), question string) error {
	if !s.Asks() {
		return nil
	}
	show()
	yes, err := s.Confirm(ctx, question)
	if err != nil {
		return err
	}
	if !yes {
		return exit.ErrNotConfirmed
	}
	return nil
}

// MayDelete has the platform's name typed before all of it is deleted on AWS.
func (s *Session) MayDelete(ctx context.Context, show func()) error {
	if !s.Asks() {
		return nil
	}
	show()
	question := fmt.Sprintf("All of this is deleted from AWS. Type the platform's name, %s, to go on:", s.Config.Name)
	typed, err := s.Ask(ctx, bufio.NewReader(s.In), question)
	if err != nil && !errors.Is(err, io.EOF) {
		return err
	}
	if typed != s.Config.Name {
		return exit.ErrNotTyped
	}
	return nil
}

// Phase runs a part of the command and notes how long it took.
func (s *Session) Phase(name string, run func() error) error {
	began := time.Now()
	defer func() { s.Phases[name] += time.Since(began) }()
	return run()
}

// Elapsed is the time since the command began, in seconds to the millisecond.
func (s *Session) Elapsed() float64 {
	return math.Round(time.Since(s.Began).Seconds()*1000) / 1000
}
