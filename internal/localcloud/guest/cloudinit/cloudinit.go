// Package cloudinit reads an instance's user data as cloud-init would: it undoes gzip, renders the Jinja template and
// turns the cloud-config into plain values. It is pure; package guest carries out what the values say.
//
// What cloud-init understands and this package doesn't is refused by name, never skipped: an instance here must not
// come up where it wouldn't on AWS, nor the other way round.
package cloudinit

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Config is what a cloud-config asks for.
type Config struct {
	PackageUpdate  bool
	PackageUpgrade bool
	Packages       []string
	Files          []File
	Commands       []Command
	// Warnings are what cloud-init's schema check would complain of without stopping, such as unknown keys.
	Warnings []string
}

// File is one entry of write_files.
type File struct {
	Path    string
	Content []byte
	Mode    fs.FileMode
	Owner   string
	Append  bool
	Defer   bool // written after the packages instead of before
}

// Command is one entry of runcmd: a list of arguments, or a line for a shell.
type Command struct {
	Args  []string
	Shell string
}

// String is the command as a person would write it.
func (c Command) String() string {
	if c.Shell != "" {
		return c.Shell
	}
	return strings.Join(c.Args, " ")
}

// plainWords are the characters that mean nothing but themselves to a shell.
const plainWords = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 \t-_./:,@+"

// Words are the command's arguments. A line for a shell that only separates words by
// blanks has them, too; any other line has none that are understood.
func (c Command) Words() []string {
	if strings.Trim(c.Shell, plainWords) != "" {
		return nil
	}
	return append(strings.Fields(c.Shell), c.Args...)
}

// ErrNotSimulated marks user data that is valid for cloud-init but not understood here.
var ErrNotSimulated = errors.New("not simulated")

// maxExpanded bounds what gzip'ed user data may grow to.
const maxExpanded = 1 << 20

// Parse reads user data. Empty user data is an empty Config. The error wraps
// ErrNotSimulated if cloud-init would have understood the data.
func Parse(userData []byte, m Metadata) (Config, error) {
	text, err := expand(userData)
	if err != nil {
		return Config{}, err
	}
	if len(bytes.TrimSpace(text)) == 0 {
		return Config{}, nil
	}
	first, rest, _ := bytes.Cut(text, []byte("\n"))
	if isTemplate(string(first)) {
		rendered, err := render(string(rest), m)
		if err != nil {
			return Config{}, err
		}
		text = []byte(rendered)
		first, _, _ = bytes.Cut(text, []byte("\n"))
	}
	switch header := strings.TrimSpace(string(first)); {
	case strings.HasPrefix(header, "#cloud-config"):
		return parseConfig(text)
	case strings.HasPrefix(header, "#!"):
		return Config{}, fmt.Errorf("user data that is a script (%s): %w; write it as #cloud-config", header, ErrNotSimulated)
	case strings.HasPrefix(header, "Content-Type: multipart"), strings.HasPrefix(header, "MIME-Version"),
		strings.HasPrefix(header, "#include"), strings.HasPrefix(header, "#cloud-boothook"), strings.HasPrefix(header, "#part-handler"):
		return Config{}, fmt.Errorf("user data that begins with %q: %w; write it as #cloud-config", header, ErrNotSimulated)
	default:
		return Config{}, fmt.Errorf("Unhandled non-multipart (text/x-not-multipart) userdata: '%.40s...'", header) //nolint:staticcheck // cloud-init's own words
	}
}

func expand(userData []byte) ([]byte, error) {
	if !bytes.HasPrefix(userData, []byte{0x1f, 0x8b}) {
		return userData, nil
	}
	return gunzip(userData)
}

func gunzip(b []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	out, err := io.ReadAll(io.LimitReader(r, maxExpanded+1))
	if err != nil {
		return nil, fmt.Errorf("gunzip: %w", err)
	}
	if len(out) > maxExpanded {
		return nil, fmt.Errorf("gunzip: more than %d bytes", maxExpanded)
	}
	return out, nil
}

func parseConfig(text []byte) (Config, error) {
	if err := bounded(string(text)); err != nil {
		return Config{}, err
	}
	if err := aliases(text); err != nil {
		return Config{}, err
	}
	var keys yaml.MapSlice
	if err := yaml.Unmarshal(text, &keys); err != nil {
		return Config{}, fmt.Errorf("Failed loading yaml blob. Invalid format: %s", strings.Split(err.Error(), "\n")[0]) //nolint:staticcheck // cloud-init's own words
	}
	var c Config
	for _, item := range keys {
		key := fmt.Sprint(item.Key)
		if err := c.set(key, item.Value); err != nil {
			return Config{}, err
		}
	}
	return c, nil
}

func (c *Config) set(key string, value any) (err error) {
	switch key {
	case "package_update":
		c.PackageUpdate, err = asBool(key, value)
	case "package_upgrade":
		c.PackageUpgrade, err = asBool(key, value)
	case "packages":
		c.Packages, err = asPackages(value)
	case "write_files":
		c.Files, err = asFiles(value)
	case "runcmd":
		c.Commands, err = asCommands(value)
	default:
		if slices.Contains(strings.Fields(knownKeys), key) {
			return fmt.Errorf("cloud-config key %s: %w", key, ErrNotSimulated)
		}
		c.Warnings = append(c.Warnings, fmt.Sprintf("Additional properties are not allowed ('%s' was unexpected)", key))
	}
	return err
}

// knownKeys are keys of cloud-init's schema that have an effect there and none
// here. (A key that is neither here nor handled gets a warning, as in cloud-init.)
const knownKeys = `ansible apk_repos apt apt_pipelining autoinstall bootcmd byobu_by_default
	ca_certs ca-certs chef chpasswd cloud_config_modules cloud_final_modules cloud_init_modules create_hostname_file
	device_aliases disable_ec2_metadata disable_root disk_setup drivers fan final_message fqdn fs_setup groups growpart
	grub_dpkg hostname keyboard landscape locale locale_configfile lxd manage_etc_hosts manage_resolv_conf mcollective
	merge_how merge_type mounts mount_default_fields no_ssh_fingerprints ntp output package_reboot_if_required password
	phone_home power_state prefer_fqdn_over_hostname preserve_hostname puppet random_seed reporting resize_rootfs
	resolv_conf rh_subscription rsyslog salt_minion snap spacewalk ssh ssh_authorized_keys ssh_deletekeys
	ssh_genkeytypes ssh_import_id ssh_keys ssh_pwauth swap system_info timezone ubuntu_advantage updates user users
	vendor_data wireguard yum_repo_dir yum_repos zypper`
