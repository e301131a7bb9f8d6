//go:build judges

package conformance_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// awsProgram is the AWS CLI. Where Python can load it as a module, one process runs all commands of a story, which takes a
// fraction of the time; otherwise each command is a process of its own.
type awsProgram struct {
	program string // aws
	python  string // with the module awscli; empty if there is none
	driver  string // path of driver.py
}

func findAWS(t *testing.T) awsProgram {
	t.Helper()
	a := awsProgram{program: testenv.Program(t, "aws")}
	python, err := exec.LookPath("python3")
	if err != nil || exec.CommandContext(t.Context(), python, "-c", "import awscli.clidriver").Run() != nil {
		t.Log("python3 can't import awscli, so each command is a process of its own, which takes minutes")
		return a
	}
	a.python = python
	if a.driver, err = filepath.Abs(filepath.Join("awscli", "driver.py")); err != nil {
		t.Fatal(err)
	}
	return a
}

// awsSession runs commands in one directory and environment.
type awsSession struct {
	awsProgram
	dir string
	env []string

	process *exec.Cmd // of the driver; nil until the first command
	in      io.WriteCloser
	out     *bufio.Reader
}

// run returns what a command put out. It fails when the command couldn't be run or ended with another code than 0.
func (s *awsSession) run(args []string) (stdout, stderr string, err error) {
	if s.python == "" {
		var out, errs bytes.Buffer
		command := exec.Command(s.program, args...)
		command.Dir, command.Env, command.Stdout, command.Stderr = s.dir, s.env, &out, &errs
		err := command.Run()
		return out.String(), errs.String(), err
	}
	if s.process == nil {
		if err := s.start(); err != nil {
			return "", "", fmt.Errorf("start the AWS CLI: %w", err)
		}
	}
	if err := json.NewEncoder(s.in).Encode(args); err != nil {
		return "", "", fmt.Errorf("ask the AWS CLI: %w", err)
	}
	line, err := s.out.ReadBytes('\n')
	if err != nil {
		return "", "", fmt.Errorf("hear from the AWS CLI: %w", err)
	}
	var answer struct {
		Code           int
		Stdout, Stderr string
	}
	if err := json.Unmarshal(line, &answer); err != nil {
		return "", "", fmt.Errorf("understand the AWS CLI: %w", err)
	}
	if answer.Code != 0 {
		err = fmt.Errorf("exit code %d", answer.Code)
	}
	return answer.Stdout, answer.Stderr, err
}

func (s *awsSession) start() (err error) {
	process := exec.Command(s.python, s.driver)
	process.Dir, process.Env = s.dir, s.env
	if s.in, err = process.StdinPipe(); err != nil {
		return err
	}
	out, err := process.StdoutPipe()
	if err != nil {
		return err
	}
	s.out = bufio.NewReader(out)
	if err := process.Start(); err != nil {
		return err
	}
	s.process = process
	return nil
}

// close ends the driver.
func (s *awsSession) close() error {
	if s.process == nil {
		return nil
	}
	return errors.Join(s.in.Close(), s.process.Wait())
}

// environment is a testscript's, as far as it concerns the AWS CLI.
func awsEnvironment(get func(name string) string) []string {
	env := terraform.Environment()
	for _, name := range []string{"AWS_DEFAULT_REGION", "AWS_DEFAULT_OUTPUT", "AWS_ENDPOINT_URL"} {
		env = append(env, name+"="+get(name))
	}
	return env
}

// shown is a command as a person would type it.
func shown(args []string) string { return "aws " + strings.Join(args, " ") }
