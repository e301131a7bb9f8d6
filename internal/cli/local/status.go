package local

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/present/localreport"
)

func newLocalStatus(g *session.Global) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the local cloud's endpoint, platforms and listeners",
		Long: `Show whether the local cloud runs, its endpoint, the platforms in it, and where
a client on this machine reaches its load balancers.` +
			help.Exits(map[int]string{exit.OK: "it was looked for, and runs or doesn't", exit.Failed: "", exit.WrongUsage: ""}),
		Example: `  platformctl local status
  platformctl local status -o json`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLocalStatus(cmd.Context(), g) },
	}
}

func runLocalStatus(ctx context.Context, g *session.Global) error {
	home, err := endpoint.Home(g.Get)
	if err != nil {
		return err
	}
	status, _ := daemon.Running(ctx, home)
	document := localStatusDocument(home, status)
	return g.Emit(document, func() { document.Show(g.Present()) })
}

func localStatusDocument(home string, status endpoint.Status) localreport.Status {
	document := localreport.Status{
		Running: status.Running, Endpoint: status.Endpoint, Page: status.Page, PID: status.PID, Directory: endpoint.Directory(home),
		Latency: status.Latency, WebServer: status.WebServer, Platforms: status.Platforms,
		DNS: status.DNS, CertificateAuthority: status.CertificateAuthority, LoadBalancers: []localreport.LoadBalancer{},
	}
	for _, lb := range status.LoadBalancers {
		balancer := localreport.LoadBalancer{Name: lb.Name, DNSName: lb.DNSName, Listeners: []localreport.Listener{}}
		for _, listener := range lb.Listeners {
			balancer.Listeners = append(balancer.Listeners, localreport.Listener{Port: listener.Port, Address: listener.Address})
		}
		document.LoadBalancers = append(document.LoadBalancers, balancer)
	}
	return document
}
