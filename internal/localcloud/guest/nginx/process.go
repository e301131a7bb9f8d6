// Package nginx runs the machine's own nginx as the web server of one simulated instance, one process an instance. What
// the instance's configuration says is not what that nginx reads: a configuration is written for it, from the directives
// that are allowed, with the paths and ports of this machine. Package sandbox keeps it in the instance's files beside.
package nginx

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
	"github.com/platformctl/platformctl/internal/localcloud/guest/sandbox"
)

// Process is a running nginx.
type Process struct {
	ports  map[int]string // the instance's port -> address on loopback
	inner  map[int]string // the same for ports that only the instance reaches
	places []place        // of the configuration's lines
	logs   []string       // files of the instance that it writes
	pid    int
	cmd    *exec.Cmd
	exited chan struct{}
	stderr *tail
}

// Options say what to run, and where.
type Options struct {
	Program Program
	Dir     string     // of the instance; Dir/nginx belongs to this package
	Root    string     // the instance's root file system
	Disk    *disk.Disk // which Root is on; nil is one that is Root's alone
	// Hostname and PrivateIP are the instance's, for a configuration that names them.
	Hostname, PrivateIP string
	// Within is how long nginx may take to listen; 0 means 20 seconds.
	Within time.Duration
}

const startWithin = 20 * time.Second

// nginx runs in its configuration's directory and knows every path from there, so that no path of this machine stands
// in a configuration: nginx can't quote all that a path may have ("$"), expands "*" and "[", and a path may be longer
// than a socket's name.
const prefix = "../conf"

// mainFile is where an instance has its configuration.
const mainFile = "/etc/nginx/nginx.conf"

func (o Options) onDisk() Options {
	o.Disk = cmp.Or(o.Disk, disk.New(o.Root))
	return o
}

func (o Options) conf() string    { return filepath.Join(o.Dir, "nginx", "conf") }
func (o Options) pidFile() string { return filepath.Join(o.Dir, "nginx", "nginx.pid") }

// rootFromConf is Root as nginx reaches it.
func (o Options) rootFromConf() (string, error) { return filepath.Rel(o.conf(), o.Root) }

// arguments are nginx's, after those that one use alone has.
func (o Options) arguments(globals string, first ...string) []string {
	args := slices.Concat(first, []string{"-p", prefix, "-c", "nginx.conf", "-g", globals + " pid ../nginx.pid; " + o.mark()})
	if !o.Program.NoErrorLogFlag {
		args = append(args, "-e", "stderr")
	}
	return args
}

// mark is a comment in nginx's arguments by which Sweep knows it.
func (o Options) mark() string {
	return fmt.Sprintf("# instance %x", sha256.Sum256([]byte(o.conf())))
}

// StartError is an nginx that ended instead of listening.
type StartError struct{ Said string } // on its standard error, with paths as the instance sees them

// Error implements error.
func (e *StartError) Error() string { return e.Said }

// Start starts nginx over the configuration in Root/etc/nginx and returns once it accepts connections. The error of a
// configuration that nginx refuses is what nginx wrote, with the paths as the instance sees them. One that isn't for an
// nginx of this machine is a *NotAllowedError, or an *nginxconf.Emergency, and nothing was started.
func Start(o Options) (*Process, error) {
	o = o.onDisk()
	for attempt := 1; ; attempt++ {
		p, err := start(o)
		// Between choosing a free port and nginx listening on it, another process may have been given it. (nginx
		// can't be handed an open socket: with master_process off it crashes on one.)
		if err != nil && attempt < 5 && strings.Contains(err.Error(), "Address already in use") {
			continue
		}
		return p, err
	}
}

func start(o Options) (*Process, error) {
	p := &Process{exited: make(chan struct{}), stderr: &tail{}}
	if err := p.prepare(o); err != nil {
		return nil, fmt.Errorf("nginx: %w", err)
	}
	if err := p.launch(o); err != nil {
		return nil, err
	}
	return p, nil
}

// launch starts nginx over the configuration that is written, and returns once it listens.
func (p *Process) launch(o Options) error {
	p.cmd = exec.Command(o.Program.Path, o.arguments("daemon off; master_process off;")...)
	p.cmd.Dir = o.conf()
	p.cmd.Stderr = p.stderr
	p.cmd.SysProcAttr = dieWithParent()
	p.cmd.WaitDelay = time.Second // for what a script in nginx's place leaves behind

	rules := p.rules(o)
	var err error
	if rules.MostFile, err = o.Disk.Lend(p.logs); err != nil {
		return &StartError{Said: unmade(err)}
	}
	started := make(chan error, 1)
	go func() {
		// The parent that the kernel watches is the thread: it must live as long as the process, which it does while
		// locked to this goroutine. It ends with it, since nobody else may have a thread with walls around it.
		runtime.LockOSThread()
		err := sandbox.Start(p.cmd, rules)
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended shows in stderr
		}
		o.Disk.Return()
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", o.Program.Path, err)
	}
	p.pid = p.cmd.Process.Pid
	if err := p.ready(o); err != nil {
		p.Kill()
		return err
	}
	return nil
}

// unmade is what nginx says of a file that it can't make.
func unmade(err error) string {
	var at *fs.PathError
	if errors.As(err, &at) && disk.IsFull(err) {
		return fmt.Sprintf("nginx: [emerg] open() %q failed (28: %v)", at.Path, disk.ErrFull)
	}
	return err.Error()
}

