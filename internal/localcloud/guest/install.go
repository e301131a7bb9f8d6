package guest

import (
	"fmt"
	"os"
	"path"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/repository"
	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

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
	available := repository.Packages()
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
	root, err := os.OpenRoot(g.root())
	if err != nil {
		return err
	}
	defer root.Close()
	for _, dir := range []string{"etc/nginx/conf.d", "etc/nginx/default.d", "var/log/nginx", "var/lib/nginx/tmp", "run"} {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for name, text := range files {
		target := shell.Inside(name)
		if _, err := root.Stat(target); err == nil && strings.HasPrefix(name, "/etc/") {
			g.cloudInit("warning: %s created as %s.rpmnew", name, name)
			target += ".rpmnew"
		}
		if err := root.MkdirAll(path.Dir(target), 0o755); err != nil {
			return err
		}
		if err := root.WriteFile(target, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
