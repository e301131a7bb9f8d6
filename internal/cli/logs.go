package cli

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/accesslog"
	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision"
)

type logsOptions struct {
	*Global
	Since   time.Duration
	Follow  bool
	Summary bool
	Status  []string
	Path    string
	Target  []string
}

// NewLogs is `platformctl logs`.
func NewLogs(g *Global) *cobra.Command {
	o := &logsOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "logs",
		Short: "Show the requests in the load balancer's access log",
		Long: `Show the requests that the load balancer has logged into the platform's bucket,
where the configuration has logs.access, the oldest first. AWS delivers the log
every five minutes, and promises neither that a request is in it nor when. It
changes nothing.

With -o json each request is one object on a line of its own.` + help.Exits(map[int]string{
			exit.OK: "shown, also where there was none", exit.Failed: "", exit.WrongUsage: "",
		}),
		Example: `  platformctl logs --since 15m --status 5xx
  platformctl logs --follow --path '/api/*'
  platformctl logs --summary --since 24h
  platformctl logs --instance i-0123456789abcdef0 -o json`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error { return runLogs(cmd.Context(), o) },
	}
	flags := cmd.Flags()
	flags.DurationVar(&o.Since, "since", time.Hour, "how far back")
	flags.BoolVar(&o.Follow, "follow", false, "go on with what is delivered, until it is interrupted")
	flags.BoolVar(&o.Summary, "summary", false, "requests by class and target, and the slowest paths, instead of each")
	flags.StringSliceVar(&o.Status, "status", nil, "only these statuses, such as 502, or classes, such as 5xx")
	flags.StringVar(&o.Path, "path", "", "only this path; * stands for anything but /, and /* at the end for all below")
	flags.StringSliceVar(&o.Target, "instance", nil, "only what these instances were sent, by their IDs or addresses")
	return cmd
}

// farthest is how far back the log is read: as long as it can be kept.
const farthest = 3650 * 24 * time.Hour

func (o *logsOptions) check() error {
	switch {
	case o.Follow && o.Summary:
		return exit.Usage{Err: errors.New("--summary sums up what is there: it can't be used with --follow")}
	case o.Since <= 0 || o.Since > farthest:
		return exit.Usage{Err: fmt.Errorf("--since must be above 0 and at most %s, got %s", farthest, o.Since)}
	}
	if err := (accesslog.Filter{Statuses: o.Status, Path: o.Path}).Check(); err != nil {
		return exit.Usage{Err: err}
	}
	return nil
}

func runLogs(ctx context.Context, o *logsOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	s, err := o.Open(ctx, false)
	if err != nil {
		return err
	}
	defer s.EndEmpty(ctx)
	clients, owner := s.Clients.Snapshot(), provision.OwnerOf(s.Config, s.Store.Document())
	reader, err := logOf(ctx, s, clients, owner)
	if err != nil {
		return err
	}
	instances, err := addresses(ctx, clients, owner)
	if err != nil {
		return err
	}
	since := time.Now().Add(-o.Since)
	filter := accesslog.Filter{Since: since, Statuses: o.Status, Path: o.Path, Targets: targetsOf(o.Target, instances)}
	entries := func(now time.Time) iter.Seq2[accesslog.Entry, error] { return reader.Entries(ctx, since, now) }
	if o.Summary {
		return summarize(o, s.Config.Name, filter, entries(time.Now()), instances)
	}
	for shown := 0; ; {
		n, err := show(o, filter, entries(time.Now()), instances, shown == 0)
		if shown += n; shown == 0 && n == 0 && err == nil && !o.JSON() && !o.Follow {
			o.Present().Nothing("the access log has no such request in the last " + o.Since.String() + "; AWS delivers it every five minutes")
		}
		if err != nil || !o.Follow {
			if ctx.Err() != nil && o.Follow {
				return nil // interrupting is how following ends
			}
			return err
		}
		if o.ReaderLeft() {
			return nil
		}
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(followEvery):
		}
	}
}

