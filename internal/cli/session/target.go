package session

import (
	"context"
	"fmt"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// connect is the one place that tells the local cloud and AWS apart.
func (s *Session) connect(ctx context.Context) (*awsapi.Clients, error) {
	options := awsapi.Options{Version: Version().Version, Getenv: s.Get, Waiting: func(line string) { s.Say(line) }}
	s.Second = time.Second
	if s.local = s.Config.Target == config.TargetLocal; s.local {
		var err error
		if s.Home, err = endpoint.Home(s.Get); err != nil {
			return nil, err
		}
		// Before it is looked for: or the end of another command, which finds it
		// empty, could stop it just before this one makes its first object.
		if s.leave, err = daemon.Use(ctx, s.Home); err != nil {
			return nil, &exit.LocalCloud{Err: err}
		}
		cloud, err := daemon.Ensure(ctx, s.Home, s.Exe, s.Config.Local.Latency, s.Config.Name)
		if err != nil {
			return nil, &exit.LocalCloud{Err: err}
		}
		s.startedCloud = cloud.Started.After(s.Began)
		if cloud.NginxUnused != "" {
			s.Present().Warn(cloud.NginxUnused)
		}
		if cloud.LatencyKept != "" {
			s.Present().Warn(fmt.Sprintf("the local cloud keeps its latency %s, not %s: %s", cloud.Latency, s.Config.Local.Latency, cloud.LatencyKept))
		}
		at, err := endpoint.Read(endpoint.Directory(s.Home))
		if err != nil {
			return nil, &exit.LocalCloud{Err: err}
		}
		options.Endpoint, options.AccessKey, options.DNS, s.page = cloud.Endpoint, at.AccessKey(), cloud.DNS, cloud.Page
		latency, err := world.ParseLatency(cloud.Latency)
		if err != nil {
			return nil, err
		}
		s.Second = latency.Duration(world.Step{AWS: time.Second})
	}
	s.options = options
	return s.InRegion(ctx, s.Config.Region)
}

// InRegion are clients of the session's cloud for a region, once it is connected.
func (s *Session) InRegion(ctx context.Context, region string) (*awsapi.Clients, error) {
	options := s.options
	options.Region = region
	clients, err := awsapi.Connect(ctx, options)
	if err == nil && s.Verbose {
		clients.Ledger.OnCall = s.tellCall
	}
	return clients, err
}

// LivePage is where a browser sees the local cloud's picture of the platform; "" on AWS.
func (s *Session) LivePage() string {
	return s.page
}
