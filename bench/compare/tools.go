package compare

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

// zones are those of the platform: a and b.
func zones() []blueprint.Zone {
	return []blueprint.Zone{{Name: "us-east-1a", Letter: "a", Slot: 0}, {Name: "us-east-1b", Letter: "b", Slot: 1}}
}

// platform is the configuration of both.
func platform(instances int) config.Config {
	cfg := config.Default()
	cfg.Web.Instances = instances
	return cfg
}

// tool is one of the two: what makes its commands, and what its commands are.
type tool struct {
	name    string
	command func(ctx context.Context, args ...string) *exec.Cmd
	create  []string
	again   []string
	destroy []string
}

// ours is platformctl in a working directory of its own, beside a cloud that runs.
func (b *bench) ours(c *cloud, s setting, instances int) (tool, error) {
	dir := filepath.Join(filepath.Dir(c.home), "work")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return tool{}, err
	}
	text := fmt.Sprintf("name: %s\nweb: {instances: %d}\nlocal: {latency: %s}\n", platform(instances).Name, instances, s.latency)
	if err := os.WriteFile(filepath.Join(dir, "platform.yaml"), []byte(text), 0o600); err != nil {
		return tool{}, err
	}
	return tool{
		name: "platformctl",
		command: func(ctx context.Context, args ...string) *exec.Cmd {
			command := exec.CommandContext(ctx, b.exe, args...)
			command.Dir, command.Env = dir, append(cleanEnvironment(), endpoint.HomeVariable+"="+c.home)
			return command
		},
		create: []string{"up", "-o", "json"}, again: []string{"up", "-o", "json"}, destroy: []string{"down", "-o", "json"},
	}, nil
}

// theirs is Terraform in a working directory of its own, initialised.
func (b *bench) theirs(ctx context.Context, dir, endpoint string, instances int) (tool, error) {
	if err := b.terraform.prepare(dir, endpoint, platform(instances)); err != nil {
		return tool{}, err
	}
	t := tool{
		name:    "Terraform",
		command: func(ctx context.Context, args ...string) *exec.Cmd { return b.terraform.command(ctx, dir, args...) },
		create:  []string{"apply", "-no-color", "-auto-approve", "-input=false"},
		again:   []string{"apply", "-no-color", "-auto-approve", "-input=false"},
		destroy: []string{"destroy", "-no-color", "-auto-approve", "-input=false"},
	}
	_, err := measure(ctx, t.command(ctx, "init", "-no-color", "-input=false"))
	return t, err
}

// terraform is the installed Terraform, with the directory that mirrors its provider.
type terraform struct {
	program, config, version string
}

const providerDir = "registry.terraform.io/hashicorp/aws"

// findTerraform looks for the program, and for the provider where it can be installed
// from without the network.
func findTerraform(ctx context.Context, dir string) (*terraform, error) {
	program, err := exec.LookPath("terraform")
	if err != nil {
		return nil, errors.New("terraform is not installed")
	}
	mirror, found := providerMirror()
	if !found {
		return nil, errors.New("no directory on this machine mirrors " + providerDir + " (name one in TF_PLUGIN_MIRROR)")
	}
	t := &terraform{program: program, config: filepath.Join(dir, "terraform.rc")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	if err := os.WriteFile(t.config, []byte(text), 0o600); err != nil {
		return nil, err
	}
	version := t.command(ctx, dir, "version", "-json")
	said, err := version.Output()
	if err != nil {
		return nil, fmt.Errorf("terraform version: %w", err)
	}
	var told struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(said, &told); err != nil {
		return nil, fmt.Errorf("terraform version: %w", err)
	}
	t.version = told.Version
	if versions, err := os.ReadDir(filepath.Join(mirror, providerDir)); err == nil {
		for _, v := range versions {
			t.version += ", provider hashicorp/aws " + strings.TrimSuffix(v.Name(), ".json")
		}
	}
	return t, nil
}

func (t *terraform) command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, t.program, args...)
	command.Dir = dir
	command.Env = append(cleanEnvironment(), "TF_CLI_CONFIG_FILE="+t.config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return command
}

