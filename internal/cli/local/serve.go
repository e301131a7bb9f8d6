package local

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/platformctl/platformctl/internal/cli/complete"
	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

type localServeOptions struct {
	*session.Global
	Listen     string
	Expose     bool
	Latency    string
	Background bool // up started it, for as long as it is needed
	FixLatency bool // the latency was asked for by somebody who sees it
	FaultsFile string
	Policies   []string // files
	Record     string
	Faults     faultFlags
}

func newLocalServe(g *session.Global) *cobra.Command {
	o := &localServeOptions{Global: g}
	cmd := &cobra.Command{
		Use:   "serve",
		Short: "Serve the local cloud in the foreground until told to stop",
		Long: `Serve the local cloud in the foreground until told to stop.

It can fail as AWS fails: the flags below, or a file of faults
with rules for single operations. Flags win over the file. While it runs,
platformctl local faults shows and replaces them. Shares are from 0 to 1.` + help.Exits(map[int]string{
			exit.OK: "told to stop, by Ctrl-C, SIGTERM or local stop", exit.Failed: "the port is in use, or another one runs in this home", exit.WrongUsage: "",
		}),
		Example: `  platformctl local serve --listen 127.0.0.1:4566
  platformctl local serve --latency aws/10 --throttle
  platformctl local serve --policy docs/aws-policy.json
  platformctl local serve --error-rate 0.1 --no-capacity us-east-1a`,
		Args: help.NoArguments,
		RunE: func(cmd *cobra.Command, _ []string) error {
			o.FixLatency = cmd.Flags().Changed("latency") && !o.Background
			return runLocalServe(cmd.Context(), o, cmd.Flags())
		},
	}
	flags := cmd.Flags()
	flags.StringVar(&o.Listen, "listen", "", "HOST:PORT of the endpoint (default: the last one, else any free port on loopback)")
	flags.BoolVar(&o.Expose, "expose", false, "let --listen be an address that other machines reach; calls need the access key that is printed")
	flags.StringVar(&o.Latency, "latency", "fast", "how long things take: fast, aws or aws/N")
	flags.BoolVar(&o.Background, "background", false, "")
	_ = flags.MarkHidden("background") // fails only for a flag that isn't there
	flags.StringVar(&o.FaultsFile, "faults", "", "file of faults, in YAML")
	flags.StringArrayVar(&o.Policies, "policy", nil, "file of an IAM policy: callers may do what it allows, and no more; for several, once each")
	flags.StringVar(&o.Record, "record", "", "for debugging: directory to record each API call in, with its answer (default $"+recording.Variable+")")
	o.Faults.add(flags)
	completesServe(g, cmd)
	return cmd
}

