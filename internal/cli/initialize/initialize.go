// Package initialize has the command init: the few questions that matter, and the
// commented platform.yaml that it writes. What the file's keys mean is config's.
package initialize

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/atomicfile"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
)

type initOptions struct {
	*session.Global
	Force  bool
	Schema bool
	// Target is that of --target, where it was given.
	Target string
}

// New is `platformctl init`.
func New(g *session.Global) *cobra.Command {
	o := &initOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "init",
		Short: "Write a commented platform.yaml",
		Long: `Write a platform.yaml with every key, its default and a word on what it is for.

On a terminal it asks the few things that matter first. Without one, or with
--yes or --output json, it asks nothing and writes the defaults, which are the
built-in local platform. A file that is there stays as it is, unless --force is
given.

Editors with a YAML language server complete and check the file by the JSON
Schema that its first line names; --schema prints that schema.` + help.Exits(map[int]string{
			exit.OK: "the file is written", exit.Failed: "", exit.WrongUsage: "wrong usage, or the file is there already; nothing was touched",
			exit.Interrupted: "interrupted; nothing was written",
		}),
		Example: `  platformctl init                        # asks, and writes platform.yaml
  platformctl init --yes                  # asks nothing
  platformctl init --target aws -c eu.yaml
  platformctl init --schema`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if target := cmd.Flags().Lookup("target"); target.Changed {
				o.Target = target.Value.String()
			}
			return runInit(cmd.Context(), o)
		},
	}
	cmd.Flags().BoolVar(&o.Force, "force", false, "overwrite a file that is there")
	cmd.Flags().BoolVar(&o.Schema, "schema", false, "print the configuration's JSON Schema instead, and write nothing")
	return cmd
}

func runInit(ctx context.Context, o *initOptions) error {
	if o.Schema {
		_, err := o.Streams.Out.Write(config.Schema())
		return err
	}
	name := o.Config
	if name == "" {
		name = config.DefaultFile
	}
	path := o.InDir(name)
	_, err := os.Lstat(path)
	there := err == nil
	if there && !o.Force {
		return alreadyThere(name) // before anything is asked
	}
	draft := config.NewDraft(o.ConfigOptions())
	if o.Target != "" {
		if problems := draft.Set("target", o.Target); len(problems) > 0 {
			return &config.Error{Problems: problems}
		}
	}
	if o.InTerminal && o.Streams.Terminal && !o.Yes && !o.JSON() {
		if err := askAll(ctx, o.Global, draft, name); err != nil {
			return err
		}
	}
	if err := writeConfig(path, name, config.TemplateFor(draft.Config()), o.Force); err != nil {
		return err
	}
	return o.Emit(struct {
		File        string `json:"file"`
		Overwritten bool   `json:"overwritten"`
	}{name, there}, func() { sayWritten(o, draft.Config(), name, there) })
}

func alreadyThere(name string) error {
	return exit.Usage{Err: fmt.Errorf("%s is there already; --force overwrites it", name)}
}

// writeConfig writes the file whole or not at all. Without force it makes a new one or none.
func writeConfig(path, name, text string, force bool) (err error) {
	if force {
		if target, err := filepath.EvalSymlinks(path); err == nil {
			path = target
		}
		err = atomicfile.Write(path, []byte(text), 0o644)
	} else {
		err = writeNew(path, text)
	}
	switch {
	case errors.Is(err, fs.ErrExist):
		return alreadyThere(name)
	case errors.Is(err, fs.ErrNotExist):
		return exit.Usage{Err: fmt.Errorf("there is no directory %s to write %s in: make it first", filepath.Dir(name), filepath.Base(name))}
	case err != nil:
		return fmt.Errorf("write the configuration: %w", err)
	}
	return nil
}

// writeNew writes a file that must not be there yet, and leaves none that is not whole.
func writeNew(path, text string) error {
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	_, err = file.WriteString(text)
	if err = errors.Join(err, file.Close()); err != nil {
		return errors.Join(err, os.Remove(path))
	}
	return nil
}

// sayWritten says what was written, and what to do next.
func sayWritten(o *initOptions, c config.Config, name string, overwritten bool) {
	wrote, flag := "Wrote", ""
	if overwritten {
		wrote = "Overwrote"
	}
	if name != config.DefaultFile {
		flag = " -c " + name
	}
	streams := o.Present()
	if c.Target == config.TargetLocal {
		what := "a platform"
		if config.TemplateFor(c) == config.Template() {
			what = "the built-in platform"
		}
		streams.Text(fmt.Sprintf("%s %s: %s on the local cloud.", wrote, name, what), "Next: platformctl up"+flag)
		return
	}
	streams.Text(fmt.Sprintf("%s %s: a platform on AWS, in %s.", wrote, name, c.Region),
		fmt.Sprintf("Next: platformctl plan%s, which only reads, and then platformctl up%s, which asks before it makes anything. "+
			"From then on it costs money, until platformctl down%s has ended.", flag, flag, flag))
}
