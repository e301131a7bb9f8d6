package server

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
)

// NginxUnused says why instances don't run the nginx of Options.Nginx but the built-in
// web server; "" where they do run it, and where none was asked for.
func (s *Server) NginxUnused() string { return s.nginxUnused }

// tryNginx returns the nginx that instances run, the zero Program for the built-in web
// server. An nginx of the machine must be asked for. Before it gets an instance it serves
// a page by itself, below dir, behind the walls that keep it in an instance: what can't do
// that would be found one by one, on instances that never become healthy.
func (s *Server) tryNginx(dir string) nginx.Program {
	var program nginx.Program
	path, err := findNginx(s.options.Nginx, exec.LookPath, runtime.GOOS)
	if err == nil && path != "" {
		program, err = nginx.Try(context.Background(), path, filepath.Join(dir, "nginx-trial"))
	}
	s.webServer = "built-in"
	if err != nil {
		s.webServer += fmt.Sprintf(": %s (%s) can't be used: %v", endpoint.NginxVariable, s.options.Nginx, err)
		s.nginxUnused = fmt.Sprintf("instances run the built-in web server, because the nginx that %s names (%s) can't be used: %v",
			endpoint.NginxVariable, s.options.Nginx, err)
		s.log.Warn(s.nginxUnused)
	} else if path != "" {
		s.webServer = fmt.Sprintf("%s (%s)", program.Version, program.Path)
		s.log.Info("instances run an nginx of this machine", "path", program.Path, "version", program.Version)
	}
	return program
}

// findNginx finds the program that was asked for, "" where none was. It looks programs up
// through look, which is exec.LookPath but in tests.
func findNginx(wanted string, look func(string) (string, error), system string) (string, error) {
	switch {
	case wanted == "" || wanted == "builtin":
		return "", nil
	case system == "windows":
		// Its nginx.conf would need other paths, its processes another end.
		return "", fmt.Errorf("on Windows instances run the built-in web server alone")
	}
	path, err := look(wanted)
	if err != nil {
		return "", err
	}
	return filepath.Abs(path)
}
