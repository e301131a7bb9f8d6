package session

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"path/filepath"
	"reflect"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/runbook"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/state"
)

// checkOrigin refuses what this directory has no part in. Without a configuration here
// the built-in platform is meant, and that may have the name of one that somebody else
// made; with one, its name says which platform is meant.
func (s *Session) checkOrigin(ctx context.Context) error {
	if s.Config.File != "" || s.Store.Damage() != nil {
		return nil
	}
	if doc := s.Store.Document(); doc.Known() {
		return s.checkMade(doc.Made)
	}
	if err := provision.BindAccount(ctx, s.Clients, s.Store); err != nil {
		return err
	}
	var origin *state.Origin
	if path, err := s.shared(origins); err == nil {
		origin = state.ReadOrigin(path)
	}
	if origin != nil {
		if isSame(origin.Directory, s.Dir) {
			return s.checkMade(&origin.Made) // its state was lost
		}
		if doc, ok := state.Peek(origin.State); ok && len(doc.Records) > 0 {
			return s.elsewhere(origin)
		}
	}
	there, err := provision.IsThere(ctx, s.Clients, provision.OwnerOf(s.Config, state.Document{}))
	if err != nil || !there {
		return err
	}
	return s.elsewhere(origin)
}

// origins is the directory of the home that says where platforms were made.
const origins = "platforms"

// checkMade refuses, without a configuration, what was made by one that is there still,
// and what was made in another directory of which this one is a copy.
func (s *Session) checkMade(made *state.Made) error {
	switch {
	case made == nil:
		return nil
	case made.Config != "" && exists(made.Config):
		if !isSame(made.Directory, s.Dir) {
			return s.elsewhere(&state.Origin{Made: *made})
		}
		name := made.Config
		if inside, err := filepath.Rel(made.Directory, made.Config); err == nil {
			name = inside
		}
		return exit.Usage{
			Code: exit.CodeConfiguration,
			Err:  fmt.Errorf("platform %s was made by %s, which is not named, and there is no %s in %s", s.Config.Name, name, config.DefaultFile, s.Dir),
			Hint: fmt.Sprintf("nothing was touched; %s -c %s means that platform", s.Command.CommandPath(), runbook.Quoted(name)),
		}
	case made.Config != "" && s.wasProtected():
		return exit.Usage{
			Code: exit.CodeConfiguration,
			Err:  fmt.Errorf("platform %s was made by %s, which protects it (protect: true) and isn't there any more", s.Config.Name, made.Config),
			Hint: "nothing was touched; put the configuration back, or name another of this platform with -c",
		}
	case s.State == "" && exists(made.Directory) && !isSame(made.Directory, s.Dir):
		return s.elsewhere(&state.Origin{Made: *made})
	}
	return nil
}

// wasProtected says whether the last up that ended well went by a configuration that protects the platform.
func (s *Session) wasProtected() bool {
	var applied struct{ Protect bool }
	err := json.Unmarshal(s.Store.Document().Applied, &applied)
	return err == nil && applied.Protect
}

// elsewhere is the error of a platform that another directory made. Origin is nil where
// nobody knows which.
func (s *Session) elsewhere(origin *state.Origin) error {
	name, command := s.Config.Name, s.Command.CommandPath()
	if origin == nil {
		return exit.Usage{
			Code: exit.CodeElsewhere,
			Err: fmt.Errorf("platform %s is there, and was not made in %s, which has neither a configuration nor a state of it; "+
				"where it was made is not known on this machine", name, s.Dir),
			Hint: fmt.Sprintf("nothing was touched; run %s where it was made, or name its configuration with -c", command),
		}
	}
	by := "without a configuration"
	hint := fmt.Sprintf("cd %s && %s", runbook.Quoted(origin.Directory), command)
	if origin.Config != "" {
		by = "by " + origin.Config
		if name, err := filepath.Rel(origin.Directory, origin.Config); err == nil && name != config.DefaultFile {
			hint += " -c " + runbook.Quoted(name)
		}
	}
	hint = "nothing was touched; " + hint
	if !exists(origin.Directory) {
		hint = fmt.Sprintf("nothing was touched; %s is gone: name the platform's configuration with -c, or write one here with platformctl init", origin.Directory)
	}
	return exit.Usage{
		Code: exit.CodeElsewhere,
		Err:  fmt.Errorf("platform %s was made in %s, %s; there is no configuration in %s", name, origin.Directory, by, s.Dir),
		Hint: hint,
	}
}

// RecordOrigin notes, before the first change of an up, where it is run and what it goes
// by: in the state, and for commands in other directories in the home.
func (s *Session) RecordOrigin() error {
	made := state.Made{Directory: absolute(s.Dir), Config: s.configPath(), Settings: s.settings()}
	if before := s.Store.Document().Made; before == nil || !reflect.DeepEqual(*before, made) {
		if err := s.Store.Update(func(d *state.Document) { d.Made = &made }); err != nil {
			return err
		}
	}
	path, err := s.shared(origins)
	origin := state.Origin{Made: made, State: absolute(s.Store.Path())}
	if before := state.ReadOrigin(path); err == nil && (before == nil || !reflect.DeepEqual(*before, origin)) {
		err = origin.Write(path)
	}
	if err != nil {
		s.Warn(fmt.Errorf("commands in other directories won't know where this platform was made: %w", err))
	}
	return nil
}

// ForgetOrigin forgets where a platform was made that is gone.
func (s *Session) ForgetOrigin() {
	path, err := s.shared(origins)
	if err == nil {
		err = state.RemoveOrigin(path)
	}
	s.Warn(err)
}

// settings are the variables and flags that set a key, with digests of their values.
func (s *Session) settings() map[string]string {
	var digests map[string]string
	for name, value := range config.Given(s.ConfigOptions()) {
		if digests == nil {
			digests = map[string]string{}
		}
		sum := sha256.Sum256([]byte(value))
		digests[name] = hex.EncodeToString(sum[:6])
	}
	return digests
}
