package nginx

import (
	"cmp"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

// Process is a running nginx.
type Process struct {
	ports  map[int]string // the instance's port -> address on loopback
	pid    int
	cmd    *exec.Cmd
	exited chan struct{}
	stderr *tail
}

// Options say what to run, and where.
type Options struct {
	Program Program
	Dir     string // of the instance; Dir/nginx belongs to this package
	Root    string // the instance's root file system
	// Within is how long nginx may take to listen; 0 means 20 seconds.
	Within time.Duration
}

const startWithin = 20 * time.Second

// nginx runs in its configuration's directory and knows every path from there, so that no path of this machine stands
// in a configuration: nginx can't quote all that a path may have ("$"), expands "*" and "[", and a path may be longer
// than a socket's name.
const prefix = "../conf"

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
// configuration that nginx refuses is what nginx wrote, with the paths as the instance sees them.
func Start(o Options) (*Process, error) {
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
	p := &Process{ports: map[int]string{}, exited: make(chan struct{}), stderr: &tail{}}
	if err := p.prepare(o); err != nil {
		return nil, fmt.Errorf("prepare nginx: %w", err)
	}
	p.cmd = exec.Command(o.Program.Path, o.arguments("daemon off; master_process off;")...)
	p.cmd.Dir = o.conf()
	p.cmd.Stderr = p.stderr
	p.cmd.SysProcAttr = dieWithParent()
	p.cmd.WaitDelay = time.Second // for what a script in nginx's place leaves behind

	started := make(chan error, 1)
	go func() {
		// The parent that the kernel watches is the thread: it must live as long
		// as the process, which it does while locked to this goroutine.
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		started <- err
		if err == nil {
			_ = p.cmd.Wait() // how it ended shows in stderr
		}
		close(p.exited)
	}()
	if err := <-started; err != nil {
		return nil, fmt.Errorf("start %s: %w", o.Program.Path, err)
	}
	p.pid = p.cmd.Process.Pid
	if err := p.ready(o); err != nil {
		p.Kill()
		return nil, err
	}
	return p, nil
}

// prepare writes the rewritten configuration and chooses the ports.
func (p *Process) prepare(o Options) error {
	if err := errors.Join(os.RemoveAll(o.conf()), os.RemoveAll(o.pidFile())); err != nil {
		return err
	}
	root, err := o.rootFromConf()
	if err != nil {
		return err
	}
	for _, dir := range []string{
		filepath.Join(o.Root, "var/log/nginx"), filepath.Join(o.Root, "var/lib/nginx"),
		filepath.Join(o.Root, "run"), filepath.Join(o.Dir, "nginx/tmp"),
	} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return err
		}
	}
	inner := map[int]string{}
	var held []net.Listener // until all are chosen, so that no two are the same
	defer func() {
		for _, l := range held {
			l.Close()
		}
	}()
	rewriter := Rewriter{Root: filepath.ToSlash(root), Port: func(port int, external bool) (string, error) {
		known := inner
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
	}}
	source := filepath.Join(o.Root, "etc", "nginx")
	return filepath.WalkDir(source, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(source, name)
		if err != nil {
			return err
		}
		target := filepath.Join(o.conf(), rel)
		if entry.IsDir() {
			return os.MkdirAll(target, 0o755)
		}
		text, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		out, err := rewriter.Rewrite(string(text))
		if err != nil {
			return err
		}
		if rel == "nginx.conf" {
			out = withTemporaryPaths(out)
		}
		return os.WriteFile(target, []byte(out), 0o644)
	})
}

// withTemporaryPaths keeps nginx from using the directories that were compiled in, without moving any line.
func withTemporaryPaths(conf string) string {
	var paths strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "scgi", "uwsgi"} {
		if !strings.Contains(conf, kind+"_temp_path") {
			fmt.Fprintf(&paths, ` %s_temp_path ../tmp/%s;`, kind, kind)
		}
	}
	return replace(httpBlock, conf, func(m []string) string { return m[0] + paths.String() })
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
			text := o.asInside(p.stderr.String())
			if text == "" {
				text = "nginx ended without a word: " + p.cmd.ProcessState.String()
			}
			return &StartError{Said: text}
		case <-deadline.C:
			return &SlowError{Within: within, Said: o.asInside(p.stderr.String())}
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
	p := &Process{ports: map[int]string{}}
	// A copy of its own, so that a running nginx isn't disturbed.
	o.Dir = filepath.Join(o.Dir, "nginx", "test")
	if err := p.prepare(o); err != nil {
		return fmt.Errorf("prepare nginx: %w", err)
	}
	defer os.RemoveAll(o.Dir)
	ctx, cancel := context.WithTimeout(context.Background(), startWithin)
	defer cancel()
	command := exec.CommandContext(ctx, o.Program.Path, o.arguments("", "-t", "-q")...)
	command.Dir = o.conf()
	command.WaitDelay = time.Second
	if out, err := command.CombinedOutput(); err != nil {
		if text := o.asInside(string(out)); text != "" {
			return errors.New(text)
		}
		return fmt.Errorf("run nginx -t: %w", err)
	}
	return nil
}

// asInside shows paths as the instance sees them, and not what an nginx without -e says first: that it may not write to
// the machine's own log.
func (o Options) asInside(text string) string {
	if root, err := o.rootFromConf(); err == nil {
		text = strings.NewReplacer(prefix+"/"+root, "", root, "", prefix+"/", "/etc/nginx/").Replace(text)
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	lines = slices.DeleteFunc(lines, func(l string) bool { return strings.Contains(l, "could not open error log file") })
	return strings.Join(lines, "\n")
}
