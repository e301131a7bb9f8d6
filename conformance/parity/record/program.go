package record

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/conformance/parity/intercept"
	"github.com/platformctl/platformctl/conformance/parity/trace"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// program is platformctl in a working directory of its own.
type program struct {
	exe, dir string
	env      []string
	log      io.Writer
	now      func() time.Time
}

// configuration is the file of the platform.
const configuration = "platform.yaml"

// configure writes the platform's configuration: the default one, under a name of its own.
func (p program) configure(name, region string) error {
	text := "name: " + name + "\ntarget: aws\n"
	if region != "" {
		text += "region: " + region + "\n"
	}
	if err := os.WriteFile(filepath.Join(p.dir, configuration), []byte(text), 0o600); err != nil {
		return fmt.Errorf("write the platform's configuration: %w", err)
	}
	return nil
}

// version is the program's.
func (p program) version(ctx context.Context) (string, error) {
	command := exec.CommandContext(ctx, p.exe, "version", "-o", "json")
	command.Dir, command.Env = p.dir, p.env
	out, err := command.Output()
	var said struct{ Version string }
	if err == nil {
		err = json.Unmarshal(out, &said)
	}
	if err != nil {
		return "", fmt.Errorf("ask platformctl for its version: %w", err)
	}
	return said.Version, nil
}

// lasts is how long a command that was interrupted has for its orderly end: a drill waits for its restoring.
const lasts = 3 * time.Minute

// run runs a command to its end. At the end of ctx it is interrupted, as by Ctrl-C.
func (p program) run(ctx context.Context, name string, args ...string) (trace.Step, error) {
	step := trace.Step{Name: name, Command: args, At: p.now()}
	command := exec.CommandContext(ctx, p.exe, slices.Concat(args, []string{"-c", configuration, "-o", "json"})...)
	command.Dir, command.Env = p.dir, p.env
	var out bytes.Buffer
	command.Stdout, command.Stderr = &out, p.log
	apart(command)
	command.Cancel = func() error { return command.Process.Signal(os.Interrupt) }
	command.WaitDelay = lasts
	err := command.Run()
	step.Seconds = p.now().Sub(step.At).Seconds()
	if command.ProcessState == nil {
		return step, fmt.Errorf("start platformctl: %w", err)
	}
	step.Exit = command.ProcessState.ExitCode()
	if json.Valid(out.Bytes()) {
		step.Document = bytes.TrimSpace(out.Bytes())
	}
	if err == nil || args[0] == "failover-drill" && step.Exit == exit.Missed {
		return step, nil
	}
	if cause := context.Cause(ctx); cause != nil {
		return step, fmt.Errorf("%s: %w", name, cause)
	}
	if said := failureOf(step.Document).Error.Message; said != "" {
		err = errors.Join(err, errors.New(said))
	}
	return step, fmt.Errorf("%s: %w", name, err)
}

// failure is what a command's document says of its failure.
type failure struct {
	Error struct {
		Code    exit.Code
		Message string
	}
}

// failureOf is the failure that a command's document has; the zero one where it has none, or isn't there.
func failureOf(document json.RawMessage) (said failure) {
	_ = json.Unmarshal(document, &said)
	return said
}

// environment is the program's: this process's, by way of the proxy.
func environment(o Options, proxy *intercept.Proxy, bundle, home string) []string {
	env := slices.DeleteFunc(slices.Clone(o.Environ), func(pair string) bool {
		key, _, _ := strings.Cut(pair, "=")
		key = strings.ToUpper(key)
		return strings.HasPrefix(key, "PLATFORMCTL_") || strings.HasPrefix(key, "AWS_ENDPOINT_URL") ||
			slices.Contains([]string{"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY", "AWS_CA_BUNDLE"}, key) ||
			o.Target != TargetAWS && strings.HasPrefix(key, "AWS_")
	})
	env = append(env, endpoint.HomeVariable+"="+home)
	if o.Target == TargetEndpoint {
		env = append(env, "AWS_ENDPOINT_URL="+proxy.Endpoint)
	} else {
		env = append(env, "HTTPS_PROXY="+proxy.URL, "AWS_CA_BUNDLE="+bundle)
	}
	if o.Target == TargetLocal {
		env = append(env, "HTTP_PROXY="+proxy.URL) // the traffic to a platform whose names lead nowhere
	}
	if o.Target != TargetAWS {
		env = append(env, "AWS_ACCESS_KEY_ID="+proxy.AccessKey, "AWS_SECRET_ACCESS_KEY=parity", "AWS_REGION="+o.Region,
			"AWS_EC2_METADATA_DISABLED=true", "AWS_CONFIG_FILE="+os.DevNull, "AWS_SHARED_CREDENTIALS_FILE="+os.DevNull)
	}
	return env
}
