// Package nginx runs the machine's own nginx as the web server of one simulated instance: it moves a configuration
// that was written for a whole machine into the instance's directory and keeps one process per instance.
//
// The configuration is changed as text and as little as possible, so that it is nginx itself that judges it.
package nginx

import (
	"fmt"
	"net"
	"regexp"
	"strconv"
	"strings"
)

var (
	// pathDirective finds the directives whose argument is an absolute path.
	pathDirective   = regexp.MustCompile(`(^|[\s;{}])(include|root|alias|access_log|error_log|pid|lock_file|ssl_\w+|auth_basic_user_file|load_module|\w+_temp_path|\w+_cache_path)(\s+["']?)(/[^\s;"']*)`)
	listenDirective = regexp.MustCompile(`(^|[\s;{}])listen(\s+)([^;{}]+);`)
	dropped         = regexp.MustCompile(`(^|[\s;{}])(user|daemon|master_process|pid|worker_rlimit_nofile)\s+[^;{}]*;`)
	commentLine     = regexp.MustCompile(`(?m)^[ \t]*#.*$`)
	httpBlock       = regexp.MustCompile(`(^|[\s;{}])http\s*\{`)
)

// Rewriter moves configuration into an instance's directory.
type Rewriter struct {
	// Root is the instance's root file system, from the directory that has the rewritten copy of Root/etc/nginx.
	Root string
	// Port gives the loopback address ("127.0.0.1:n") that stands for a port.
	// external says that it is reachable from outside the instance.
	Port func(port int, external bool) (address string, err error)
}

// Rewrite returns the text of one file as it is to be used.
func (r Rewriter) Rewrite(text string) (string, error) {
	text = commentLine.ReplaceAllString(text, "")
	text = dropped.ReplaceAllString(text, "$1")
	text = replace(pathDirective, text, func(m []string) string {
		return m[1] + m[2] + m[3] + r.path(m[2], m[4])
	})
	var failed error
	seen := map[string]bool{}
	depth := serverNumbers(text)
	text = replaceAt(listenDirective, text, func(at int, m []string) string {
		listen, err := r.listen(m[3])
		if err != nil {
			failed = err
			return m[0]
		}
		// "listen 80" beside "listen [::]:80" would be the same address twice.
		key := fmt.Sprint(depth(at), " ", strings.Fields(listen + " ")[0])
		if seen[key] {
			return m[1]
		}
		seen[key] = true
		return m[1] + "listen" + m[2] + listen + ";"
	})
	return text, failed
}

func (r Rewriter) path(directive, path string) string {
	switch {
	case strings.HasPrefix(path, "/dev/"):
		return path
	case directive == "include" && strings.HasPrefix(path, "/etc/nginx/"):
		return strings.TrimPrefix(path, "/etc/nginx/")
	case path == "/":
		return r.Root
	}
	return r.Root + path
}

// listen maps the address and keeps the options, but those of IPv6. A unix socket moves
// into the instance, and what is no address stays as it is.
func (r Rewriter) listen(args string) (string, error) {
	fields := strings.Fields(args)
	if len(fields) == 0 {
		return args, nil
	}
	if socket, ok := strings.CutPrefix(fields[0], "unix:/"); ok {
		fields[0] = "unix:" + r.Root + "/" + socket
		return strings.Join(fields, " "), nil
	}
	host, port, ok := hostAndPort(fields[0])
	if !ok {
		return args, nil // nginx will say what it thinks of it
	}
	external := host != "localhost" && !strings.HasPrefix(host, "127.") && host != "::1"
	address, err := r.Port(port, external)
	if err != nil {
		return "", fmt.Errorf("listen %s: %w", args, err)
	}
	out := []string{address}
	for _, option := range fields[1:] {
		if !strings.HasPrefix(option, "ipv6only=") && option != "reuseport" {
			out = append(out, option)
		}
	}
	return strings.Join(out, " "), nil
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
	return host, port, err == nil
}

// serverNumbers returns a function that tells in which server block a place in the text is.
func serverNumbers(text string) func(at int) int {
	starts := regexp.MustCompile(`(^|[\s;{}])server\s*\{`).FindAllStringIndex(text, -1)
	return func(at int) int {
		n := 0
		for _, s := range starts {
			if s[0] < at {
				n++
			}
		}
		return n
	}
}

func replace(re *regexp.Regexp, text string, f func(m []string) string) string {
	return replaceAt(re, text, func(_ int, m []string) string { return f(m) })
}

func replaceAt(re *regexp.Regexp, text string, f func(at int, m []string) string) string {
	var b strings.Builder
	last := 0
	for _, loc := range re.FindAllStringSubmatchIndex(text, -1) {
		m := make([]string, len(loc)/2)
		for i := range m {
			if loc[2*i] >= 0 {
				m[i] = text[loc[2*i]:loc[2*i+1]]
			}
		}
		b.WriteString(text[last:loc[0]])
		b.WriteString(f(loc[0], m))
		last = loc[1]
	}
	b.WriteString(text[last:])
	return b.String()
}
