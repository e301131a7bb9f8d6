package session

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/runbook"
)

// ConfigOptions are where the configuration of a command comes from.
func (g *Global) ConfigOptions() config.Options {
	options := config.Options{Path: g.Config, Dir: g.Dir, Env: g.Env}
	if g.Command != nil {
		options.Flags = g.Command.Flags()
		options.ProfileRegion = func() (region, source string) { return awsapi.ProfileRegion(g.Command.Context(), g.Get) }
	}
	return options
}

// Load reads the configuration. Where none is named and none has the default's name,
// several that could be meant are refused: the built-in platform is none of them.
func (g *Global) Load() (config.Config, error) {
	cfg, err := config.Load(g.ConfigOptions())
	if err != nil || cfg.File != "" {
		return cfg, err
	}
	switch others := config.Candidates(g.Dir); len(others) {
	case 0:
	case 1:
		g.Present().Warn(fmt.Sprintf("this is the built-in platform: %s is not read unless -c names it", others[0]))
	default:
		return config.Config{}, exit.Usage{
			Code: exit.CodeConfiguration,
			Err:  fmt.Errorf("there are several configurations in %s, and none is named: %s", g.Dir, strings.Join(others, ", ")),
			Hint: fmt.Sprintf("nothing was touched; -c names the one that is meant, as in %s -c %s", g.Command.CommandPath(), runbook.Quoted(others[0])),
		}
	}
	return cfg, nil
}

// configPath is the absolute path of the configuration that was read; "" of none.
func (s *Session) configPath() string {
	if s.Config.File == "" {
		return ""
	}
	return absolute(s.InDir(s.Config.File))
}

// absolute is a path from the root.
func absolute(path string) string {
	if full, err := filepath.Abs(path); err == nil {
		return full
	}
	return path
}

// isSame says whether two paths are of one file or directory that is there.
func isSame(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errors.Join(errA, errB) == nil && os.SameFile(infoA, infoB)
}

// exists says whether there is something at a path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}
