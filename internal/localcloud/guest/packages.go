package guest

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// repository returns the packages of Amazon Linux 2023 that may be asked for, with
// their files. Only
// nginx has any effect; the others do no more than be there.
func repository() map[string]map[string]string {
	return map[string]map[string]string{
		"nginx": nginxFiles(), "amazon-ssm-agent": nil, "amazon-cloudwatch-agent": nil,
		"curl-minimal": nil, "jq": nil, "unzip": nil, "tar": nil, "python3": nil, "cronie": nil, "rsyslog": nil,
	}
}

// packages is cloud-init's package_update_upgrade_install.
func (g *Guest) packages(c cloudinit.Config) error {
	if !c.PackageUpdate && !c.PackageUpgrade && len(c.Packages) == 0 {
		return nil
	}
	if g.options.Egress != nil {
		if ok, reason := g.options.Egress(); !ok {
			// Every dnf call begins with the repository's mirror list.
			host := "al2023-repos-" + g.options.Region + "-de612dc2.s3.dualstack." + g.options.Region + ".amazonaws.com"
			g.cloudInit("Errors during downloading metadata for repository 'amazonlinux':\n"+
				"  - Curl error (28): Timeout was reached for https://%s/core/mirrors/latest/x86_64/mirror.list [Connection timed out after 30001 milliseconds]\n"+
				"Error: Failed to download metadata for repo 'amazonlinux': Cannot prepare internal mirrorlist: "+
				"Curl error (28): Timeout was reached for https://%s/core/mirrors/latest/x86_64/mirror.list", host, host)
			g.say("platformctl: this instance has no way out to the package repositories: %s", reason)
			return fmt.Errorf("package installation: no way out to the package repositories: %s", reason)
		}
	}
	available := repository()
	var missing []string
	for _, name := range c.Packages {
		if _, ok := available[name]; !ok {
			missing = append(missing, name)
		}
	}
	if missing != nil { // dnf installs all or nothing
		for _, name := range missing {
			g.cloudInit("No match for argument: %s", name)
		}
		g.cloudInit("Error: Unable to find a match: %s", strings.Join(missing, " "))
		return fmt.Errorf("dnf: Unable to find a match: %s", strings.Join(missing, " "))
	}
	for _, name := range c.Packages {
		if g.installed(name) {
			g.cloudInit("Package %s is already installed.", name)
			continue
		}
		if err := g.layDown(available[name]); err != nil {
			return fmt.Errorf("install %s: %w", name, err)
		}
		g.mu.Lock()
		g.record.Installed = append(g.record.Installed, name)
		g.mu.Unlock()
		g.cloudInit("Installed: %s", name)
	}
	if len(c.Packages) > 0 {
		g.cloudInit("Complete!")
	}
	return nil
}

// layDown writes a package's files as rpm does: configuration that is there is
// kept (%config(noreplace)), all else is replaced.
func (g *Guest) layDown(files map[string]string) error {
	for _, dir := range []string{"/etc/nginx/conf.d", "/etc/nginx/default.d", "/var/log/nginx", "/var/lib/nginx/tmp", "/run"} {
		if err := os.MkdirAll(filepath.Join(g.root(), dir), 0o755); err != nil {
			return err
		}
	}
	for name, text := range files {
		target := filepath.Join(g.root(), name)
		if _, err := os.Stat(target); err == nil && strings.HasPrefix(name, "/etc/") {
			g.cloudInit("warning: %s created as %s.rpmnew", name, name)
			target += ".rpmnew"
		}
		if err := os.MkdirAll(filepath.Dir(target), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(target, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}

// run is cloud-init's runcmd, for the commands that are understood. A script goes
// on after a command that failed, and so does this.
func (g *Guest) run(commands []cloudinit.Command) error {
	var failures []error
	for _, c := range commands {
		if err := g.command(c); err != nil {
			failures = append(failures, err)
		}
	}
	return errors.Join(failures...)
}

func (g *Guest) command(c cloudinit.Command) error {
	args := slices.DeleteFunc(words(c), func(a string) bool { return a == "--no-block" || a == "--quiet" })
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
	if err := root.WriteFile(shell.Inside(to), content, 0o644); err != nil {
		g.cloudInit("cp: cannot create regular file '%s': No such file or directory", to)
		return fmt.Errorf("cp: %w", err)
	}
	return nil
}

// plainWords are the characters that mean nothing but themselves to a shell.
const plainWords = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \t-_./:,@+"

// words are a command's arguments. A line for a shell that only separates words by
// blanks has them, too; any other line has none that are understood.
func words(c cloudinit.Command) []string {
	if strings.Trim(c.Shell, plainWords) != "" {
		return nil
	}
	return append(strings.Fields(c.Shell), c.Args...)
}
