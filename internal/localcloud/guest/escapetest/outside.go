// Package escapetest has configurations by which an instance tries to leave its files and its network, and a piece of
// this machine around it that notices: files, listeners and a socket that nothing may touch. Tests alone use it.
package escapetest

import (
	"crypto/rand"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Outside is what an instance may neither read, write nor reach. Its directory's parent is free for the instance's own.
type Outside struct {
	Dir    string
	canary string // in each of its files
	socket string
	tcp    net.Listener
	udp    net.PacketConn
	unix   net.Listener
	calls  chan string // the addresses of those who reached a listener
	before map[string]string
}

// New makes it. It is as it was when the test began until Check says otherwise.
func New(t *testing.T) *Outside {
	t.Helper()
	base, err := os.MkdirTemp("", "escape") //nolint:usetesting // a socket's path has little room, and t.TempDir's is long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	o := &Outside{Dir: filepath.Join(base, "outside"), canary: "canary" + rand.Text(), socket: filepath.Join(base, "s"), calls: make(chan string, 1000)}
	for name, text := range map[string]string{
		"secret.txt": o.canary + ":x\n", "secret.conf": o.canary + " " + o.canary + ";\n", "secret.pem": "-----BEGIN " + o.canary + "-----\n",
		"module.so": o.canary, "module.pm": o.canary, "module.js": o.canary, "module.lua": o.canary, "index.html": o.canary, "secret.txt.gz": o.canary,
		"whole.conf": "events {} http { server { listen 80; location / { return 200 " + o.canary + "; } } }",
	} {
		if err := os.MkdirAll(o.Dir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(o.Dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if o.tcp, err = net.Listen("tcp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	if o.unix, err = net.Listen("unix", o.socket); err != nil {
		t.Fatal(err)
	}
	if o.udp, err = new(net.ListenConfig).ListenPacket(t.Context(), "udp", "127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	for _, l := range []net.Listener{o.tcp, o.unix} {
		go func() {
			for {
				c, err := l.Accept()
				if err != nil {
					return
				}
				o.calls <- c.RemoteAddr().String()
				c.Close()
			}
		}()
	}
	go func() {
		for {
			_, from, err := o.udp.ReadFrom(make([]byte, 1))
			if err != nil {
				return
			}
			o.calls <- from.String()
		}
	}()
	t.Cleanup(func() { o.tcp.Close(); o.unix.Close(); o.udp.Close() })
	o.before = o.snapshot(t)
	return o
}

// Fill puts this machine's places into a text of an escape.
func (o *Outside) Fill(text string) string {
	return strings.NewReplacer(
		"@OUT@", o.Dir, "@UP@", strings.Repeat("/..", 20)+o.Dir, "@SOCK@", o.socket,
		"@TCP@", port(o.tcp.Addr()), "@UDP@", port(o.udp.LocalAddr()),
	).Replace(text)
}

func port(a net.Addr) string {
	_, p, _ := net.SplitHostPort(a.String())
	return p
}

// snapshot is what there is, by path: mode, owner, time and content.
func (o *Outside) snapshot(t *testing.T) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(o.Dir, func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := entry.Info()
		if err != nil {
			return err
		}
		all[name] = fmt.Sprint(info.Mode(), info.ModTime(), owner(info))
		if info.Mode().IsRegular() {
			text, err := os.ReadFile(name)
			if err != nil {
				return err
			}
			all[name] += fmt.Sprintf(" %x", sha256.Sum256(text))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Check fails the test where something outside was read, written or reached. seen is all that the instance said; all
// files beside Dir are looked through, too.
func (o *Outside) Check(t *testing.T, seen string) {
	t.Helper()
	if strings.Contains(seen, o.canary) {
		t.Errorf("a file outside was read:\n%s", seen)
	}
	for _, name := range o.containing(t, o.canary) {
		t.Errorf("a file outside is now in %s", name)
	}
	after := o.snapshot(t)
	for name, was := range o.before {
		if after[name] != was {
			t.Errorf("%s was %s, is %s", name, was, after[name])
		}
	}
	for name := range after {
		if o.before[name] == "" {
			t.Errorf("%s was made", name)
		}
	}
	for _, who := range o.callers(t) {
		t.Errorf("somebody else was reached, from %s", who)
	}
}

// callers are those who reached a listener until now. To know that, it calls each of them itself: calls come in order.
func (o *Outside) callers(t *testing.T) (others []string) {
	t.Helper()
	named := net.Dialer{LocalAddr: &net.UnixAddr{Name: o.socket + rand.Text()[:8], Net: "unix"}}
	for _, to := range []struct {
		dialer  net.Dialer
		address net.Addr
	}{{address: o.tcp.Addr()}, {address: o.udp.LocalAddr()}, {named, o.unix.Addr()}} {
		c, err := to.dialer.Dial(to.address.Network(), to.address.String())
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		if to.address.Network() == "udp" {
			if _, err := c.Write([]byte("x")); err != nil {
				t.Fatal(err)
			}
		}
		for who := range o.calls {
			if who == c.LocalAddr().String() {
				break
			}
			others = append(others, who)
		}
	}
	return others
}

// containing returns the instance's regular files that have a text in them.
func (o *Outside) containing(t *testing.T, text string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(filepath.Dir(o.Dir), func(name string, entry fs.DirEntry, err error) error {
		if name == o.Dir {
			return fs.SkipDir
		}
		if err != nil || !entry.Type().IsRegular() {
			return err
		}
		content, err := os.ReadFile(name)
		if strings.Contains(string(content), text) {
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}
