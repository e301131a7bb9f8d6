package cli

import (
	"context"
	"errors"
	"fmt"
	"os/exec"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/report"
)

// NewLocal is `platformctl local …`.
func NewLocal(g *Global) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "local",
		Short: "The local cloud by itself",
		Long: `The local cloud is a simulator of the AWS APIs that carries real traffic. up
starts it in the background when it is needed, and down stops it when nothing
is left in it. These commands are for using it by itself.`,
		Args: noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newLocalServe(g), newLocalStatus(g), newLocalStop(g))
	return cmd
}

func newLocalServe(g *Global) *cobra.Command {
	var listen, latency string
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the local cloud in the foreground until told to stop",
		Args:  noArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return runLocalServe(cmd.Context(), g, listen, latency)
		},
	}
	cmd.Flags().StringVar(&listen, "listen", "", "HOST:PORT of the endpoint (default: the last one, else any free port on loopback)")
	cmd.Flags().StringVar(&latency, "latency", "fast", "how long things take: fast, aws or aws/N")
	return cmd
}

func runLocalServe(ctx context.Context, g *Global, listen, latency string) (err error) {
	home, err := localcloud.Home(g.get)
	if err != nil {
		return err
	}
	nginx, err := localcloud.FindNginx(g.get, exec.LookPath)
	if err != nil {
		return usageError{err}
	}
	server, err := localcloud.New(localcloud.Options{
		Dir: localcloud.Directory(home), Listen: listen, Latency: latency, Nginx: nginx,
		Version: version().Version, Log: g.Streams.Err,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	_, err = fmt.Fprintf(g.Streams.Err, "The local cloud serves on %s\nexport AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=local AWS_SECRET_ACCESS_KEY=local\n",
		server.Endpoint(), server.Endpoint())
	if err != nil {
		return err
	}
	return server.Serve(ctx)
}

func newLocalStatus(g *Global) *cobra.Command {
	return &cobra.Command{
		Use:   "status",
		Short: "Show the local cloud's endpoint, platforms and listeners",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runLocalStatus(cmd.Context(), g) },
	}
}

func runLocalStatus(ctx context.Context, g *Global) error {
	home, err := localcloud.Home(g.get)
	if err != nil {
		return err
	}
	status, _ := localcloud.Running(ctx, home)
	document := localStatusDocument(home, status)
	return g.emit(document, func() { g.streams().LocalStatus(document) })
}

func localStatusDocument(home string, status localcloud.Status) report.LocalStatus {
	document := report.LocalStatus{
		Running: status.Running, Endpoint: status.Endpoint, PID: status.PID, Directory: localcloud.Directory(home),
		Latency: status.Latency, Platforms: status.Platforms, LoadBalancers: []report.LoadBalancer{},
	}
	for _, lb := range status.LoadBalancers {
		balancer := report.LoadBalancer{Name: lb.Name, DNSName: lb.DNSName, Listeners: []report.Listener{}}
		for _, listener := range lb.Listeners {
			balancer.Listeners = append(balancer.Listeners, report.Listener{Port: listener.Port, Address: listener.Address})
		}
		document.LoadBalancers = append(document.LoadBalancers, balancer)
	}
	return document
}

func newLocalStop(g *Global) *cobra.Command {
	return &cobra.Command{
		Use:   "stop",
		Short: "Stop the local cloud; its world stays on disk",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return runLocalStop(cmd.Context(), g) },
	}
}

func runLocalStop(ctx context.Context, g *Global) error {
	home, err := localcloud.Home(g.get)
	if err != nil {
		return err
	}
	stopped, err := localcloud.Stop(ctx, home)
	if err != nil {
		return err
	}
	return g.emit(struct {
		Stopped bool `json:"stopped"`
	}{stopped}, func() {
		text := "The local cloud was not running."
		if stopped {
			text = "The local cloud has stopped; its world is kept in " + localcloud.Directory(home) + "."
		}
		fmt.Fprintln(g.Streams.Out, text)
	})
}
