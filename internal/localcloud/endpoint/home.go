package endpoint

import (
	"fmt"
	"path/filepath"
	"runtime"
)

// HomeVariable names the environment variable that moves all that the tool keeps
// outside the working directory. Two homes are two independent local clouds.
const HomeVariable = "PLATFORMCTL_HOME"

// NginxVariable names the environment variable that says which nginx the instances of
// the local cloud run: a path or a program's name. Unset, or "builtin", they run the web
// server built into this program.
const NginxVariable = "PLATFORMCTL_NGINX"

// Home is the directory of all that isn't in the working directory, as an absolute
// path. It reads the environment through getenv (os.Getenv, but in tests). A home that
// can't be trusted, since others can change it or a directory above it, is an *UnsafeError.
func Home(getenv func(string) string) (string, error) {
	home := getenv(HomeVariable)
	if home == "" {
		base, err := stateDirectory(getenv, runtime.GOOS)
		if err != nil {
			return "", err
		}
		home = filepath.Join(base, "platformctl")
	}
	absolute, err := filepath.Abs(home)
	if err != nil {
		return "", fmt.Errorf("find the home directory %s: %w", home, err)
	}
	if err := checkParents(absolute); err != nil {
		return "", err
	}
	for _, dir := range []string{absolute, Directory(absolute)} {
		if err := check(dir); err != nil {
			return "", err
		}
	}
	return absolute, nil
}

// stateDirectory is where programs of the user keep their state.
// Source for the first and the last: XDG Base Directory Specification.
func stateDirectory(getenv func(string) string, system string) (string, error) {
	if state := getenv("XDG_STATE_HOME"); filepath.IsAbs(state) {
		return state, nil
	}
	if system == "windows" {
		if data := getenv("LocalAppData"); data != "" {
			return data, nil
		}
		return "", fmt.Errorf("find a place for the local cloud: %%LocalAppData%% is not set; set %s", HomeVariable)
	}
	user := getenv("HOME")
	if user == "" {
		return "", fmt.Errorf("find a place for the local cloud: HOME is not set; set it or %s", HomeVariable)
	}
	if system == "darwin" {
		return filepath.Join(user, "Library", "Application Support"), nil
	}
	return filepath.Join(user, ".local", "state"), nil
}

// CertificateAuthority is the file of the certificate of a home's authority, in PEM. It is there once its local cloud has run.
func CertificateAuthority(home string) string {
	return filepath.Join(Directory(home), "authority", "ca.pem")
}

// Directory is where the local cloud of a home keeps its world, its endpoint file and
// its log. It is what the server's Options.Dir wants.
func Directory(home string) string { return filepath.Join(home, "local") }
