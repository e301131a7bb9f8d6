package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var resident = regexp.MustCompile(`VmRSS:\s+(\d+) kB`)

// idle measures what the background process uses with one platform that nobody uses, and
// with a page open that looks at it.
func idle(ctx context.Context, l *lab) error {
	if err := l.up(ctx, "bench", ""); err != nil {
		return err
	}
	status, err := l.running(ctx)
	if err != nil {
		return err
	}
	rows := [][]string{{"for " + l.watched.String(), "CPU time", "of one core", "memory (RSS)"}}
	for _, page := range []bool{false, true} {
		name := "nobody looks"
		if page {
			name = "a page is open"
		}
		if err := pause(ctx, l.watched/6); err != nil {
			return err
		}
		before, err := onCPU(status.PID)
		if err != nil {
			return err
		}
		for second := time.Duration(0); second < l.watched; second += time.Second {
			if page {
				if err := look(ctx, status.Endpoint); err != nil {
					return err
				}
			}
			if err := pause(ctx, time.Second); err != nil {
				return err
			}
		}
		after, err := onCPU(status.PID)
		if err != nil {
			return err
		}
		memory, err := os.ReadFile(filepath.Join("/proc", strconv.Itoa(status.PID), "status"))
		if err != nil {
			return err
		}
		kilobytes, err := strconv.Atoi(string(resident.FindSubmatch(memory)[1]))
		if err != nil {
			return err
		}
		rows = append(rows, []string{name, milliseconds(after - before), fmt.Sprintf("%.2f %%", 100*float64(after-before)/float64(l.watched)), fmt.Sprintf("%.1f MB", float64(kilobytes)/1000)})
	}
	return table(rows)
}

// look asks for the picture as an open page does each second.
func look(ctx context.Context, endpoint string) error {
	response, err := get(ctx, endpoint+"/_local/picture?calls=100000")
	if err != nil {
		return err
	}
	defer response.Body.Close()
	_, err = io.Copy(io.Discard, response.Body)
	return err
}

// onCPU is how long all threads of a process have run, from Linux's scheduler.
func onCPU(pid int) (total time.Duration, err error) {
	threads, err := filepath.Glob(filepath.Join("/proc", strconv.Itoa(pid), "task", "*", "schedstat"))
	if err != nil || len(threads) == 0 {
		return 0, fmt.Errorf("process %d has no threads: %w", pid, err)
	}
	for _, path := range threads {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // a thread that ended
		}
		ns, err := strconv.ParseInt(strings.Fields(string(text))[0], 10, 64)
		if err != nil {
			return 0, err
		}
		total += time.Duration(ns)
	}
	return total, nil
}
