package session

import (
	"fmt"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/runbook"
	"github.com/platformctl/platformctl/internal/state"
)

// madeElsewhere is where the last up of the platform ran, in another directory, whose state
// knows the platform still. It is nil where that was here, or isn't known. The account
// must be bound.
func (s *Session) madeElsewhere() *state.Origin {
	path, err := s.shared(origins)
	if err != nil {
		return nil
	}
	origin := state.ReadOrigin(path)
	if origin == nil || isSame(origin.Directory, s.Dir) || isSame(origin.State, s.Store.Path()) {
		return nil
	}
	if doc, ok := state.Peek(origin.State); !ok || len(doc.Records) == 0 {
		return nil
	}
	return origin
}

// madeHere says whether an up ran in this directory, by this directory's state.
func (s *Session) madeHere() bool {
	doc := s.Store.Document()
	return doc.Known() && doc.Made != nil && isSame(doc.Made.Directory, s.Dir)
}

// SharedName says that another directory's configuration made the platform that this
// one's names, too. It is empty where none did.
func (s *Session) SharedName() []string {
	if origin := s.madeElsewhere(); origin != nil {
		return []string{s.sharedName(origin)}
	}
	return nil
}

func (s *Session) sharedName(origin *state.Origin) string {
	made, by := "platform %s was made in %s", "without a configuration"
	if s.madeHere() {
		made = "the last up of platform %s ran in %s"
	}
	if origin.Config != "" {
		by = "by " + origin.Config
	}
	return fmt.Sprintf(made+", %s; its state is %s; %s names the same platform", s.Config.Name, origin.Directory, by, origin.State, s.near(s.Config.File))
}

// RefuseShared refuses to take down what another directory made whose configuration names
// it still, where this directory never ran an up for it, neither -c nor --state names what is meant, and
// nobody is asked.
func (s *Session) RefuseShared() error {
	origin := s.madeElsewhere()
	if origin == nil || s.Config.File == "" || s.Asks() || s.Global.Config != "" || s.State != "" || s.madeHere() || !namesStill(origin, s.Config.Name) {
		return nil
	}
	command, named := s.Command.CommandPath(), ""
	if name, err := filepath.Rel(origin.Directory, origin.Config); err == nil && name != config.DefaultFile {
		named = " -c " + runbook.Quoted(name)
	}
	return exit.Usage{
		Code: exit.CodeElsewhere,
		Err:  fmt.Errorf("%s", s.sharedName(origin)),
		Hint: fmt.Sprintf("nothing was touched; cd %s && %s%s, or, if that platform is meant here, %s -c %s",
			runbook.Quoted(origin.Directory), command, named, command, runbook.Quoted(s.near(s.Config.File))),
	}
}

// namesStill says whether what made a platform means it still: a configuration that has another name by
// now doesn't. One that can't be read may.
func namesStill(origin *state.Origin, name string) bool {
	if !exists(origin.Directory) || origin.Config != "" && !exists(origin.Config) {
		return false
	}
	if _, ok := origin.Settings["PLATFORMCTL_NAME"]; ok || origin.Config == "" {
		return true
	}
	cfg, err := config.Load(config.Options{Path: origin.Config, Dir: origin.Directory})
	return err != nil || cfg.Name == name
}
