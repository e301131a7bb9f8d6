// Package terraform finds an installed Terraform and its AWS provider, for what judges or measures us beside it, and
// starts it without the network and without anybody's account.
package terraform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// Provider is the AWS provider's directory in a mirror.
const Provider = "registry.terraform.io/hashicorp/aws"

// Terraform is the installed program, with a directory that mirrors its provider.
type Terraform struct {
	program, mirror, config string
}

// Find looks for the program and the provider, and writes what it needs to be configured with into dir.
func Find(dir string) (*Terraform, error) {
	program, err := exec.LookPath("terraform")
	if err != nil {
		return nil, errors.New("terraform is not installed")
	}
	mirror, found := findMirror()
	if !found {
		return nil, errors.New("no directory on this machine mirrors " + Provider + " (name one in TF_PLUGIN_MIRROR)")
	}
	t := &Terraform{program: program, mirror: mirror, config: filepath.Join(dir, "terraform.rc")}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	text := fmt.Sprintf("provider_installation {\n  filesystem_mirror {\n    path = %q\n  }\n}\n", mirror)
	return t, os.WriteFile(t.config, []byte(text), 0o600)
}

// Command is a run of Terraform in a working directory.
func (t *Terraform) Command(ctx context.Context, dir string, args ...string) *exec.Cmd {
	command := exec.CommandContext(ctx, t.program, args...)
	command.Dir = dir
	command.Env = append(Environment("PLATFORMCTL_"), "TF_CLI_CONFIG_FILE="+t.config, "CHECKPOINT_DISABLE=1", "TF_IN_AUTOMATION=1")
	return command
}

// Version names the versions of the program and the provider.
func (t *Terraform) Version(ctx context.Context, dir string) (string, error) {
	said, err := t.Command(ctx, dir, "version", "-json").Output()
	if err != nil {
		return "", fmt.Errorf("terraform version: %w", err)
	}
	var document struct {
		Version string `json:"terraform_version"`
	}
	if err := json.Unmarshal(said, &document); err != nil {
		return "", fmt.Errorf("terraform version: %w", err)
	}
	version := document.Version
	if versions, err := os.ReadDir(filepath.Join(t.mirror, Provider)); err == nil {
		for _, v := range versions {
			version += ", provider hashicorp/aws " + strings.TrimSuffix(v.Name(), ".json")
		}
	}
	return version, nil
}

// findMirror finds a directory from which the provider can be installed without the network: those named in
// TF_PLUGIN_MIRROR, those that Terraform looks in by itself, and where optional software is put.
func findMirror() (string, bool) {
	candidates := filepath.SplitList(os.Getenv("TF_PLUGIN_MIRROR"))
	if home, err := os.UserHomeDir(); err == nil {
		candidates = append(candidates, filepath.Join(home, ".terraform.d", "plugins"))
	}
	for _, candidate := range append(candidates, "/usr/local/share/terraform/plugins", "/usr/share/terraform/plugins") {
		if _, err := os.Stat(filepath.Join(candidate, Provider)); err == nil {
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
			case strings.HasSuffix(path, "/"+Provider):
				found = strings.TrimSuffix(path, "/"+Provider)
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

// Environment is this process's without settings of AWS and Terraform, nor those with other prefixes, and with
// credentials as good as any.
func Environment(without ...string) []string {
	without = append(without, "AWS_", "TF_")
	env := slices.DeleteFunc(os.Environ(), func(pair string) bool {
		return slices.ContainsFunc(without, func(prefix string) bool { return strings.HasPrefix(pair, prefix) })
	})
	return append(env, "AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local", "AWS_CONFIG_FILE="+os.DevNull,
		"AWS_SHARED_CREDENTIALS_FILE="+os.DevNull, "AWS_EC2_METADATA_DISABLED=true", "AWS_PAGER=")
}
