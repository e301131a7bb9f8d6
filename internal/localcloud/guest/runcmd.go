package guest

import (
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// run is cloud-init's runcmd, for the commands that are understood. A script goes
// on after a command that failed, and so does this.
func (g *Guest) run(commands []cloudinit.Command) error {
	var failures []error
	g.disk.Measure()
	for _, c := range commands {
		if err := g.command(c); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (g *Guest) command(c cloudinit.Command) error {
	args := slices.DeleteFunc(c.Words(), func(a string) bool { return a == "--no-block" || a == "--quiet" })
	now := slices.Contains(args, "--now")
	args = slices.DeleteFunc(args, func(a string) bool { return a == "--now" })
	switch {
	case len(args) == 2 && path.Base(args[0]) == "nginx" && args[1] == "-t":
		return g.testNginx()
	case len(args) == 3 && path.Base(args[0]) == "cp" && path.IsAbs(args[1]) && path.IsAbs(args[2]):
		return g.copyFile(args[1], args[2])
	case len(args) == 2 && path.Base(args[0]) == "systemctl" && args[1] == "daemon-reload":
		return nil
	case len(args) == 3 && path.Base(args[0]) == "systemctl":
		service := strings.TrimSuffix(args[2], ".service")
		switch action := args[1]; action {
		case "enable":
			if err := g.systemctl(action, service); err != nil || !now {
				return err
			}
			return g.systemctl("start", service)
		case "start", "restart", "reload", "reload-or-restart":
			if !now {
				return g.systemctl(action, service)
			}
		}
	}
	g.cloudInit("not simulated: %s", c)
	return fmt.Errorf("runcmd %q: %w", c.String(), cloudinit.ErrNotSimulated)
}

// copyFile is cp of one file to another, or into a directory.
func (g *Guest) copyFile(from, to string) error {
	root, err := os.OpenRoot(g.root())
	if err != nil {
		return err
	}
	defer root.Close()
	content, err := root.ReadFile(shell.Inside(from))
	if err != nil {
		g.cloudInit("cp: cannot stat '%s': No such file or directory", from)
		return fmt.Errorf("cp: %w", err)
	}
	if info, err := root.Stat(shell.Inside(to)); err == nil && info.IsDir() {
		to = path.Join(to, path.Base(from))
	}
	if err := g.disk.TakeFile(root, shell.Inside(to), len(content)); err != nil {
		g.cloudInit("cp: error writing '%s': %v", to, err)
		return fmt.Errorf("cp: %w", err)
	}
	if err := root.WriteFile(shell.Inside(to), content, 0o644); err != nil {
		g.cloudInit("cp: cannot create regular file '%s': No such file or directory", to)
		return fmt.Errorf("cp: %w", err)
	}
	return nil
}
