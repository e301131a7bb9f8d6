package nginx

import (
	"errors"
	"fmt"
	"io/fs"
	"net"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// writer writes the configuration that an nginx of this machine gets in place of an instance's own, one directive a line.
type writer struct {
	root   *os.Root // of the instance
	prefix string   // of the instance's files, as nginx reaches them
	// port gives the loopback address ("127.0.0.1:n") that stands for a port of the instance. external says that it is
	// reachable from outside of the instance.
	port   func(port int, external bool) (address string, err error)
	values map[string]string // variables whose values are the instance's
	logs   map[string]bool   // files of the instance that nginx writes
	text   strings.Builder
	places []place // of each line
}

// place is where a line of what was written comes from, as the instance sees it.
type place struct {
	file string
	line int
}

// mostText bounds what is written, in bytes, and mostArgument one argument: nginx refuses one that exceeds its buffer.
const (
	mostText     = 4 << 20
	mostArgument = 4000
)

// mostLogs bounds the files that nginx writes. Package disk bounds their size.
const mostLogs = 16

// defaultLog is the log of requests where a configuration names none.
const defaultLog = "/var/log/nginx/access.log"

// connections are those that nginx keeps at once, whatever the instance asks for.
const connections = 1024

func (w *writer) line(from nginxconf.Directive, format string, args ...any) {
	fmt.Fprintf(&w.text, format+"\n", args...)
	w.places = append(w.places, place{from.File, from.Line})
}

// write writes directives. defaults are those of nginx's own that would lead out of the instance.
func (w *writer) write(list []nginxconf.Directive, defaults ...string) error {
	table := allowed()
	for _, d := range defaults {
		name, _, _ := strings.Cut(d, " ")
		if !slices.ContainsFunc(list, func(d nginxconf.Directive) bool { return d.Name == name }) {
			if w.line(nginxconf.Directive{File: mainFile, Line: 1}, "%s;", d); name == "access_log" {
				w.opens(defaultLog)
			}
		}
	}
	for _, d := range list {
		form, ok := table[d.Name]
		switch {
		case !ok && nginxconf.Known(d.Name):
			return notAllowed(d, "directive %q is not for an nginx of this machine", d.Name)
		case !ok:
			return notAllowed(d, "unknown directive %q", d.Name)
		case d.Block != (form == block || form == types):
			return notAllowed(d, "directive %q has no block, or lacks it", d.Name)
		case w.text.Len() > mostText:
			return notAllowed(d, "the configuration has more than %d bytes", mostText)
		}
		if form == dropped {
			continue
		}
		if err := w.directive(d, form); err != nil {
			return err
		}
	}
	return nil
}

func (w *writer) directive(d nginxconf.Directive, form form) error {
	switch form {
	case block:
		return w.block(d)
	case types:
		return w.types(d)
	case address:
		return nil // the server's block has written them
	}
	args := make([]string, 0, len(d.Args))
	for i, a := range d.Args {
		checked, err := w.argument(d, form, i, a)
		if err != nil {
			return err
		}
		args = append(args, quoted(checked))
	}
	w.line(d, "%s %s;", d.Name, strings.Join(args, " "))
	return nil
}

// argument checks an argument, and returns it as it is to be written.
func (w *writer) argument(d nginxconf.Directive, form form, i int, a string) (string, error) {
	if err := printable(d, a); err != nil {
		return "", err
	}
	switch form {
	case text:
		return w.variables(d, a, textVariables)
	case logged:
		return w.variables(d, a, logVariables)
	case uri:
		return w.uri(d, i, a)
	case pattern:
		if a == "$hostname" {
			return w.values["hostname"], nil
		}
		return a, nil
	case folder:
		if !path.IsAbs(a) {
			a = path.Join("/usr/share/nginx", a)
		}
		return w.path(d, a)
	case log:
		return w.log(d, i, a)
	}
	if !plainWord().MatchString(a) {
		return "", notAllowed(d, "%q is no argument of %q for an nginx of this machine", a, d.Name)
	}
	return a, nil
}

func printable(d nginxconf.Directive, a string) error {
	if len(a) > mostArgument || strings.ContainsFunc(a, func(r rune) bool { return r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f }) {
		return notAllowed(d, "an argument of %q is too long, or has control characters", d.Name)
	}
	return nil
}

// path moves an absolute path of the instance to where it is on this machine. What is there, links followed, has to be
// in the instance.
func (w *writer) path(d nginxconf.Directive, name string) (string, error) {
	if strings.Contains(name, "$") {
		return "", notAllowed(d, "a variable in the path of %q is not for an nginx of this machine", d.Name)
	}
	name = strings.TrimPrefix(path.Clean("/"+name), "/")
	if name == "" {
		return w.prefix, nil
	}
	if _, err := w.root.Stat(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", notAllowed(d, "%q leads out of the instance", "/"+name)
	}
	return w.prefix + "/" + name, nil
}

// log checks an argument of access_log or error_log. The devices stand for the journal, which nobody reads.
func (w *writer) log(d nginxconf.Directive, i int, a string) (string, error) {
	errors := d.Name == "error_log"
	switch {
	case i > 0 && !plainWord().MatchString(a), strings.HasPrefix(a, "if="):
		return "", notAllowed(d, "%q is no argument of %q for an nginx of this machine", a, d.Name)
	case i > 0:
		return a, nil
	case slices.Contains([]string{"/dev/stdout", "/dev/stderr", "/dev/null", "stderr"}, a) && errors:
		return "stderr", nil
	case slices.Contains([]string{"/dev/stdout", "/dev/stderr", "/dev/null"}, a), a == "off" && !errors:
		return "off", nil
	case strings.Contains(a, ":"):
		return "", notAllowed(d, "the log %q is not for an nginx of this machine", a)
	}
	if !path.IsAbs(a) {
		a = path.Join("/usr/share/nginx", a)
	}
	if w.opens(a); len(w.logs) > mostLogs {
		return "", notAllowed(d, "more than %d logs are not for an nginx of this machine", mostLogs)
	}
	return w.path(d, a)
}

// opens notes a file that nginx will write, by its path in the instance.
func (w *writer) opens(name string) {
	if w.logs == nil {
		w.logs = map[string]bool{}
	}
	w.logs[path.Clean("/"+name)] = true
}

func (w *writer) block(d nginxconf.Directive) error {
	if err := location(d); err != nil {
		return err
	}
	var args []string
	for _, a := range d.Args {
		if err := printable(d, a); err != nil {
			return err
		}
		args = append(args, quoted(a))
	}
	w.line(d, "%s %s {", d.Name, strings.Join(args, " "))
	var defaults []string
	switch d.Name {
	case "events":
		w.line(d, "worker_connections %d;", connections)
	case "http":
		for _, kind := range []string{"client_body", "proxy", "fastcgi", "scgi", "uwsgi"} {
			defaults = append(defaults, kind+"_temp_path ../tmp/"+kind)
		}
		defaults = append(defaults, "access_log "+quoted(w.prefix+defaultLog), "root "+quoted(w.prefix+"/usr/share/nginx/html"),
			"port_in_redirect off") // the port is this machine's
	case "server":
		ports, err := w.listens(d)
		if err != nil {
			return err
		}
		if delete(w.values, "server_port"); len(ports) == 1 {
			w.values["server_port"] = strconv.Itoa(ports[0])
		}
		defer delete(w.values, "server_port")
	}
	if err := w.write(d.Children, defaults...); err != nil {
		return err
	}
	w.line(d, "}")
	return nil
}

// types writes the types of files by their extensions.
func (w *writer) types(d nginxconf.Directive) error {
	w.line(d, "types {")
	for _, t := range d.Children {
		if !mediaType().MatchString(t.Name) || t.Block || len(t.Args) == 0 || slices.ContainsFunc(t.Args, func(a string) bool { return !plainWord().MatchString(a) }) {
			return notAllowed(t, "%q is no type for an nginx of this machine", t.Name)
		}
		w.line(t, "%s %s;", t.Name, strings.Join(t.Args, " "))
	}
	w.line(d, "}")
	return nil
}

// listens writes a server's addresses, each once: "listen 80" beside "listen [::]:80" would be the same one twice. It
// returns the ports of the instance.
func (w *writer) listens(server nginxconf.Directive) (ports []int, err error) {
	list := slices.DeleteFunc(slices.Clone(server.Children), func(d nginxconf.Directive) bool { return d.Name != "listen" })
	if len(list) == 0 {
		list = []nginxconf.Directive{{Name: "listen", Args: []string{"80"}, File: server.File, Line: server.Line}}
	}
	written := map[string]bool{}
	for _, d := range list {
		if len(d.Args) == 0 {
			return nil, notAllowed(d, "invalid number of arguments in %q directive", d.Name)
		}
		host, port, ok := hostAndPort(d.Args[0])
		if !ok || strings.HasPrefix(d.Args[0], "unix:") {
			return nil, notAllowed(d, "%q is no address for an nginx of this machine", d.Args[0])
		}
		options, err := listenOptions(d)
		if err != nil {
			return nil, err
		}
		external := host != "localhost" && !strings.HasPrefix(host, "127.") && host != "::1"
		to, err := w.port(port, external)
		if err != nil {
			return nil, fmt.Errorf("listen %s: %w", d.Args[0], err)
		}
		if !slices.Contains(ports, port) {
			ports = append(ports, port)
		}
		if !written[to] {
			w.line(d, "listen %s;", strings.Join(append([]string{to}, options...), " "))
		}
		written[to] = true
	}
	return ports, nil
}

var listenOption = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(default_server|default|deferred|so_keepalive=\w+|(backlog|rcvbuf|sndbuf)=\d{1,9}[kKmM]?)$`)
})

// listenOptions keeps the options, but those of IPv6 and of several processes.
func listenOptions(d nginxconf.Directive) (kept []string, err error) {
	for _, o := range d.Args[1:] {
		switch {
		case strings.HasPrefix(o, "ipv6only="), strings.HasPrefix(o, "fastopen="), o == "reuseport":
		case listenOption().MatchString(o):
			kept = append(kept, o)
		default:
			return nil, notAllowed(d, "listen option %q is not for an nginx of this machine", o)
		}
	}
	return kept, nil
}

// hostAndPort reads what nginx takes for an address: "port", "host" or "host:port".
func hostAndPort(address string) (host string, port int, ok bool) {
	number := address
	if h, p, err := net.SplitHostPort(address); err == nil {
		host, number = h, p
	} else if _, err := strconv.Atoi(address); err != nil {
		host, number = strings.Trim(address, "[]"), "80"
	}
	port, err := strconv.Atoi(number)
	return host, port, err == nil && port > 0 && port < 1<<16
}
