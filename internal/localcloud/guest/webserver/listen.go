package webserver

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/nginxconf"
)

// Ports are the TCP ports that are reachable from outside the instance, sorted.
func (c *Config) Ports() []int {
	var ports []int
	for _, s := range c.servers {
		for _, l := range s.listens {
			if !l.loopback && !slices.Contains(ports, l.port) {
				ports = append(ports, l.port)
			}
		}
	}
	slices.Sort(ports)
	return ports
}

// KeepAlive is how long an idle connection to a port stays open; 0 means that no connection is kept.
func (c *Config) KeepAlive(port int) time.Duration {
	if s := c.defaultServer(port); s != nil {
		return s.keepAlive
	}
	return 75 * time.Second
}

func parseListen(d nginxconf.Directive) (listen, error) {
	l := listen{directive: d}
	address := d.Args[0]
	host, port := "", address
	if i := strings.LastIndex(address, ":"); i >= 0 && !strings.HasSuffix(address, "]") {
		host, port = address[:i], address[i+1:]
	} else if _, err := strconv.Atoi(address); err != nil {
		host, port = address, "80"
	}
	n, err := strconv.Atoi(port)
	if err != nil || n < 1 || n > 65535 {
		return l, d.Emerg("invalid port in %q of the \"listen\" directive", address)
	}
	l.port = n
	l.loopback = strings.HasPrefix(host, "127.") || host == "localhost" || host == "[::1]"
	for _, option := range d.Args[1:] {
		name, _, _ := strings.Cut(option, "=")
		switch name {
		case "default_server", "default":
			l.defaultServer = true
		case "ipv6only", "backlog", "reuseport", "deferred", "so_keepalive", "rcvbuf", "sndbuf", "fastopen":
		case "ssl":
			l.secure = true
		case "http2", "quic", "proxy_protocol":
			return l, d.Emerg("listen option %q is not simulated by the built-in web server", option)
		default:
			return l, d.Emerg("invalid parameter %q", option)
		}
	}
	return l, nil
}

func (c *Config) checkListens() error {
	defaults := map[int]*server{}
	for _, s := range c.servers {
		for _, l := range s.listens {
			if !l.defaultServer {
				continue
			}
			if other := defaults[l.port]; other != nil && other != s {
				return &nginxconf.Emergency{Message: "a duplicate default server for 0.0.0.0:" + strconv.Itoa(l.port)}
			}
			defaults[l.port] = s
		}
	}
	return nil
}

// defaultServer is the one that answers where no server_name matches.
func (c *Config) defaultServer(port int) *server {
	var first *server
	for _, s := range c.servers {
		for _, l := range s.listens {
			if l.port != port || l.loopback {
				continue
			}
			if l.defaultServer {
				return s
			}
			if first == nil {
				first = s
			}
		}
	}
	return first
}

// serverFor picks by host name: exact, *.suffix, prefix.*, then the default.
func (c *Config) serverFor(port int, host string) *server {
	host = strings.ToLower(host)
	var suffix, prefix *server
	for _, s := range c.servers {
		if !slices.ContainsFunc(s.listens, func(l listen) bool { return l.port == port && !l.loopback }) {
			continue
		}
		for _, name := range s.names {
			name = strings.ToLower(name)
			switch {
			case name == host:
				return s
			case strings.HasPrefix(name, "*.") && strings.HasSuffix(host, name[1:]) && suffix == nil:
				suffix = s
			case strings.HasSuffix(name, ".*") && strings.HasPrefix(host, name[:len(name)-1]) && prefix == nil:
				prefix = s
			}
		}
	}
	if suffix != nil {
		return suffix
	}
	if prefix != nil {
		return prefix
	}
	return c.defaultServer(port)
}

// seconds reads a time of nginx: 75, 75s, 5m, 1h, 500ms.
func seconds(d nginxconf.Directive) (time.Duration, error) {
	text := d.Args[0]
	if n, err := strconv.Atoi(text); err == nil && n >= 0 {
		return time.Duration(n) * time.Second, nil
	}
	duration, err := time.ParseDuration(text)
	if err != nil || duration < 0 {
		return 0, d.Emerg("invalid value %q in %q directive", text, d.Name)
	}
	return duration, nil
}
