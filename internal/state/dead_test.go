package state

import (
	"errors"
	"os"
	"os/exec"
	"testing"
)

func TestLock_IgnoresDeadHolderOfThisHost(t *testing.T) {
	ended := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	if err := ended.Run(); err != nil {
		t.Fatal(err)
	}
	held := func(pid int, host string) error { return &Locked{Holder: Holder{PID: pid, Host: host}} }
	for name, test := range map[string]struct {
		err  error
		want bool
	}{
		"ended":      {held(ended.Process.Pid, "here"), true},
		"alive":      {held(os.Getpid(), "here"), false},
		"elsewhere":  {held(ended.Process.Pid, "there"), false},
		"unknown":    {held(0, "here"), false},
		"not a lock": {errors.New("no space left"), false},
	} {
		if got := HolderIsDead(test.err, "here"); got != test.want {
			t.Errorf("%s: %t, want %t", name, got, test.want)
		}
	}
}
