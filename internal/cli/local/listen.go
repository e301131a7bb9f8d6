package local

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"github.com/platformctl/platformctl/internal/cli/exit"
)

// checkListen checks --listen and --expose.
func checkListen(ctx context.Context, listen string, expose bool) error {
	if listen == "" {
		if expose {
			return exit.Usage{Err: errors.New("--expose: exposes the address of --listen, which is missing")}
		}
		return nil
	}
	host, port, err := net.SplitHostPort(listen)
	if err == nil {
		_, err = net.DefaultResolver.LookupPort(ctx, "tcp", port)
	}
	if err != nil {
		form := "127.0.0.1:4566"
		if named := strings.Trim(listen, "[]"); isAddress(named) && !onlyLoopback(ctx, named) {
			form = net.JoinHostPort(named, "4566") + " --expose, since other machines reach this address"
		}
		return exit.Usage{Err: fmt.Errorf("--listen %q: must be HOST:PORT: %w: write it as in --listen %s; port 0 takes a free one", listen, err, form)}
	}
	if expose || onlyLoopback(ctx, host) {
		return nil
	}
	return exit.Usage{Err: fmt.Errorf("--listen %q: other machines reach this address: add --expose, and every call needs the access key that is printed, or listen on 127.0.0.1", listen)}
}

// isAddress reports whether a text is an IP address.
func isAddress(text string) bool {
	_, err := netip.ParseAddr(text)
	return err == nil
}

// onlyLoopback reports whether only this machine reaches a host. Whether a name that isn't found can be listened on, the
// system says.
func onlyLoopback(ctx context.Context, host string) bool {
	if a, err := netip.ParseAddr(host); err == nil {
		return a.Unmap().IsLoopback()
	}
	if name := strings.ToLower(host); name == "localhost" || strings.HasSuffix(name, ".localhost") {
		return true
	}
	if host == "" {
		return false // all addresses
	}
	addresses, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return true
	}
	for _, a := range addresses {
		if !a.Unmap().IsLoopback() {
			return false
		}
	}
	return true
}
