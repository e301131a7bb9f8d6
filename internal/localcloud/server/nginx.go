package server

import (
	"fmt"
	"runtime"
)

// NginxVariable names the environment variable that says which nginx the instances of
// the local cloud run: a path or a program's name. Unset, or "builtin", they run the web
// server built into this program.
const NginxVariable = "PLATFORMCTL_NGINX"

// FindNginx says which nginx the instances shall run, for Options.Nginx: that of
// PLATFORMCTL_NGINX, else "", the built-in web server. An nginx of the machine must be
// asked for, because it takes whatever an instance's own nginx.conf says, load_module
// included. It looks up programs through look (exec.LookPath, but in tests).
func FindNginx(getenv func(string) string, look func(string) (string, error)) (string, error) {
	return findNginx(getenv, look, runtime.GOOS)
}

func findNginx(getenv func(string) string, look func(string) (string, error), system string) (string, error) {
	wanted := getenv(NginxVariable)
	switch {
	case wanted == "" || wanted == "builtin":
		return "", nil
	case system == "windows":
		// Its nginx.conf would need other paths, its processes another end.
		return "", fmt.Errorf("%s is %s, but on Windows instances run the built-in web server alone: unset it", NginxVariable, wanted)
	}
	path, err := look(wanted)
	if err != nil {
		return "", fmt.Errorf("find the nginx that %s names (set it to a path, or to builtin): %w", NginxVariable, err)
	}
	return path, nil
}
