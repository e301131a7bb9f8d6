package daemon

import (
	"bytes"
	"context"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// maxLog is the size from which the next start empties the log, in bytes.
const maxLog = 4 << 20

func logFile(dir string) string { return filepath.Join(dir, "log") }

// child is a local cloud that this process has just started.
type child struct {
	pid   int
	ended chan struct{}
	log   string
	from  int64 // where in the log its own lines begin
}

// launch starts the background process: in a session of its own, so that neither the
// end of the terminal nor an interrupt meant for this process reaches it.
func launch(home, exe, latency string) (*child, error) {
	dir := endpoint.Directory(home)
	c := &child{ended: make(chan struct{}), log: logFile(dir)}
	flags := os.O_CREATE | os.O_WRONLY | os.O_APPEND
	if info, err := os.Stat(c.log); err == nil {
		if c.from = info.Size(); c.from > maxLog {
			flags, c.from = flags|os.O_TRUNC, 0
		}
	}
	output, err := os.OpenFile(c.log, flags, 0o600)
	if err != nil {
		return nil, err
	}
	defer output.Close()

	// It outlives this process, and so every context of it.
	command := exec.CommandContext(context.Background(), exe, "local", "serve", "--latency", latency, "--background")
	command.Env = append(command.Environ(), endpoint.HomeVariable+"="+home)
	for i, entry := range command.Env {
		// A relative path is meant from here, not from its own directory.
		if nginx, ok := strings.CutPrefix(entry, endpoint.NginxVariable+"="); ok && strings.ContainsRune(nginx, filepath.Separator) {
			if nginx, err = filepath.Abs(nginx); err != nil {
				return nil, err
			}
			command.Env[i] = endpoint.NginxVariable + "=" + nginx
		}
	}
	command.Dir = dir
	command.Stdout, command.Stderr = output, output
	command.SysProcAttr = detached()
	if err := command.Start(); err != nil {
		return nil, err
	}
	c.pid = command.Process.Pid
	go func() {
		_ = command.Wait() // how it ended is in the log
		close(c.ended)
	}()
	return c, nil
}

// said is the end of what the process wrote to its log.
func (c *child) said() string {
	f, err := os.Open(c.log)
	if err != nil {
		return err.Error()
	}
	defer f.Close()
	const most = 2 << 10
	end, err := f.Seek(0, io.SeekEnd)
	if err != nil {
		return err.Error()
	}
	text, err := io.ReadAll(io.NewSectionReader(f, max(c.from, end-most), most))
	if err != nil {
		return err.Error()
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return "(nothing; is there room on its disk?)"
	}
	return string(text)
}
