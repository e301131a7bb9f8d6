// Package process runs commands and measures what they and the processes that they start take of the machine.
package process

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"time"
)

// Usage is what a command and all processes that it started took.
type Usage struct {
	Wall time.Duration
	CPU  time.Duration
	Peak int64 // bytes of memory in use at the same moment, of all of them
	Out  []byte
}

// sampling is how often memory is looked at.
const sampling = 40 * time.Millisecond

// Measure runs a command to its end.
func Measure(ctx context.Context, command *exec.Cmd) (u Usage, err error) {
	var out, said bytes.Buffer
	command.Stdout, command.Stderr = &out, &said
	command.WaitDelay = 10 * time.Second // where a process that outlives it holds its output
	began := time.Now()
	if err := command.Start(); err != nil {
		return u, err
	}
	var watching sync.WaitGroup
	stop := make(chan struct{})
	watching.Go(func() {
		for {
			u.Peak = max(u.Peak, residentOf(command.Process.Pid))
			select {
			case <-stop:
				return
			case <-time.After(sampling):
			}
		}
	})
	err = command.Wait()
	u.Wall = time.Since(began)
	close(stop)
	watching.Wait()
	u.Out = out.Bytes()
	if state := command.ProcessState; state != nil {
		u.CPU = state.UserTime() + state.SystemTime()
		u.Peak = max(u.Peak, peakOf(state))
	}
	if err != nil {
		return u, fmt.Errorf("%s: %w\n%s", strings.Join(command.Args, " "), err, tail(out.String()+said.String()))
	}
	return u, ctx.Err()
}

// tail is the end of what a command said.
func tail(text string) string {
	const most = 3000
	if len(text) > most {
		return "…" + text[len(text)-most:]
	}
	return text
}

// residentOf is the memory of a process and its descendants, 0 where there is no /proc.
// What they share is counted for each.
func residentOf(root int) (total int64) {
	parents := map[int]int{}
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		if pid, parent, err := parentIn(string(text)); err == nil {
			parents[pid] = parent
		}
	}
	for pid := range parents {
		for at, deep := pid, 0; at > 1 && deep < 20; at, deep = parents[at], deep+1 {
			if at == root {
				total += resident(pid)
				break
			}
		}
	}
	return total
}

// parentIn reads a line of /proc/PID/stat: "PID (name) state parent …", where the name can hold anything.
func parentIn(stat string) (pid, parent int, err error) {
	first, _, _ := strings.Cut(stat, " ")
	rest := strings.Fields(stat[strings.LastIndexByte(stat, ')')+1:])
	if len(rest) < 2 {
		return 0, 0, fmt.Errorf("%q is no line of a process", stat)
	}
	pid, err = strconv.Atoi(first)
	if err == nil {
		parent, err = strconv.Atoi(rest[1])
	}
	return pid, parent, err
}

func resident(pid int) int64 {
	text, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(pid), "statm"))
	if err != nil {
		return 0
	}
	fields := strings.Fields(string(text))
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(fields[1], 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