// followEvery is how often the bucket is asked for new objects, which come every five minutes.
const followEvery = 10 * time.Second

// logOf finds the log of the platform's load balancer, by the load balancer's own attributes.
func logOf(ctx context.Context, s *session.Session, clients *awsapi.Clients, owner awsapi.Owner) (*accesslog.Reader, error) {
	balancers, err := loadbalancing.LoadBalancerKind().List(ctx, clients, owner)
	if err != nil {
		return nil, err
	}
	if len(balancers) == 0 {
		return nil, fmt.Errorf("there is no load balancer of platform %s in %s, and so no log: platformctl up makes one", owner.Platform, owner.Region)
	}
	bucket, prefix, on := balancers[0].AccessLog()
	if !on {
		return nil, exit.Usage{Err: errors.New("the load balancer of " + owner.Platform + " writes no access log: set logs.access in the configuration, such as 30d, and run platformctl up")}
	}
	at, err := arn.Parse(aws.ToString(balancers[0].LoadBalancerArn))
	if err != nil {
		return nil, fmt.Errorf("the load balancer's ARN: %w", err)
	}
	told := 0
	return &accesslog.Reader{
		Objects: accesslog.Bucket{Client: s.Clients.S3, Name: bucket},
		Place: accesslog.Place{
			Prefix: prefix, Account: at.AccountID, Region: at.Region, LoadBalancer: strings.TrimPrefix(at.Resource, "loadbalancer/"),
		},
		Unreadable: func(key string, err error) {
			if told++; told <= mostTold {
				s.Warn(fmt.Errorf("left out of %s: %w", key, err))
			}
		},
	}, nil
}

// mostTold is how many lines that can't be read are told of.
const mostTold = 5

// addresses are the IDs of the platform's instances by their addresses.
func addresses(ctx context.Context, clients *awsapi.Clients, owner awsapi.Owner) (map[string]string, error) {
	all, err := awsapi.Instances(ctx, clients, owner)
	ids := map[string]string{}
	for _, instance := range all {
		if address := aws.ToString(instance.PrivateIpAddress); address != "" {
			ids[address] = aws.ToString(instance.InstanceId)
		}
	}
	return ids, err
}

// targetsOf are the addresses of what the flag names: an instance that has none any more is left as it is, and fits nothing.
func targetsOf(named []string, instances map[string]string) []string {
	var all []string
	for _, name := range named {
		found := name
		for address, id := range instances {
			if id == name {
				found = address
			}
		}
		all = append(all, found)
	}
	return all
}

// show writes what of the entries is wanted, under a heading where it is the first, and tells how many those are.
func show(o *logsOptions, filter accesslog.Filter, entries iter.Seq2[accesslog.Entry, error], instances map[string]string, first bool) (shown int, err error) {
	for entry, err := range entries {
		switch {
		case err != nil:
			return shown, err
		case !filter.Wants(entry):
			continue
		}
		line := report.LoggedOf(entry, instances)
		switch {
		case o.JSON():
			if err := line.WriteJSON(o.Streams.Out); err != nil {
				return shown, err
			}
		case first && shown == 0:
			report.LogHead(o.Present())
			fallthrough
		default:
			line.Show(o.Present())
		}
		shown++
		if o.ReaderLeft() {
			break
		}
	}
	return shown, o.WriteError()
}

func summarize(o *logsOptions, platform string, filter accesslog.Filter, entries iter.Seq2[accesslog.Entry, error], instances map[string]string) error {
	summary := accesslog.NewSummary()
	for entry, err := range entries {
		if err != nil {
			return err
		}
		if filter.Wants(entry) {
			summary.Add(entry)
		}
	}
	document := report.LogSummaryOf(platform, filter.Since, summary, instances)
	return o.Emit(document, func() { document.Show(o.Present()) })
}
