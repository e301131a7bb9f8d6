// Package record runs a platform's whole life once (plan, up, a drill of each scenario, up again, down), and writes down
// every call with its reply, and every command's document, without what tells of the account.
//
// What belongs here: the run, its budget, and that it leaves nothing. What doesn't: what is thought of the result.
package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/prices"
)

// The targets of a run.
const (
	TargetAWS      = "aws"      // an account
	TargetEndpoint = "endpoint" // a program that answers as AWS does, and carries no traffic
	TargetLocal    = "local"    // a local cloud of the run's own
)

// Options say what a run is like.
type Options struct {
	Exe    string // platformctl
	Out    string // directory of the recording, which must not have one
	Target string
	// Endpoint is the URL of TargetEndpoint.
	Endpoint string
	// Latency is that of TargetLocal.
	Latency string
	// Region and Name are the platform's; Region "" leaves it to the settings of AWS.
	Region, Name string
	// Scenarios are those that are drilled. None with TargetEndpoint.
	Scenarios []string
	// Budget is how long the run may take, and Dollars what it may cost. Both count from the first object on.
	Budget  time.Duration
	Dollars prices.Amount
	// Yes answers the question on TargetAWS, which is read from In where it doesn't.
	Yes bool
	In  io.Reader
	// Log is for people.
	Log io.Writer
	// Environ is the environment of this process, and Now the clock.
	Environ []string
	Now     func() time.Time
	// Pause waits, or returns early with the end of ctx.
	Pause func(ctx context.Context, d time.Duration)
}

// Scenarios are all that can be drilled.
func Scenarios() []string { return fault.Scenarios() }

var platformName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,19}$`)

// Check refuses options before anything is touched.
func (o Options) Check() error {
	switch o.Target {
	case TargetAWS, TargetLocal:
		if o.Endpoint != "" {
			return fmt.Errorf("-endpoint goes with -target %s, not %s", TargetEndpoint, o.Target)
		}
	case TargetEndpoint:
		u, err := url.Parse(o.Endpoint)
		if err != nil || u.Host == "" {
			return fmt.Errorf("-endpoint %q is no URL such as http://127.0.0.1:5000", o.Endpoint)
		}
		if len(o.Scenarios) > 0 {
			return errors.New("what has no traffic can't be drilled: give -scenarios none")
		}
	default:
		return fmt.Errorf("-target %q: it is %s, %s or %s", o.Target, TargetAWS, TargetEndpoint, TargetLocal)
	}
	for _, s := range o.Scenarios {
		if !slices.Contains(Scenarios(), s) {
			return fmt.Errorf("there is no scenario %q; there are %s", s, strings.Join(Scenarios(), ", "))
		}
	}
	switch {
	case !platformName.MatchString(o.Name):
		return fmt.Errorf("-name %q is no platform's name", o.Name)
	case o.Out == "":
		return errors.New("name the directory of the recording with -out")
	case o.Budget <= 0 || o.Dollars <= 0:
		return errors.New("name a budget first: -minutes and -dollars")
	}
	return nil
}

// downTakes is what is kept of the budget for down, which on AWS waits for NAT gateways and network interfaces.
const downTakes = 12 * time.Minute

// budget is how long a run works until it goes down, and what the whole costs at the most. hourly is the platform's
// price. An hour that has begun counts whole, as AWS does with NAT gateways and load balancers.
func (o Options) budget(hourly prices.Amount) (work time.Duration, most prices.Amount, err error) {
	whole := o.Budget
	if hourly > 0 {
		hours := int64(o.Dollars / hourly)
		if hours == 0 {
			return 0, 0, fmt.Errorf("an hour costs %s, and so does a part of it: more than the budget of %s", hourly.Exact(), o.Dollars.Exact())
		}
		whole = min(whole, time.Duration(hours)*time.Hour)
	}
	begun := (whole + time.Hour - 1) / time.Hour
	return whole - min(downTakes, whole/2), hourly * prices.Amount(begun), nil
}

// hourly is a month's price as a document has it, in an hour, rounded up.
func hourly(month string) (prices.Amount, error) {
	amount, err := prices.ParseAmount(month)
	if err != nil {
		return 0, fmt.Errorf("what the platform costs isn't known: %w", err)
	}
	return (amount + prices.HoursPerMonth - 1) / prices.HoursPerMonth, nil
}
