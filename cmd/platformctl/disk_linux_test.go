package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/testenv"
)

// mountsVariable is set where this program may mount what it likes, because
// nobody else sees it.
const mountsVariable = "PLATFORMCTL_TEST_MOUNTS"

// mounts is the condition [mounts].
func mounts() bool { return os.Getenv(mountsVariable) != "" }

// diskStories are those that need disks of their own. TestStories skips them.
const diskStories = "^state-(full|read-only)$"

// TestStories_OnFullDisk runs them in a mount namespace of their own,
// which ends with its process: also where the test is killed, the machine keeps
// no mount.
func TestStories_OnFullDisk(t *testing.T) {
	if mounts() {
		return
	}
	t.Parallel()
	stories := func() *exec.Cmd {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.v", "-test.run=^TestStories$/"+diskStories)
		cmd.Env = append(os.Environ(), mountsVariable+"=yes")
		return cmd
	}
	cmd := stories()
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER | syscall.CLONE_NEWNS,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	err := cmd.Start()
	if err != nil && os.Geteuid() == 0 {
		// Some machines keep user namespaces from everybody.
		cmd = stories()
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNS}
		cmd.Stdout, cmd.Stderr = &out, &out
		err = cmd.Start()
	}
	if err != nil {
		testenv.Missing(t, "mounts", fmt.Errorf("no mount namespace: %w", err))
	}
	err = cmd.Wait()
	if err != nil || strings.Count(out.String(), "--- PASS: TestStories/state-") != 2 {
		t.Errorf("%v:\n%s", err, out.String())
	}
	t.Log(out.String())
}

// disk is "disk VERB DIRECTORY …": a disk that can be filled, or closed.
//
//	mount DIRECTORY SIZE   make it a disk of its own
//	resize DIRECTORY SIZE  make that disk larger
//	fill DIRECTORY         leave no space on it
//	empty DIRECTORY        take away what filled it
//	read-only DIRECTORY    let nobody write to it, root not excepted
//	writable DIRECTORY     undo that
func disk(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: disk VERB DIRECTORY …, with a verb of disk_linux_test.go")
	}
	dir := ts.MkAbs(args[1])
	filler := filepath.Join(dir, "filler")
	size := "size=" + strings.Join(args[2:], "")
	remount := func(flags uintptr, data string) { ts.Check(syscall.Mount("", dir, "", syscall.MS_REMOUNT|flags, data)) }
	switch args[0] {
	case "mount":
		ts.Check(os.MkdirAll(dir, 0o700))
		// So that it stays in this namespace. It changes nothing the second time.
		ts.Check(syscall.Mount("", "/", "", syscall.MS_REC|syscall.MS_PRIVATE, ""))
		ts.Check(syscall.Mount("tmpfs", dir, "tmpfs", 0, size))
		ts.Defer(func() {
			if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
				ts.Logf("unmount %s: %v", dir, err)
			}
		})
	case "resize":
		remount(0, size)
	case "fill":
		file, err := os.Create(filler)
		ts.Check(err)
		for err == nil {
			_, err = file.Write(make([]byte, os.Getpagesize()))
		}
		if !errors.Is(err, syscall.ENOSPC) {
			ts.Fatalf("fill %s: %v", dir, err)
		}
		ts.Check(file.Close())
	case "empty":
		ts.Check(os.Remove(filler))
	case "read-only":
		remount(syscall.MS_RDONLY, "")
	case "writable":
		remount(0, "")
	default:
		ts.Fatalf("there is no verb %q", args[0])
	}
}
