package compare

import (
	"bytes"
	"context"
	"embed"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/platformctl/platformctl/bench/compare/process"
	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// zones are those of the platform: a and b.
func zones() []blueprint.Zone {
	return []blueprint.Zone{{Name: "us-east-1a", Letter: "a", Slot: 0}, {Name: "us-east-1b", Letter: "b", Slot: 1}}
}

// platform is the configuration of both.
func platform(instances int, s setting) config.Config {
	cfg := config.Default()
	cfg.Web.Instances = instances
	if s.scaled {
		cfg.Web.AutoScaling = config.AutoScaling{Min: instances, Max: 2 * instances, CPU: 50, StaticStability: true}
	}
	if s.secure { // in the zone that the local cloud's account has
		cfg.LoadBalancer.HTTPS = config.HTTPS{Domain: "shop.example.localhost", HostedZone: "example.localhost", Policy: config.PolicyRecommended}
	}
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
	cfg, scaling, secure := platform(instances, s), "", ""
	if group := cfg.Web.AutoScaling; group.On() {
		scaling = fmt.Sprintf(", auto_scaling: {min: %d, max: %d, cpu: %d}", group.Min, group.Max, group.CPU)
	}
	if https := cfg.LoadBalancer.HTTPS; https.On() {
		secure = fmt.Sprintf("load_balancer: {https: {domain: %s, hosted_zone: %s}}\n", https.Domain, https.HostedZone)
	}
	text := fmt.Sprintf("name: %s\nweb: {instances: %d%s}\n%slocal: {latency: %s}\n", cfg.Name, instances, scaling, secure, s.latency)
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
func (b *bench) theirs(ctx context.Context, dir, endpoint string, cfg config.Config) (tool, error) {
	if err := prepareTerraform(dir, endpoint, cfg); err != nil {
		return tool{}, err
	}
	t := tool{
		name:    "Terraform",
		command: func(ctx context.Context, args ...string) *exec.Cmd { return b.terraform.Command(ctx, dir, args...) },
		create:  []string{"apply", "-no-color", "-auto-approve", "-input=false"},
		again:   []string{"apply", "-no-color", "-auto-approve", "-input=false"},
		destroy: []string{"destroy", "-no-color", "-auto-approve", "-input=false"},
	}
	_, err := process.Measure(ctx, t.command(ctx, "init", "-no-color", "-input=false"))
	return t, err
}

//go:embed terraform/*.tf
var configuration embed.FS

// prepareTerraform writes the configuration, and its variables, from platformctl's.
func prepareTerraform(dir, endpoint string, cfg config.Config) error {
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
	check, group := cfg.LoadBalancer.HealthCheck, blueprint.GroupOf(cfg)
	return map[string]any{
		"scaled": cfg.Web.AutoScaling.On(), "max_instances": cfg.Web.AutoScaling.Max, "cpu": cfg.Web.AutoScaling.CPU,
		"grace": group.Grace.Seconds(), "warmup": group.Warmup.Seconds(),
		"domain": cfg.LoadBalancer.HTTPS.Domain, "hosted_zone": cfg.LoadBalancer.HTTPS.HostedZone, "tls_policy": cfg.LoadBalancer.HTTPS.Policy,
		"endpoint": endpoint, "name": cfg.Name, "region": cfg.Region, "cidr": cfg.Network.CIDR.String(), "zones": all,
		"instance_count": cfg.Web.Instances, "instance_type": cfg.Web.InstanceType, "user_data_file": "user-data.yaml",
		"idle_timeout": cfg.LoadBalancer.IdleTimeout.Seconds(), "deregistration_delay": cfg.LoadBalancer.DeregistrationDelay.Seconds(),
		"health_check": map[string]any{
			"path": check.Path, "interval": check.Interval.Seconds(), "timeout": check.Timeout.Seconds(),
			"healthy": check.Healthy, "unhealthy": check.Unhealthy,
		},
	}
}

// cleanEnvironment is this process's without settings of either tool.
func cleanEnvironment() []string { return terraform.Environment("PLATFORMCTL_") }

// readTold reads what platformctl's own document says. That of `down` has the same fields, but for the URL.
func readTold(out []byte) (told report.Up, err error) {
	if err := json.NewDecoder(bytes.NewReader(out)).Decode(&told); err != nil {
		return told, fmt.Errorf("read platformctl's document: %w\n%s", err, out)
	}
	return told, nil
}
