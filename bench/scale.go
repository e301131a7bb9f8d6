package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strconv"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling/types"

	"github.com/platformctl/platformctl/bench/reads"
)

// scaleOptions are the flags of `bench scale`.
type scaleOptions struct {
	before, busy, after time.Duration
	low, high           int
	target              int
	image               string
}

func scaleFlags(args []string) (scaleOptions, error) {
	var o scaleOptions
	f := flag.NewFlagSet("scale", flag.ContinueOnError)
	f.DurationVar(&o.before, "before", 3*time.Minute, "how long the load is low at first")
	f.DurationVar(&o.busy, "busy", 9*time.Minute, "how long it is high")
	f.DurationVar(&o.after, "after", 19*time.Minute, "how long it is low again")
	f.IntVar(&o.low, "low", 10, "requests a second while it is low")
	f.IntVar(&o.high, "high", 60, "requests a second while it is high")
	f.IntVar(&o.target, "target", 1000, "requests a minute that each instance is to get")
	if err := f.Parse(args); err != nil {
		return o, err
	}
	if f.NArg() != 1 || o.low < 1 || o.high < o.low {
		return o, errors.New("usage: go run ./bench scale [-before 3m] [-busy 9m] [-after 19m] [-low 10] [-high 60] IMAGE.svg")
	}
	o.image = f.Arg(0)
	return o, nil
}

// sample is what there was at a moment.
type sample struct {
	at               time.Duration // since the load began
	rate             int           // requests a second
	desired, healthy int
}

// scale sends an Auto Scaling group load that rises and falls, and draws how many instances serve it.
func scale(ctx context.Context, l *lab, args []string) error {
	o, err := scaleFlags(args)
	if err != nil {
		return err
	}
	const name = "scale"
	if err := l.up(ctx, name, fmt.Sprintf("web: {auto_scaling: {min: 2, max: 6, requests_per_target: %d}}\n", o.target)); err != nil {
		return err
	}
	url, err := l.url(ctx, name)
	if err != nil {
		return err
	}
	status, err := l.running(ctx)
	if err != nil {
		return err
	}
	client := autoscaling.NewFromConfig(reads.SDK(status.Endpoint, "us-east-1"))
	before, err := l.failures(ctx, name)
	if err != nil {
		return err
	}
	var seen probes
	var probing sync.WaitGroup
	loaded, stop := context.WithCancel(ctx)
	defer stop()
	began := time.Now()
	probing.Go(func() {
		seen = probeAt(loaded, url, func() int { return o.rate(time.Since(began)) }, requestTimeout)
	})
	samples, err := o.watch(ctx, client, began)
	stop()
	probing.Wait()
	if err != nil {
		return err
	}
	after, err := l.failures(ctx, name)
	if err != nil {
		return err
	}
	if err := os.WriteFile(o.image, []byte(scaleChart(samples)), 0o644); err != nil {
		return err
	}
	rows := [][]string{{"minute", "requests a second", "desired", "in service"}}
	for i, s := range samples {
		if i == 0 || i == len(samples)-1 || s.desired != samples[i-1].desired || s.healthy != samples[i-1].healthy || s.rate != samples[i-1].rate {
			rows = append(rows, []string{fmt.Sprintf("%.1f", s.at.Minutes()), strconv.Itoa(s.rate), strconv.Itoa(s.desired), strconv.Itoa(s.healthy)})
		}
	}
	if err := table(rows); err != nil {
		return err
	}
	return table([][]string{{"requests", "failed", "failed, says the load balancer"}, {strconv.Itoa(seen.sent), strconv.Itoa(seen.failed), strconv.Itoa(after - before)}})
}

// rate is the load at a moment, in requests a second.
func (o scaleOptions) rate(at time.Duration) int {
	if at >= o.before && at < o.before+o.busy {
		return o.high
	}
	return o.low
}

// watch looks at the group until the load is over.
func (o scaleOptions) watch(ctx context.Context, client *autoscaling.Client, began time.Time) (samples []sample, err error) {
	const every = 2 * time.Second
	for time.Since(began) < o.before+o.busy+o.after {
		out, err := client.DescribeAutoScalingGroups(ctx, &autoscaling.DescribeAutoScalingGroupsInput{})
		if err != nil {
			return nil, err
		}
		if len(out.AutoScalingGroups) != 1 {
			return nil, fmt.Errorf("there are %d Auto Scaling groups, and one was made", len(out.AutoScalingGroups))
		}
		group := out.AutoScalingGroups[0]
		s := sample{at: time.Since(began), desired: int(*group.DesiredCapacity)}
		s.rate = o.rate(s.at)
		for _, i := range group.Instances {
			s.healthy += one(i.LifecycleState == types.LifecycleStateInService && *i.HealthStatus == "Healthy")
		}
		samples = append(samples, s)
		if err := pause(ctx, every); err != nil {
			return nil, err
		}
	}
	return samples, nil
}
