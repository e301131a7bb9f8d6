//go:build linux && (amd64 || arm64)

package sandbox

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/platformctl/platformctl/internal/testenv"
)

// inside is the last argument of this very program when it runs within the walls. Before it stand the directory outside,
// the one inside, and the ports of TCP, UDP and its own.
const inside = "inside"

func TestMain(m *testing.M) {
	if args := os.Args; args[len(args)-1] == inside {
		tryAll(args[len(args)-6:])
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// tryAll prints what becomes of each thing that a program might do.
func tryAll(args []string) {
	outside, own, tcp, udp, free := args[0], args[1], args[2], args[3], args[4]
	say := func(what string, err error) { fmt.Fprintf(os.Stdout, "%s: %t\n", what, err == nil) }
	_, err := os.ReadFile(filepath.Join(outside, "secret"))
	say("read outside", err)
	_, err = os.ReadFile(filepath.Join(own, "link"))
	say("read by a link", err)
	_, err = os.ReadFile(filepath.Join("/proc/self/root", outside, "secret"))
	say("read by /proc", err)
	_, err = os.ReadDir(outside)
	say("list outside", err)
	_, err = os.ReadDir("/usr/share")
	say("list the system", err)
	say("write outside", os.WriteFile(filepath.Join(outside, "written"), nil, 0o600))
	say("truncate outside", os.Truncate(filepath.Join(outside, "secret"), 0))
	say("remove outside", os.Remove(filepath.Join(outside, "secret")))
	say("link from outside", os.Link(filepath.Join(outside, "secret"), filepath.Join(own, "hard")))
	say("change a mode", os.Chmod(filepath.Join(outside, "secret"), 0o777))
	say("change times", os.Chtimes(filepath.Join(outside, "secret"), time.Time{}, time.Unix(1, 0)))
	say("connect", dial("tcp", "127.0.0.1:"+tcp))
	say("send", dial("udp", "127.0.0.1:"+udp))
	say("connect to a socket", dial("unix", filepath.Join(outside, "socket")))
	say("send at once", fastOpen(tcp))
	say("listen on another port", listen("127.0.0.1:"+free))
	say("listen on a socket", func() error { _, err := net.Listen("unix", filepath.Join(own, "socket")); return err }())
	say("run", exec.Command("/bin/true").Run())
	say("multipath", func() error { _, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 262); return err }())
	say("ring", func() error {
		_, _, e := unix.Syscall(unix.SYS_IO_URING_SETUP, 1, 0, 0)
		if e == unix.EACCES {
			return e
		}
		return nil
	}())

	say("own file", os.WriteFile(filepath.Join(own, "written"), []byte("x"), 0o600))
	say("own port", listen("127.0.0.1:"+os.Args[len(os.Args)-7]))
	say("own owner", os.Chown(filepath.Join(own, "written"), 12345, 12345)) // which changes nothing
}

func dial(network, address string) error {
	c, err := net.Dial(network, address)
	if err == nil {
		_, err = c.Write([]byte("x"))
		c.Close()
	}
	return err
}

func listen(address string) error {
	// net.Listen would ask for Multipath TCP first.
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	_, port, _ := net.SplitHostPort(address)
	n, _ := strconv.Atoi(port)
	return unix.Bind(fd, &unix.SockaddrInet4{Port: n, Addr: [4]byte{127, 0, 0, 1}})
}

// fastOpen sends with the flag that connects.
func fastOpen(port string) error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	n, _ := strconv.Atoi(port)
	return unix.Sendto(fd, []byte("x"), unix.MSG_FASTOPEN, &unix.SockaddrInet4{Port: n, Addr: [4]byte{127, 0, 0, 1}})
}

func TestStart_KeepsProgramIn(t *testing.T) {
	if err := Supported(); err != nil {
		testenv.Missing(t, "landlock", err)
	}
	base, err := os.MkdirTemp("", "sandbox") //nolint:usetesting // a socket's path has little room, and t.TempDir's is long
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(base) })
	outside, own := filepath.Join(base, "outside"), filepath.Join(base, "own")
	secret := filepath.Join(outside, "secret")
	for _, err := range []error{os.Mkdir(outside, 0o755), os.Mkdir(own, 0o755), os.WriteFile(secret, []byte("secret"), 0o644), os.Symlink(secret, filepath.Join(own, "link"))} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var ports []string
	for _, network := range []string{"tcp", "udp", "free", "own"} {
		var address net.Addr
		if network == "udp" {
			c, err := new(net.ListenConfig).ListenPacket(t.Context(), network, "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close() //nolint:gocritic // it is the only one
			address = c.LocalAddr()
		} else {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			if address = l.Addr(); network == "tcp" {
				defer l.Close() //nolint:gocritic // it is the only one
			} else {
				l.Close()
			}
		}
		_, port, _ := net.SplitHostPort(address.String())
		ports = append(ports, port)
	}
	l, err := net.Listen("unix", filepath.Join(outside, "socket"))
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	before, err := os.Stat(secret)
	if err != nil {
		t.Fatal(err)
	}

	ownPort, _ := strconv.Atoi(ports[3])
	var said bytes.Buffer
	cmd := exec.Command(os.Args[0], ports[3], outside, own, ports[0], ports[1], ports[2], inside)
	cmd.Stdout, cmd.Stderr = &said, &said
	ended := make(chan error)
	go func() {
		runtime.LockOSThread()
		err := Start(cmd, Rules{Directories: []string{own}, Ports: []int{ownPort}, MostFile: 1 << 20})
		if err == nil {
			err = cmd.Wait()
		}
		ended <- err
	}()
	if err := <-ended; err != nil {
		t.Fatalf("%v: %s", err, said.String())
	}
	allowed := 0
	for line := range strings.Lines(said.String()) {
		what, may, _ := strings.Cut(strings.TrimSpace(line), ": ")
		if want := strings.HasPrefix(what, "own "); may != strconv.FormatBool(want) {
			t.Errorf("%s: %s, want %t", what, may, want)
		}
		allowed++
	}
	if allowed != 23 {
		t.Errorf("%d things were tried: %s", allowed, said.String())
	}
	after, err := os.Stat(secret)
	if err != nil || after.Mode() != before.Mode() || !after.ModTime().Equal(before.ModTime()) || after.Size() != before.Size() {
		t.Errorf("the file outside is %v, was %v: %v", after, before, err)
	}
	info, err := os.Stat(filepath.Join(own, "written"))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid == 12345 {
		t.Errorf("the file inside: %v, %v", info, err)
	}
	// The test's own thread is free: it was another that took the walls on.
	if _, err := os.ReadFile(secret); err != nil {
		t.Errorf("after the program: %v", err)
	}
}
