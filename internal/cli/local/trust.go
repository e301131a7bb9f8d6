package local

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
)

type localTrustOptions struct {
	*session.Global
	Remove bool
	// Stores are those of this machine.
	Stores func() trustStores
}

// trustStores are the places where a machine's programs look for the authorities that they trust.
type trustStores struct {
	// Places are what is changed, and Aside what isn't, and how it could be; both in a few words.
	Places, Aside []string
	// Add and Remove take the file of an authority's certificate. Both may be repeated.
	Add, Remove func(file string) error
}

func newLocalTrust(g *session.Global) *cobra.Command {
	o := &localTrustOptions{Global: g, Stores: machineStores}
	cmd := &cobra.Command{
		Use:   "trust",
		Short: "Make this machine trust the local cloud's certificates",
		Long: `Make this machine's programs and browsers trust the certificates that the local
cloud issues, so that https://shop.example.localhost shows no warning. It says
what it will change, and asks. The authority can vouch for example.localhost and
the names below it alone, also if its key is stolen.

Without it, single programs can trust the file that local status names:
  curl --cacert FILE https://shop.example.localhost:PORT
  SSL_CERT_FILE=FILE        programs in Go, and those that use OpenSSL
  NODE_EXTRA_CA_CERTS=FILE  programs on Node.js
  and a browser's own settings, under certificate authorities` + help.Exits(map[int]string{
			exit.OK: "", exit.Failed: "not confirmed, or the system refused", exit.WrongUsage: "",
		}),
		Example: `  platformctl local trust
  platformctl local trust --remove --yes`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLocalTrust(cmd.Context(), o) },
	}
	cmd.Flags().BoolVar(&o.Remove, "remove", false, "trust them no longer")
	return cmd
}

func runLocalTrust(ctx context.Context, o *localTrustOptions) error {
	file, err := authorityFile(ctx, o)
	if err != nil {
		return err
	}
	if !o.Yes && !o.InTerminal {
		return exit.Usage{Err: fmt.Errorf("%s changes what this machine trusts: it asks first, and there is no terminal to ask on: add --yes", o.Command.CommandPath())}
	}
	stores := o.Stores()
	question, act, done := "Trust it?", stores.Add, "this machine trusts the local cloud's certificates; programs that run may have to be started again"
	if o.Remove {
		question, act, done = "Remove it?", stores.Remove, "this machine doesn't trust the local cloud's certificates any more"
	}
	if !o.Yes {
		for _, line := range o.announce(file, stores) {
			if _, err := fmt.Fprintln(o.Streams.Err, line); err != nil {
				return err
			}
		}
		yes, err := o.Confirm(ctx, question)
		if err != nil {
			return err
		}
		if !yes {
			return exit.ErrNotConfirmed
		}
	}
	if err := act(file); err != nil {
		return fmt.Errorf("change what this machine trusts, by %s: %w", file, err)
	}
	return o.Emit(struct {
		CertificateAuthority string   `json:"certificate_authority"`
		Trusted              bool     `json:"trusted"`
		Places               []string `json:"places"`
		Aside                []string `json:"aside"`
	}{file, !o.Remove, stores.Places, stores.Aside}, func() {
		o.Present().Done(done)
		for _, aside := range stores.Aside {
			o.Present().Warn(aside)
		}
	})
}

// authorityFile is the file of the certificate of the local cloud's authority.
func authorityFile(ctx context.Context, o *localTrustOptions) (string, error) {
	home, err := endpoint.Home(o.Get)
	if err != nil {
		return "", err
	}
	file := endpoint.CertificateAuthority(home)
	if status, ok := daemon.Running(ctx, home); ok && status.CertificateAuthority != "" {
		file = status.CertificateAuthority
	}
	if _, err := os.Stat(file); errors.Is(err, fs.ErrNotExist) {
		return "", &exit.LocalCloud{Err: fmt.Errorf("there is no certificate authority in %s yet: it comes with the first platformctl up or local serve", endpoint.Directory(home))}
	}
	return file, nil
}

// announce says what will be changed.
func (o *localTrustOptions) announce(file string, stores trustStores) []string {
	what := "The local cloud's certificate authority is added to what this machine trusts:"
	if o.Remove {
		what = "The local cloud's certificate authority is removed from what this machine trusts:"
	}
	lines := []string{what, "  " + file, "in"}
	for _, place := range stores.Places {
		lines = append(lines, "  "+place)
	}
	for _, aside := range stores.Aside {
		lines = append(lines, "Not in: "+aside)
	}
	if !o.Remove {
		lines = append(lines, "It can vouch for example.localhost and the names below it alone.",
			"How single programs trust it without this: "+strings.TrimSpace(o.Command.CommandPath())+" --help")
	}
	return lines
}
