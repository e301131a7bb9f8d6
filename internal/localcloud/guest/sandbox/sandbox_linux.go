//go:build amd64 || arm64

package sandbox

import (
	"errors"
	"fmt"
	"os/exec"
	"os/signal"

	"github.com/landlock-lsm/go-landlock/landlock"
	llsys "github.com/landlock-lsm/go-landlock/landlock/syscall"
	"golang.org/x/sys/unix"
)

// leastABI is the first Landlock that bounds TCP, of Linux 6.7.
const leastABI = 4

// mostMemory bounds the memory that the program writes to, in bytes.
const mostMemory = 1 << 30

// nullDevice is what a program may read and write beside its directories.
const nullDevice = "/dev/null"

// Supported says why this system can't keep a program in; nil where it can.
func Supported() error {
	switch version, err := llsys.LandlockGetABIVersion(); {
	case err != nil:
		return fmt.Errorf("this system has no Landlock to keep a program in its instance: %w", err)
	case version < leastABI:
		return fmt.Errorf("this system's Landlock (ABI %d) can't bound a program's network; Linux 6.7 (ABI %d) or later can", version, leastABI)
	}
	return nil
}

// Start starts a command that is kept in from its first instruction on. The walls are the calling thread's, and what it
// starts inherits them. So the caller must have locked its goroutine to the thread, and must end it locked: the thread
// ends with it then. The command's environment is replaced.
func Start(cmd *exec.Cmd, r Rules) error {
	if err := Supported(); err != nil {
		return err
	}
	rules, err := r.landlock(cmd.Path)
	if err != nil {
		return err
	}
	// Later kernels bound more: signals, abstract and named sockets, UDP. What they don't have, seccomp has.
	fd, flags, err := landlock.V11.BestEffort().NewRulesetFD(rules...)
	if err != nil {
		return fmt.Errorf("keep %s in its directories: %w", cmd.Path, err)
	}
	if fd < 0 {
		return errors.New("this system's Landlock restricts nothing")
	}
	defer unix.Close(fd)
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("give up new privileges: %w", err)
	}
	if err := llsys.LandlockRestrictSelf(fd, flags); err != nil {
		return fmt.Errorf("keep %s in its directories: %w", cmd.Path, err)
	}
	if err := filter(); err != nil {
		return fmt.Errorf("keep %s off the network: %w", cmd.Path, err)
	}
	cmd.Env = []string{
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL=C",
		"OPENSSL_CONF=" + nullDevice, // the machine's own isn't for it
	}
	// The program inherits this, and goes on where a file is full. A program in Go goes on in either case.
	signal.Ignore(unix.SIGXFSZ)
	if err := cmd.Start(); err != nil {
		return err
	}
	for resource, most := range map[int]uint64{unix.RLIMIT_DATA: mostMemory, unix.RLIMIT_FSIZE: uint64(max(0, r.MostFile)), unix.RLIMIT_CORE: 0} {
		limit := unix.Rlimit{Cur: most, Max: most}
		if err := unix.Prlimit(cmd.Process.Pid, resource, &limit, nil); err != nil && !errors.Is(err, unix.ESRCH) {
			return errors.Join(fmt.Errorf("bound the memory and the files of %s: %w", cmd.Path, err), cmd.Process.Kill(), cmd.Wait())
		}
	}
	return nil
}

// landlock are the rules in Landlock's form, for a program.
func (r Rules) landlock(program string) ([]landlock.Rule, error) {
	files, directories, err := needs(program)
	if err != nil {
		return nil, err
	}
	rules := []landlock.Rule{
		landlock.ROFiles(files...).IgnoreIfMissing(), landlock.RODirs(directories...).IgnoreIfMissing(),
		landlock.RWFiles(nullDevice), landlock.RWDirs(r.Directories...),
	}
	for _, port := range r.Ports {
		rules = append(rules, landlock.BindTCP(uint16(port))) //nolint:gosec // a port has 16 bits
	}
	return rules, nil
}