//go:embed terraform/*.tf
var configuration embed.FS

// prepare writes the configuration, and its variables, from platformctl's.
func (t *terraform) prepare(dir, endpoint string, cfg config.Config) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	files, err := fs.Sub(configuration, "terraform")
	if err != nil {
		return err
	}
	if err := os.CopyFS(dir, files); err != nil {
		return err
	}
	data, err := blueprint.UserData(cfg)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(dir, "user-data.yaml"), data, 0o600); err != nil {
		return err
	}
	variables, err := json.MarshalIndent(variablesOf(endpoint, cfg), "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "terraform.tfvars.json"), variables, 0o600)
}

func variablesOf(endpoint string, cfg config.Config) map[string]any {
	var all []map[string]string
	for _, zone := range zones() {
		all = append(all, map[string]string{
			"name": zone.Name, "public": cfg.Network.PublicSubnet(zone.Slot).String(), "private": cfg.Network.PrivateSubnet(zone.Slot).String(),
		})
	}
	check := cfg.LoadBalancer.HealthCheck
	return map[string]any{
		"endpoint": endpoint, "name": cfg.Name, "region": cfg.Region, "cidr": cfg.Network.CIDR.String(), "zones": all,
		"instance_count": cfg.Web.Instances, "instance_type": cfg.Web.InstanceType, "user_data_file": "user-data.yaml",
		"idle_timeout": cfg.LoadBalancer.IdleTimeout.Seconds(), "deregistration_delay": cfg.LoadBalancer.DeregistrationDelay.Seconds(),
		"health_check": map[string]any{
			"path": check.Path, "interval": check.Interval.Seconds(), "timeout": check.Timeout.Seconds(),
			"healthy": check.Healthy, "unhealthy": check.Unhealthy,
		},
	}
}

// providerMirror finds a directory from which Terraform can install the AWS provider
// without the network: those named in TF_PLUGIN_MIRROR, those that it looks in by
// itself, and where optional software is put.
func providerMirror() (string, bool) {
	candidates := filepath.SplitList(os.Getenv("TF_PLUGIN_MIRROR"))
	if home, err := os.UserHomeDir(); err == nil {
		candidates = append(candidates, filepath.Join(home, ".terraform.d", "plugins"))
	}
	for _, candidate := range append(candidates, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins") {
		if _, err := os.Stat(filepath.Join(candidate, providerDir)); err == nil {
			return candidate, true
		}
	}
	const depth = 6
	for _, root := range []string{"/opt", "/usr/local", "/srv", "/var/lib"} {
		found := ""
		// What can't be read holds no mirror for us.
		_ = filepath.WalkDir(root, func(path string, entry fs.DirEntry, err error) error {
			switch {
			case err != nil:
				return fs.SkipDir
			case !entry.IsDir():
				return nil
			case strings.HasSuffix(path, "/"+providerDir):
				found = strings.TrimSuffix(path, "/"+providerDir)
				return fs.SkipAll
			case strings.Count(strings.TrimPrefix(path, root), "/") > depth:
				return fs.SkipDir
			}
			return nil
		})
		if found != "" {
			return found, true
		}
	}
	return "", false
}

// cleanEnvironment is this process's without settings of either tool, and with
// credentials as good as any.
func cleanEnvironment() (env []string) {
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "AWS_") && !strings.HasPrefix(pair, "TF_") && !strings.HasPrefix(pair, "PLATFORMCTL_") {
			env = append(env, pair)
		}
	}
	return append(env, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true")
}

// told is what is read of platformctl's own documents.
type told struct {
	URL          string
	Duration     float64 `json:"duration_seconds"`
	APICalls     int     `json:"api_calls"`
	CriticalPath []struct {
		Key     string
		Seconds float64
	} `json:"critical_path"`
}

func readTold(out []byte) (t told, err error) {
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&t); err != nil {
		return t, fmt.Errorf("read platformctl's document: %w\n%s", err, out)
	}
	return t, nil
}
