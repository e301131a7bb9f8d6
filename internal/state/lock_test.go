package state

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

func TestLock_NamesHolder(t *testing.T) {
	path := filepath.Join(t.TempDir(), "dir", "shop.json")
	holder := Holder{PID: 4242, Host: "here", Command: "platformctl up", Since: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	lock, err := Acquire(path, holder)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Acquire(path, Holder{PID: 1})
	var locked *Locked
	if !errors.As(err, &locked) || locked.Holder != holder {
		t.Fatalf("error %v, want a Locked of %v", err, holder)
	}
	want := `another run works on this platform: "platformctl up", process 4242 on here, since 03:04:05 (lock ` + filepath.Join(filepath.Dir(path), "shop.lock") + ")"
	if err.Error() != want {
		t.Errorf("error %q, want %q", err, want)
	}
	if info, err := os.Stat(LockPath(path)); err != nil || info.Mode() != 0o600 {
		t.Errorf("the lock file's mode is %v, %v", info.Mode(), err)
	}
	// Another platform's state is free.
	other, err := Acquire(filepath.Join(filepath.Dir(path), "mall.json"), Holder{})
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(other.Release(), lock.Release()); err != nil {
		t.Fatal(err)
	}
	if lock, err = Acquire(path, holder); err != nil {
		t.Fatalf("after the release: %v", err)
	}
	// Who holds it is a courtesy: without that it is a lock still.
	if err := os.WriteFile(LockPath(path), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Acquire(path, holder); !errors.As(err, &locked) || !strings.Contains(err.Error(), "another run works on this platform (lock ") {
		t.Errorf("error %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

// holdVariable makes the test below the other process: it holds the lock of
// the state that the variable names until it is killed.
const holdVariable = "STATE_TEST_HOLD"

func TestLock_FreeAfterHolderDied(t *testing.T) {
	if path := os.Getenv(holdVariable); path != "" {
		if _, err := Acquire(path, Holder{PID: os.Getpid(), Command: "platformctl up"}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stdout.WriteString("held"); err != nil {
			t.Fatal(err)
		}
		select {}
	}
	path := filepath.Join(t.TempDir(), "shop.json")
	other := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^"+t.Name()+"$")
	other.Env = append(os.Environ(), holdVariable+"="+path)
	out, err := other.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	if n, err := out.Read(make([]byte, len("held"))); err != nil || n == 0 {
		t.Fatalf("the other process said %d bytes, %v", n, err)
	}
	_, err = Acquire(path, Holder{})
	var locked *Locked
	if !errors.As(err, &locked) || locked.Holder.PID != other.Process.Pid {
		t.Errorf("while it lives: %v, want its process %d named", err, other.Process.Pid)
	}
	if err := other.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = other.Wait() // it was killed
	lock, err := Acquire(path, Holder{})
	if err != nil {
		t.Fatalf("after its death: %v", err)
	}
	if err := lock.Release(); err != nil {
		t.Fatal(err)
	}
}

// TestDiscard_LeavesNothingOfARunThatWroteNoState takes away what it made alone, and never while another run could take the
// lock of what is gone.
func TestDiscard_LeavesNothingOfARunThatWroteNoState(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows keeps a file that is open")
	}
	dir := filepath.Join(t.TempDir(), "dir")
	path := filepath.Join(dir, "shop.json")
	acquire := func() *Lock {
		t.Helper()
		lock, err := Acquire(path, Holder{PID: 1})
		if err != nil {
			t.Fatal(err)
		}
		return lock
	}
	discard := func(lock *Lock) {
		t.Helper()
		if err := lock.Discard(); err != nil {
			t.Fatal(err)
		}
	}
	discard(acquire())
	if isThere(dir) {
		t.Error("the directory is left")
	}
	// One that was there stays, with the lock file of before.
	if err := acquire().Release(); err != nil {
		t.Fatal(err)
	}
	discard(acquire())
	if !isThere(LockPath(path)) {
		t.Error("another run's lock file is gone")
	}
	// So does that of a state.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	lock := acquire()
	if err := os.WriteFile(path, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	discard(lock)
	if !isThere(LockPath(path)) {
		t.Error("the lock file of a state is gone")
	}
	// Of many runs at once, each of which takes its files away, never two hold the lock.
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	var holders, most atomic.Int32
	var runs sync.WaitGroup
	for range 8 {
		runs.Go(func() {
			for range 200 {
				lock, err := Acquire(path, Holder{PID: 1})
				if errors.As(err, new(*Locked)) {
					continue
				}
				if err != nil {
					t.Error(err)
					return
				}
				if n := holders.Add(1); n > most.Load() {
					most.Store(n)
				}
				runtime.Gosched()
				holders.Add(-1)
				if err := lock.Discard(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	runs.Wait()
	if most.Load() != 1 {
		t.Errorf("%d runs held the lock at once", most.Load())
	}
}
