package nginx

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
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
	Binary string
	Dir    string // of the instance; Dir/nginx belongs to this package
	Root   string // the instance's root file system
}

func (o Options) conf() string    { return filepath.Join(o.Dir, "nginx", "conf") }
func (o Options) pidFile() string { return filepath.Join(o.Dir, "nginx", "nginx.pid") }

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
	globals := "daemon off; master_process off; pid \"" + o.pidFile() + "\";"
	p.cmd = exec.Command(o.Binary, "-p", filepath.Join(o.Dir, "nginx"), "-c", filepath.Join(o.conf(), "nginx.conf"),
		"-e", "stderr", "-g", globals)
	p.cmd.Dir = o.Root
	p.cmd.Stderr = p.stderr
	p.cmd.SysProcAttr = dieWithParent()

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
		return nil, fmt.Errorf("start %s: %w", o.Binary, err)
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
	if err := os.RemoveAll(o.conf()); err != nil {
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
	rewriter := Rewriter{Root: o.Root, Conf: o.conf(), Port: func(port int, external bool) (string, error) {
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
			out = withTemporaryPaths(out, filepath.Join(o.Dir, "nginx", "tmp"))
		}
		return os.WriteFile(target, []byte(out), 0o644)
	})
}

// withTemporaryPaths keeps nginx from using the directories that were compiled in, without moving any line.
func withTemporaryPaths(conf, dir string) string {
	var paths strings.Builder
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "scgi", "uwsgi"} {
		if !strings.Contains(conf, kind+"_temp_path") {
			fmt.Fprintf(&paths, ` %s_temp_path "%s/%s";`, kind, dir, kind)
		}
	}
	return replace(httpBlock, conf, func(m []string) string { return m[0] + paths.String() })
}

// ready waits until nginx has written its pid file (it listens by then) or ended.
func (p *Process) ready(o Options) error {
	deadline := time.NewTimer(20 * time.Second)
	defer deadline.Stop()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for {
		if b, err := os.ReadFile(o.pidFile()); err == nil && strings.TrimSpace(string(b)) == fmt.Sprint(p.pid) {
			return nil
		}
		select {
		case <-p.exited:
			text := o.asInside(p.stderr.String())
			if text == "" {
				text = "nginx ended without a word: " + p.cmd.ProcessState.String()
			}
			return errors.New(text)
		case <-deadline.C:
			return fmt.Errorf("nginx didn't start within 20s: %s", p.stderr.String())
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

// Kill ends the process at once and returns when it is gone.
func (p *Process) Kill() {
	_ = p.cmd.Process.Kill() // it may have ended already
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
	command := exec.Command(o.Binary, "-t", "-q", "-p", o.Dir, "-c", filepath.Join(o.conf(), "nginx.conf"),
		"-e", "stderr", "-g", "pid \""+o.pidFile()+"\";")
	if out, err := command.CombinedOutput(); err != nil {
		return errors.New(o.asInside(string(out)))
	}
	return nil
}

// asInside shows paths as the instance sees them.
func (o Options) asInside(text string) string {
	return strings.TrimSpace(strings.NewReplacer(o.conf(), "/etc/nginx", o.Root, "").Replace(text))
}

// Sweep ends an nginx that an earlier life of this program left behind in dir.
func Sweep(o Options) {
	b, err := os.ReadFile(o.pidFile())
	if err != nil {
		return
	}
	defer os.Remove(o.pidFile())
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil || pid <= 1 {
		return
	}
	// Only a process that was started over this very directory is ours.
	line, err := exec.Command("ps", "-o", "command=", "-ww", "-p", fmt.Sprint(pid)).Output()
	if cmdline, readErr := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); readErr == nil {
		line, err = cmdline, nil
	}
	if err == nil && (bytes.Contains(line, []byte(o.conf()))) {
		if left, err := os.FindProcess(pid); err == nil {
			_ = left.Kill() // it may have ended by itself
		}
	}
}

// tail keeps the last of what is written to it.
type tail struct {
	mu sync.Mutex
	b  []byte
}

func (t *tail) Write(p []byte) (int, error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.b = append(t.b, p...)
	if over := len(t.b) - 8<<10; over > 0 {
		t.b = append(t.b[:0], t.b[over:]...)
	}
	return len(p), nil
}

func (t *tail) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	return string(t.b)
}
