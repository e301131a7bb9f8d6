package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/attempts"
	"github.com/platformctl/platformctl/internal/localcloud/guest/cloudinit"
	"github.com/platformctl/platformctl/internal/localcloud/guest/shell"
)

// say writes a line to the console with the seconds since power on, like a kernel.
func (g *Guest) say(format string, args ...any) {
	since := g.options.Clock.Now().Sub(g.power).Seconds()
	for line := range strings.SplitSeq(strings.TrimRight(fmt.Sprintf(format, args...), "\n"), "\n") {
		g.console.Printf("[%12.6f] %s", since, line)
	}
}

func (g *Guest) cloudInit(format string, args ...any) { g.say("cloud-init[1612]: "+format, args...) }

// boot runs from power on to the end of cloud-init, or of ctx.
func (g *Guest) boot(ctx context.Context) {
	g.say("Linux version 6.1 (Amazon Linux 2023, simulated by platformctl's local cloud)")
	g.say("DMI: Amazon EC2 %s/, BIOS 1.0", g.options.InstanceType)
	var delay time.Duration
	if g.options.BootDelay != nil {
		delay = g.options.BootDelay()
	}
	timer := g.options.Clock.NewTimer(delay)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return
	case <-timer.C():
	}
	if g.options.Hangs != nil && g.options.Hangs() {
		g.say("Kernel panic - not syncing: VFS: Unable to mount root fs on unknown-block(0,0)")
		return // the host stays silent
	}
	g.say("systemd[1]: Hostname set to <%s>.", g.options.LocalHostname)
	g.say("ens5: address %s, instance %s in %s", g.options.PrivateIP, g.options.InstanceID, g.options.AvailabilityZone)
	g.mu.Lock()
	if ctx.Err() != nil {
		g.mu.Unlock()
		return
	}
	g.host = up // from here on the host answers, if only with refusals
	first := !g.record.CloudInitDone
	g.mu.Unlock()

	var failure error
	if first {
		done, err := attempts.Begin(ctx, g.attemptsDir(), "boot", g.options.Alone)
		if ctx.Err() != nil {
			return
		}
		if failure = err; err == nil {
			failure = g.firstBoot(ctx)
		} else {
			g.cloudInit("user data: %v", err)
			g.finalMessage()
		}
		if ctx.Err() != nil {
			if done != nil {
				done()
			}
			return
		}
		g.mu.Lock()
		g.record.CloudInitDone = true
		if failure != nil {
			g.record.Failure = failure.Error()
		}
		g.mu.Unlock()
		if err := g.save(); err != nil {
			failure = errors.Join(failure, err)
		}
		if done != nil {
			done() // now that the record says that it is over
		}
	} else {
		g.cloudInit("modules with frequency once-per-instance already ran, so user data isn't run again.")
		if g.record.Failure != "" {
			failure = errors.New(g.record.Failure)
		}
		if slices.Contains(g.record.Enabled, "nginx") && g.record.Nginx == "" {
			failure = errors.Join(failure, g.systemctl("start", "nginx"))
		}
		g.finalMessage()
	}
	g.mu.Lock()
	g.failure = failure
	g.mu.Unlock()
	g.console.Printf("\nAmazon Linux 2023\nKernel 6.1 on an x86_64 (-)\n\n%s login:", strings.SplitN(g.options.LocalHostname, ".", 2)[0])
}

// firstBoot carries out the user data in the order of cloud-init's stages. As
// there, a module that fails doesn't keep later ones from running.
func (g *Guest) firstBoot(ctx context.Context) error {
	if err := os.MkdirAll(g.root(), 0o755); err != nil {
		return err
	}
	g.cloudInit("Cloud-init running 'init' on %s", g.options.InstanceID)
	config, err := cloudinit.Parse(g.options.UserData, g.options.Metadata)
	if errors.Is(err, cloudinit.ErrNotSimulated) {
		g.cloudInit("not simulated: %v", err)
		g.cloudInit("The local cloud can't boot this instance as AWS would; nothing of its user data was run.")
		return err
	}
	if err != nil {
		g.cloudInit("util.py[WARNING]: %v", err)
		g.finalMessage() // as in cloud-init, which boots without user data then
		return fmt.Errorf("user data: %w", err)
	}
	for _, w := range config.Warnings {
		g.cloudInit("schema.py[WARNING]: cloud-config failed schema validation: %s", w)
	}

	var failures []error
	module := func(stage, name string, f func() error) {
		if ctx.Err() != nil {
			return
		}
		if err := f(); err != nil {
			g.cloudInit("util.py[WARNING]: Running module %s failed: %v", name, err)
			failures = append(failures, fmt.Errorf("cloud-init %s, module %s: %w", stage, name, err))
		}
	}
	module("init", "write_files", func() error { return g.writeFiles(config.Files, false) })
	g.cloudInit("Cloud-init running 'modules:final'")
	module("final", "package_update_upgrade_install", func() error { return g.packages(config) })
	module("final", "write_files_deferred", func() error { return g.writeFiles(config.Files, true) })
	module("final", "scripts_user", func() error { return g.run(config.Commands) })
	g.finalMessage()
	return errors.Join(failures...)
}

// finalMessage is what cloud-init says when a boot has ended, well or not.
// Source: cloud-init documentation, module "Final Message".
func (g *Guest) finalMessage() {
	now := g.options.Clock.Now()
	g.cloudInit("Cloud-init v. 22.2.2 finished at %s. Datasource DataSourceEc2.  Up %.2f seconds",
		now.UTC().Format(time.RFC1123Z), now.Sub(g.power).Seconds())
}

func (g *Guest) writeFiles(files []cloudinit.File, deferred bool) error {
	g.disk.Measure()
	for _, f := range files {
		if f.Defer != deferred {
			continue
		}
		if err := g.writeFile(f); err != nil {
			return err // the module ends here, as in cloud-init
		}
	}
	return nil
}

// mostDepth is how many directories a file may lie below. AWS's instances have a path's 4,096 bytes for it.
const mostDepth = 100

func (g *Guest) writeFile(f cloudinit.File) error {
	user, _, _ := strings.Cut(f.Owner, ":")
	known := slices.Contains([]string{"root", "ec2-user", "nobody"}, user) || user == "nginx" && g.installed("nginx")
	root, err := os.OpenRoot(g.root())
	if err != nil {
		return err
	}
	defer root.Close()
	name := shell.Inside(f.Path)
	depth := strings.Count(name, "/")
	if depth > mostDepth {
		return fmt.Errorf("a file below %d directories: %w", depth, cloudinit.ErrNotSimulated)
	}
	if err := g.disk.TakeFile(root, name, len(f.Content)); err != nil {
		return fmt.Errorf("[Errno 28] %w: '%s'", err, f.Path)
	}
	if err := root.MkdirAll(path.Dir(name), 0o755); err != nil {
		return err
	}
	flags := os.O_CREATE | os.O_WRONLY | os.O_TRUNC
	if f.Append {
		flags = os.O_CREATE | os.O_WRONLY | os.O_APPEND
	}
	out, err := root.OpenFile(name, flags, 0o600)
	if err != nil {
		return err
	}
	defer out.Close()
	if _, err := out.Write(f.Content); err != nil {
		return err
	}
	if !known {
		return fmt.Errorf("Unknown user or group: \"getpwnam(): name not found: '%s'\"", user) //nolint:staticcheck // cloud-init's own words
	}
	return out.Chmod(f.Mode.Perm())
}
