package initialize

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/help"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/config"
)

// question is one thing that init asks on a terminal. Its lines fit into 80 columns.
type question struct {
	key  string
	asks func(config.Config) bool   // nil: always
	says func(config.Config) string // lines above the prompt; nil: none
	// prompt is followed by the default in brackets.
	prompt string
	value  func(config.Config) string // the default
	// with is what an answer brings along; nil: nothing.
	with func(c config.Config, answer string) []config.Answer
}

// questions are the few things that matter to a new platform. The file that is written explains the others.
func questions() []question {
	return []question{
		{key: "name", prompt: "Name, part of the name of all that is made", value: func(c config.Config) string { return c.Name }},
		{key: "target", prompt: "Build it on local (this machine, no cost) or aws (costs money)", value: func(c config.Config) string { return string(c.Target) }},
		{
			key: "region", prompt: "Region of AWS", value: func(c config.Config) string { return c.Region },
			asks: func(c config.Config) bool { return c.Target == config.TargetAWS },
		},
		{
			key: "network.zones", prompt: "Availability Zones, how many or which", value: func(c config.Config) string { return fmt.Sprint(c.Network.Zones.Count) },
			says: func(c config.Config) string {
				return fmt.Sprintf("2 to 6 zones: a number, or names such as %[1]sa,%[1]sb.", c.Region)
			},
		},
		{key: "web.instances", prompt: "Web servers, spread evenly over the zones", value: func(c config.Config) string { return fmt.Sprint(c.Web.Instances) }},
		{
			key: "web.auto_scaling.max", prompt: "Most web servers under load, 0 for a fixed number",
			value: func(c config.Config) string { return fmt.Sprint(c.Web.AutoScaling.Max) }, says: aboutScaling, with: scales,
		},
		{
			key: "web.auto_scaling.cpu", prompt: "Percent of CPU to hold them at", asks: func(c config.Config) bool { return c.Web.AutoScaling.On() },
			value: func(c config.Config) string { return fmt.Sprint(c.Web.AutoScaling.CPU) },
		},
		{key: "network.egress", prompt: "How they reach the internet", value: func(c config.Config) string { return string(c.Network.Egress) }, says: egressPrices},
		{
			key: "load_balancer.https.domain", prompt: "Domain to serve over HTTPS, empty for HTTP",
			value: func(c config.Config) string { return c.LoadBalancer.HTTPS.Domain }, says: aboutDomain,
		},
		{
			key: "load_balancer.https.hosted_zone", prompt: "Route 53 zone that holds it, empty for DNS elsewhere", value: zoneOf,
			asks: func(c config.Config) bool { return c.LoadBalancer.HTTPS.On() },
		},
		{
			key: "monitoring.notify", prompt: "Whom to tell when it fails, empty for nobody",
			value: func(c config.Config) string { return strings.Join(c.Monitoring.Notify, ", ") }, says: aboutAlarms,
		},
	}
}

func aboutAlarms(c config.Config) string {
	if c.Target == config.TargetLocal {
		return "E-mail addresses and URLs, with commas; platformctl local mail shows mail."
	}
	return "E-mail addresses and URLs, with commas. The alarms cost some dollars a month."
}

// usualCPU is a target that leaves room for what the instances of one of two zones had.
const usualCPU = 50

func aboutScaling(c config.Config) string {
	return fmt.Sprintf("With more than %d an Auto Scaling group replaces what fails, and adds servers as\nload asks for them. AWS charges for what runs.", fewest(c))
}

// fewest is how few there may be in a group: as many as it begins with, and one in each zone.
func fewest(c config.Config) int { return max(c.Web.Instances, c.Network.Zones.Count) }

// scales is what makes a group of a number: how few there may be, and a target.
func scales(c config.Config, answer string) []config.Answer {
	if strings.Trim(answer, "0") == "" {
		return nil // none
	}
	return []config.Answer{{Key: "web.auto_scaling.min", Text: fmt.Sprint(fewest(c))}, {Key: "web.auto_scaling.cpu", Text: fmt.Sprint(usualCPU)}}
}

// localZone is the public zone that the local cloud's account owns.
const localZone = "example.localhost"

func aboutDomain(c config.Config) string {
	if c.Target == config.TargetLocal {
		return "Names under " + localZone + " work here with nothing prepared: shop." + localZone
	}
	return "One of yours, such as shop.example.com; its certificate costs nothing."
}

// zoneOf is the zone that is known to hold the domain; "" where none is.
func zoneOf(c config.Config) string {
	if c.Target == config.TargetLocal && config.IsWithin(c.LoadBalancer.HTTPS.Domain, localZone) {
		return localZone
	}
	return ""
}

// natMonth is what a NAT gateway and its public address cost in a month of 730 hours, in dollars: the list prices of us-east-1
// that README names, $0.045 and $0.005 an hour. What goes through it costs more.
const natMonth = (0.045 + 0.005) * 730

// egressPrices says what each way out gives up, and what it costs.
func egressPrices(c config.Config) string {
	where := "a month at list prices, traffic not counted"
	if c.Target == config.TargetLocal {
		where = "a month on AWS, nothing here"
	}
	zones := c.Network.Zones.Count
	return fmt.Sprintf(`  nat-per-zone  a NAT gateway in each of the %d zones             about $%.0f
  nat-single    one for all; the others' way out fails with it   about $%.0f
  none          S3 alone, enough for Nginx; no shell             $0
                (%s)`, zones, math.Ceil(natMonth*float64(zones)), math.Ceil(natMonth), where)
}

// askAll asks all questions. A wrong answer is explained and asked for again; an empty one takes the default.
func askAll(ctx context.Context, g *session.Global, draft *config.Draft, file string) error {
	say := func(lines string) error {
		_, err := fmt.Fprintln(g.Streams.Err, lines)
		return err
	}
	width, _ := g.Present().WindowSize()
	opening := fmt.Sprintf("This writes %s. Enter takes what is in brackets, Ctrl-C gives up.", file)
	if err := say(help.Fold(opening, width-1, "\n") + "\n"); err != nil {
		return err
	}
	in := bufio.NewReader(g.In)
	for _, q := range questions() {
		if q.asks != nil && !q.asks(draft.Config()) {
			continue
		}
		if q.says != nil {
			if err := say("\n" + q.says(draft.Config())); err != nil {
				return err
			}
		}
		if err := askOne(ctx, g, in, draft, q, say); err != nil {
			return err
		}
	}
	return say("")
}

func askOne(ctx context.Context, g *session.Global, in *bufio.Reader, draft *config.Draft, q question, say func(string) error) error {
	for {
		answer, err := g.Ask(ctx, in, fmt.Sprintf("%s [%s]:", q.prompt, q.value(draft.Config())))
		switch {
		case ctx.Err() != nil:
			return exit.ErrNotWritten
		case errors.Is(err, io.EOF):
			return exit.Usage{Err: errors.New("the answers ended before the questions; nothing was written. --yes writes the defaults")}
		case err != nil:
			return err
		}
		if answer == "" {
			answer = q.value(draft.Config())
		}
		var with []config.Answer
		if q.with != nil {
			with = q.with(draft.Config(), answer)
		}
		problems := draft.Set(q.key, answer, with...)
		if len(problems) == 0 {
			return nil
		}
		for _, problem := range problems {
			if err := say("  " + help.Fold(problem.String(), help.Width-2, "\n  ")); err != nil {
				return err
			}
		}
	}
}