// prepare writes the configuration and chooses the ports.
func (p *Process) prepare(o Options) error {
	if err := errors.Join(os.RemoveAll(o.conf()), os.RemoveAll(o.pidFile())); err != nil {
		return err
	}
	prefix, err := o.rootFromConf()
	if err != nil {
		return err
	}
	root, err := os.OpenRoot(o.Root)
	if err != nil {
		return err
	}
	defer root.Close()
	for _, dir := range []string{"var/log/nginx", "var/lib/nginx", "run"} {
		if err := root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	for _, dir := range []string{o.conf(), filepath.Join(o.Dir, "nginx/tmp")} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	tree, err := nginxconf.Parse(root, mainFile)
	if err != nil {
		return err
	}
	p.ports, p.inner = map[int]string{}, map[int]string{}
	var held []net.Listener // until all are chosen, so that no two are the same
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	w := &writer{
		root: root, prefix: filepath.ToSlash(prefix), values: map[string]string{"hostname": o.Hostname, "server_addr": o.PrivateIP},
		port: func(port int, external bool) (string, error) {
			known := p.inner
			if external {
				known = p.ports
			}
			if _, ok := known[port]; !ok {
				l, err := net.Listen("tcp", "127.0.0.1:0")
				if err != nil {
					return "", err
				}
				held = append(held, l)
				known[port] = l.Addr().String()
			}
			return known[port], nil
		},
	}
	if err := w.write(tree, "error_log stderr"); err != nil {
		return err
	}
	p.places, p.logs = w.places, slices.Sorted(maps.Keys(w.logs))
	return os.WriteFile(filepath.Join(o.conf(), "nginx.conf"), []byte(w.text.String()), 0o600)
}

// rules are what nginx may touch.
func (p *Process) rules(o Options) sandbox.Rules {
	r := sandbox.Rules{Directories: []string{o.Root, filepath.Join(o.Dir, "nginx")}}
	for _, ports := range []map[int]string{p.ports, p.inner} {
		for _, address := range ports {
			if _, port, ok := hostAndPort(address); ok {
				r.Ports = append(r.Ports, port)
			}
		}
	}
	return r
}

// ready waits until nginx has written its pid file (it listens by then) or ended.
func (p *Process) ready(o Options) error {
	within := cmp.Or(o.Within, startWithin)
	deadline := time.NewTimer(within)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if b, err := os.ReadFile(o.pidFile()); err == nil && strings.HasSuffix(string(b), "\n") {
			return nil
		}
		select {
		case <-p.exited:
			text := p.asInside(o, p.stderr.String())
			if text == "" {
				text = "nginx ended without a word: " + p.cmd.ProcessState.String()
			}
			return &StartError{Said: text}
		case <-deadline.C:
			return &SlowError{Within: within, Said: p.asInside(o, p.stderr.String())}
		case <-tick.C:
		}
	}
}

// Address is where an instance's port is on loopback.
func (p *Process) Address(port int) (string, bool) {
	a, ok := p.ports[port]
	return a, ok
}

// PID is the process's number.
func (p *Process) PID() int { return p.pid }

// Exited is closed when the process has ended, for whatever reason.
func (p *Process) Exited() <-chan struct{} { return p.exited }

// Kill ends the process at once, with all that it started, and returns when it is gone.
func (p *Process) Kill() {
	kill(p.cmd.Process) // it may have ended already
	<-p.exited
}

// Test asks nginx whether it would start with the configuration.
func Test(o Options) error {
	p := &Process{stderr: &tail{}}
	o = o.onDisk()
	// A copy of its own, so that a running nginx isn't disturbed.
	o.Dir = filepath.Join(o.Dir, "nginx", "test")
	if err := p.prepare(o); err != nil {
		return fmt.Errorf("nginx: %w", err)
	}
	defer os.RemoveAll(o.Dir)
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	command := exec.CommandContext(ctx, o.Program.Path, o.arguments("", "-t", "-q")...)
	command.Dir = o.conf()
	command.Stdout, command.Stderr = p.stderr, p.stderr
	command.WaitDelay = time.Second
	rules := p.rules(o)
	rules.MostFile = disk.Block // it makes its logs, and has nothing to write to them
	if err := o.Disk.Make(p.logs); err != nil {
		return errors.New(unmade(err))
	}
	ended := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // as in start
		err := sandbox.Start(command, rules)
		if err == nil {
			err = command.Wait()
		}
		ended <- err
	}()
	if err := <-ended; err != nil {
		if text := p.asInside(o, p.stderr.String()); text != "" {
			return errors.New(text)
		}
		return fmt.Errorf("run nginx -t: %w", err)
	}
	return nil
}

// lineOfConf is where nginx says that it found something.
var lineOfConf = regexp.MustCompile(`\S*nginx\.conf:(\d+)`)

// asInside shows paths and lines as the instance sees them, and not what an nginx without -e says first: that it may not
// write to the machine's own log.
func (p *Process) asInside(o Options, text string) string {
	text = lineOfConf.ReplaceAllStringFunc(text, func(m string) string {
		line, err := strconv.Atoi(lineOfConf.FindStringSubmatch(m)[1])
		if err != nil || line < 1 || line > len(p.places) {
			return m
		}
		return fmt.Sprintf("%s:%d", p.places[line-1].file, p.places[line-1].line)
	})
	if root, err := o.rootFromConf(); err == nil {
		text = strings.NewReplacer(prefix+"/"+root, "", root, "", prefix+"/", "/etc/nginx/").Replace(text)
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "could not open error log file") })
	return strings.Join(lines, "\n")
}