func runLocalServe(ctx context.Context, o *localServeOptions, flags *pflag.FlagSet) (err error) {
	home, err := endpoint.Home(o.Get)
	if err != nil {
		return err
	}
	if _, err := world.ParseLatency(o.Latency); err != nil {
		return exit.Usage{Err: fmt.Errorf("--latency: %w", err)}
	}
	if err := checkListen(ctx, o.Listen, o.Expose); err != nil {
		return err
	}
	injected, err := o.faults(flags)
	if err != nil {
		return exit.Usage{Err: err}
	}
	policies, err := readPolicies(o.Global, o.Policies)
	if err != nil {
		return exit.Usage{Err: err}
	}
	server, err := server.New(server.Options{
		Dir: endpoint.Directory(home), Listen: o.Listen, Expose: o.Expose, Latency: o.Latency, FixedLatency: o.FixLatency, Nginx: o.Get(endpoint.NginxVariable),
		Faults: injected, Policies: policies, Record: o.recordTo(), Version: session.Version().Version, Log: o.Streams.Err,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	if unused := server.NginxUnused(); unused != "" && !o.Background {
		o.Present().Warn(unused)
	}
	if err := o.say(server); err != nil {
		return err
	}
	return server.Serve(ctx)
}

// say writes where the local cloud is, and what opens it.
func (o *localServeOptions) say(s *server.Server) error {
	key, page := "local", ""
	if o.Expose {
		key, page = s.Secret(), "The page for browsers: "+s.Page()+"\n"
	}
	_, err := fmt.Fprintf(o.Streams.Err, "The local cloud serves on %s\nexport AWS_ENDPOINT_URL=%s AWS_ACCESS_KEY_ID=%s AWS_SECRET_ACCESS_KEY=local\n%s",
		s.Endpoint(), s.Endpoint(), key, page)
	return err
}

// recordTo is the directory for a recording, or "". A local cloud that up starts has it
// from the environment.
func (o *localServeOptions) recordTo() string {
	dir := cmp.Or(o.Record, o.Get(recording.Variable))
	if dir == "" || filepath.IsAbs(dir) {
		return dir
	}
	return filepath.Join(o.Dir, dir)
}

// faults are those of the file, with those of the flags over them.
func (o *localServeOptions) faults(flags *pflag.FlagSet) (c faults.Config, err error) {
	if o.FaultsFile != "" {
		if c, err = readFaults(o.Global, o.FaultsFile); err != nil {
			return c, err
		}
	}
	if err := o.Faults.apply(flags, &c); err != nil {
		return c, err
	}
	if problems := c.Check(services.All()); len(problems) > 0 {
		return c, &faults.Error{Source: "flags of local serve", Problems: problems}
	}
	return c, nil
}

// readFaults reads and checks a file of faults.
func readFaults(g *session.Global, name string) (faults.Config, error) {
	text, err := readFile(g, name)
	if err != nil {
		return faults.Config{}, fmt.Errorf("read the faults: %w", err)
	}
	return faults.Parse(name, text, services.All())
}

// readFile reads a file that the user named.
func readFile(g *session.Global, name string) ([]byte, error) {
	return os.ReadFile(g.InDir(name))
}

// faultFlags are the faults that have flags.
type faultFlags struct {
	config                        faults.Config
	describeDelay, iamPropagation time.Duration
	referenceDelay, changeDelay   time.Duration
	roundTrip                     time.Duration
	noCapacity, notOffered        []string
	quotas                        map[string]int
}

func (f *faultFlags) add(flags *pflag.FlagSet) {
	c := &f.config
	flags.Int64Var(&c.Seed, "seed", 0, "decides which calls the rates hit")
	flags.DurationVar(&f.describeDelay, "describe-delay", 0, "time for which calls that read don't see a new object")
	flags.DurationVar(&f.referenceDelay, "reference-delay", 0, "time for which calls that change something don't know a new object")
	flags.DurationVar(&f.changeDelay, "change-delay", 0, "time for which calls that read see an object as it was before a change or its end")
	flags.BoolVar(&c.VaryDelays, "vary-delays", false, "give each object, on each server, delays from none up to those")
	flags.DurationVar(&f.iamPropagation, "iam-propagation", 0, "time for which EC2 doesn't know a new role or instance profile")
	flags.DurationVar(&f.roundTrip, "round-trip", 0, "time for which each call and its answer are on their way")
	flags.BoolVar(&c.Throttle, "throttle", false, "throttle calls by AWS's token buckets")
	flags.Float64Var(&c.ThrottleRate, "throttle-rate", 0, "share of calls that are throttled")
	flags.Float64Var(&c.ErrorRate, "error-rate", 0, "share of calls that a server error answers")
	flags.Float64Var(&c.ResetRate, "reset-rate", 0, "share of calls whose connection is reset before they are done")
	flags.Float64Var(&c.LostReplyRate, "lost-reply-rate", 0, "share of calls that are done and whose answer is lost")
	flags.StringSliceVar(&c.Deny, "deny", nil, "action without permission, such as ec2:CreateNatGateway or iam:*")
	flags.StringSliceVar(&c.Allow, "allow", nil, "the only actions with permission, such as ec2:* (default: all)")
	flags.StringSliceVar(&f.noCapacity, "no-capacity", nil, "zone without capacity, such as us-east-1a, or t3.micro@us-east-1a for one type")
	flags.StringSliceVar(&f.notOffered, "not-offered", nil, "instance type that a zone doesn't offer, such as t3.micro@us-east-1a")
	flags.StringToIntVar(&f.quotas, "quota", nil, "quota, such as vpcs=200")
}

// apply puts the flags that were given over a configuration.
func (f *faultFlags) apply(flags *pflag.FlagSet, c *faults.Config) error {
	over := f.config
	over.DescribeDelay, over.IAMPropagation = faults.Duration(f.describeDelay), faults.Duration(f.iamPropagation)
	over.ReferenceDelay, over.ChangeDelay = faults.Duration(f.referenceDelay), faults.Duration(f.changeDelay)
	over.RoundTrip = faults.Duration(f.roundTrip)
	over.NoCapacity, over.NotOffered = places(f.noCapacity), places(f.notOffered)
	for name, put := range map[string]func(){
		"seed":            func() { c.Seed = over.Seed },
		"describe-delay":  func() { c.DescribeDelay = over.DescribeDelay },
		"reference-delay": func() { c.ReferenceDelay = over.ReferenceDelay },
		"change-delay":    func() { c.ChangeDelay = over.ChangeDelay },
		"vary-delays":     func() { c.VaryDelays = over.VaryDelays },
		"no-capacity":     func() { c.NoCapacity = over.NoCapacity },
		"not-offered":     func() { c.NotOffered = over.NotOffered },
		"iam-propagation": func() { c.IAMPropagation = over.IAMPropagation },
		"round-trip":      func() { c.RoundTrip = over.RoundTrip },
		"throttle":        func() { c.Throttle = over.Throttle },
		"throttle-rate":   func() { c.ThrottleRate = over.ThrottleRate },
		"error-rate":      func() { c.ErrorRate = over.ErrorRate },
		"reset-rate":      func() { c.ResetRate = over.ResetRate },
		"lost-reply-rate": func() { c.LostReplyRate = over.LostReplyRate },
		"deny":            func() { c.Deny = over.Deny },
		"allow":           func() { c.Allow = over.Allow },
	} {
		if flags.Changed(name) {
			put()
		}
	}
	for name, limit := range f.quotas {
		if err := c.SetQuota(services.All(), name, limit); err != nil {
			return fmt.Errorf("--quota: %w", err)
		}
	}
	return nil
}

// places reads zones, and instance types in zones.
func places(texts []string) (all []faults.Place) {
	for _, text := range texts {
		all = append(all, faults.ParsePlace(text))
	}
	return all
}

// completesServe completes the flags of local serve.
func completesServe(g *session.Global, cmd *cobra.Command) {
	actions := complete.NoFiles(func(*cobra.Command) (all []string) {
		for _, operation := range service.Operations(services.All(), service.Env{}) {
			all = append(all, operation.Service+":"+operation.Name)
		}
		return all
	})
	complete.Flags(cmd, map[string]complete.Func{
		"latency":     complete.Words("fast\twell under a second each", "aws\tas long as on AWS", "aws/10\tten times faster than on AWS"),
		"faults":      complete.Files("yaml", "yml"),
		"policy":      complete.Files("json"),
		"no-capacity": complete.Zones(g),
		"deny":        actions,
		"allow":       actions,
	})
}
