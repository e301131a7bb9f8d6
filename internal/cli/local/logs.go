package local

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/present/localreport"
)

type localLogsOptions struct {
	*session.Global
	Follow bool
	Since  time.Duration
	Now    func() time.Time
}

func newLocalLogs(g *session.Global) *cobra.Command {
	o := &localLogsOptions{Global: g, Now: time.Now}
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Show the API calls that the local cloud has answered",
		Long: `Show the latest API calls that the running local cloud has answered: when, the
operation, what it was about, the error code, and how long it took. A fault that
was injected stands behind the code. The local cloud remembers some thousand
calls, until its process ends.` + help.Exits(map[int]string{
			exit.OK: "", exit.Failed: "the local cloud is not running", exit.WrongUsage: "", exit.Interrupted: "interrupted",
		}),
		Example: `  platformctl local logs --since 5m
  platformctl local logs --follow`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLocalLogs(cmd.Context(), o) },
	}
	cmd.Flags().BoolVarP(&o.Follow, "follow", "f", false, "go on with each call that comes, until interrupted")
	cmd.Flags().DurationVar(&o.Since, "since", 0, "only calls of that last time, such as 5m (default: all that are remembered)")
	return cmd
}

func runLocalLogs(ctx context.Context, o *localLogsOptions) error {
	if o.Follow && o.JSON() {
		return exit.Usage{Err: errors.New("--follow has no end, and --output json is one document: use one of them")}
	}
	if o.Since < 0 {
		return exit.Usage{Err: errors.New("--since can't be negative; allowed: a duration such as 5m")}
	}
	home, err := endpoint.Home(o.Get)
	if err != nil {
		return err
	}
	var after time.Time
	if o.Since > 0 {
		after = o.Now().Add(-o.Since)
	}
	streams, document := o.Present(), localreport.Logs{}
	err = daemon.Calls(ctx, home, o.Follow, func(record wire.CallRecord) error {
		if record.Time.Before(after) {
			return nil
		}
		call := localreport.Call{
			Time: record.Time.UTC(), Service: record.Service, Operation: record.Operation, Region: record.Region, Resource: record.Resource,
			Code: record.Code, Status: record.Status, Fault: record.Fault, Seconds: record.Duration.Seconds(),
		}
		if o.JSON() {
			document.Calls = append(document.Calls, call)
			return nil
		}
		call.Time = record.Time.Local()
		return call.Show(streams)
	})
	if err != nil {
		return err
	}
	return o.Emit(document, func() {}) // the lines are written already
}
