package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/chromedp/chromedp"

	"github.com/platformctl/platformctl/bench/reads"
)

// picture photographs the local cloud's page amid a failover, under load: one instance
// was stopped, another is draining.
func picture(ctx context.Context, l *lab, file string) error {
	if err := l.up(ctx, "shop", "web: {instances: 4}\n"); err != nil {
		return err
	}
	status, err := l.running(ctx)
	if err != nil {
		return err
	}
	loaded, stop := context.WithCancel(ctx)
	var clients sync.WaitGroup
	defer clients.Wait()
	defer stop()
	for i := range 6 {
		clients.Go(func() { visit(loaded, "http://"+status.LoadBalancers[0].Listeners[0].Address, i) })
	}
	browser, end := chromedp.NewExecAllocator(ctx, append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox)...)
	defer end()
	browser, end = chromedp.NewContext(browser)
	defer end()
	if err := chromedp.Do(browser, chromedp.EmulateViewport(1440, 900), chromedp.Navigate(status.Endpoint), chromedp.Sleep(30*time.Second)); err != nil {
		return err
	}
	if err := failOver(ctx, reads.SDK(status.Endpoint, "us-east-1")); err != nil {
		return err
	}
	if err := chromedp.Do(browser, chromedp.Sleep(14*time.Second)); err != nil {
		return err
	}
	image, err := chromedp.Run(browser, chromedp.FullScreenshot(100))
	if err != nil {
		return err
	}
	return os.WriteFile(file, image, 0o644)
}

// visit makes some requests a second; one in forty is for a page that isn't there.
func visit(ctx context.Context, address string, offset int) {
	for i := offset; ctx.Err() == nil; i++ {
		path := "/"
		if i%40 == 0 {
			path = "/missing"
		}
		if response, err := get(ctx, address+path); err == nil {
			_, _ = io.Copy(io.Discard, response.Body)
			response.Body.Close()
		}
		// More at some times than at others.
		_ = pause(ctx, time.Duration(14+6*(i/100%3))*time.Millisecond)
	}
}

// failOver stops an instance of the first zone and takes one of the second out.
func failOver(ctx context.Context, c aws.Config) error {
	computing, balancing := ec2.NewFromConfig(c), elb.NewFromConfig(c)
	byZone := func(zone string) (string, error) {
		out, err := computing.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: []types.Filter{{Name: aws.String("availability-zone"), Values: []string{zone}}}})
		if err != nil {
			return "", err
		}
		if len(out.Reservations) == 0 {
			return "", fmt.Errorf("no instance in %s", zone)
		}
		return *out.Reservations[0].Instances[0].InstanceId, nil
	}
	first, err := byZone("us-east-1a")
	if err != nil {
		return err
	}
	second, err := byZone("us-east-1b")
	if err != nil {
		return err
	}
	if _, err := computing.StopInstances(ctx, &ec2.StopInstancesInput{InstanceIds: []string{first}}); err != nil {
		return err
	}
	groups, err := balancing.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{})
	if err != nil {
		return err
	}
	_, err = balancing.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{TargetGroupArn: groups.TargetGroups[0].TargetGroupArn,
		Targets: []elbtypes.TargetDescription{{Id: &second}}})
	return err
}
