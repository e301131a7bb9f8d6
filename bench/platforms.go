package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/localcloud"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

const (
	manyPlatforms = 100
	describes     = 500 // of each kind
)

// platforms measures how quickly a local cloud with a hundred platforms answers.
func platforms(ctx context.Context, l *lab) (err error) {
	server, err := localcloud.New(localcloud.Options{Dir: localcloud.Directory(l.home), Version: "bench", Quotas: world.Quotas{
		VPCs: 1000, InternetGateways: 1000, Addresses: 1000, NATGatewaysPerZone: 1000, GatewayEndpoints: 1000, VCPUs: 10000, LoadBalancers: 1000,
	}})
	if err != nil {
		return err
	}
	var serving sync.WaitGroup
	serving.Go(func() { err = errors.Join(err, server.Serve(ctx)) })
	defer serving.Wait()
	defer server.Stop()

	started := time.Now()
	builds, building := errgroup.WithContext(ctx)
	builds.SetLimit(2)
	for i := range manyPlatforms {
		builds.Go(func() error { return l.up(building, fmt.Sprintf("p%03d", i), "") })
	}
	if err := builds.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d platforms of 2 instances, built in %.0f s\n", manyPlatforms, time.Since(started).Seconds())
	rows := [][]string{{"call", "median", "p99", "of it in the local cloud"}}
	for _, call := range calls(sdk(server.Endpoint(), "us-east-1"), server.Endpoint()) {
		var took []time.Duration
		for i := range describes {
			begun := time.Now()
			if err := call.make(ctx, fmt.Sprintf("p%03d", i%manyPlatforms)); err != nil {
				return fmt.Errorf("%s: %w", call.operation, err)
			}
			took = append(took, time.Since(begun))
		}
		inside, err := logged(ctx, server.Endpoint(), call.operation)
		if err != nil {
			return err
		}
		rows = append(rows, []string{call.operation + call.about, milliseconds(quantile(took, .5)), milliseconds(quantile(took, .99)), inside})
	}
	return table(rows)
}

type measuredCall struct {
	operation, about string
	make             func(ctx context.Context, platform string) error
}

// calls are the describes that a tool makes most, each of them about one platform, and
// the page's own.
func calls(c aws.Config, endpoint string) []measuredCall {
	computing, balancing := ec2.NewFromConfig(c), elb.NewFromConfig(c)
	of := func(platform string) []types.Filter {
		return []types.Filter{{Name: aws.String("tag:platformctl:platform"), Values: []string{platform}}}
	}
	return []measuredCall{
		{"DescribeVpcs", "", func(ctx context.Context, p string) error {
			out, err := computing.DescribeVpcs(ctx, &ec2.DescribeVpcsInput{Filters: of(p)})
			return found(err, func() int { return len(out.Vpcs) })
		}},
		{"DescribeSubnets", "", func(ctx context.Context, p string) error {
			out, err := computing.DescribeSubnets(ctx, &ec2.DescribeSubnetsInput{Filters: of(p)})
			return found(err, func() int { return len(out.Subnets) })
		}},
		{"DescribeRouteTables", "", func(ctx context.Context, p string) error {
			out, err := computing.DescribeRouteTables(ctx, &ec2.DescribeRouteTablesInput{Filters: of(p)})
			return found(err, func() int { return len(out.RouteTables) })
		}},
		{"DescribeSecurityGroups", "", func(ctx context.Context, p string) error {
			out, err := computing.DescribeSecurityGroups(ctx, &ec2.DescribeSecurityGroupsInput{Filters: of(p)})
			return found(err, func() int { return len(out.SecurityGroups) })
		}},
		{"DescribeInstances", "", func(ctx context.Context, p string) error {
			out, err := computing.DescribeInstances(ctx, &ec2.DescribeInstancesInput{Filters: of(p)})
			return found(err, func() int { return len(out.Reservations) })
		}},
		{"DescribeInstances", ", all 200", func(ctx context.Context, _ string) error {
			out, err := computing.DescribeInstances(ctx, &ec2.DescribeInstancesInput{})
			return found(err, func() int { return len(out.Reservations) })
		}},
		{"DescribeTags", "", func(ctx context.Context, p string) error {
			out, err := computing.DescribeTags(ctx, &ec2.DescribeTagsInput{Filters: of(p)})
			return found(err, func() int { return len(out.Tags) })
		}},
		{"DescribeLoadBalancers", "", func(ctx context.Context, p string) error {
			out, err := balancing.DescribeLoadBalancers(ctx, &elb.DescribeLoadBalancersInput{Names: []string{p + "-alb"}})
			return found(err, func() int { return len(out.LoadBalancers) })
		}},
		{"DescribeTargetHealth", " and DescribeTargetGroups", func(ctx context.Context, p string) error {
			groups, err := balancing.DescribeTargetGroups(ctx, &elb.DescribeTargetGroupsInput{Names: []string{p + "-web"}})
			if err != nil {
				return err
			}
			out, err := balancing.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: groups.TargetGroups[0].TargetGroupArn})
			return found(err, func() int { return len(out.TargetHealthDescriptions) })
		}},
		{"the page's picture", "", func(ctx context.Context, p string) error {
			request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_local/picture?platform="+p, nil)
			if err != nil {
				return err
			}
			response, err := http.DefaultClient.Do(request)
			if err != nil {
				return err
			}
			defer response.Body.Close()
			read, err := io.Copy(io.Discard, response.Body)
			return found(err, func() int { return int(read) })
		}},
	}
}

// found fails a call that found nothing: it would measure nothing either.
func found(err error, count func() int) error {
	if err == nil && count() == 0 {
		err = errors.New("nothing was found")
	}
	return err
}

// logged is how long the local cloud itself took for its latest calls of an operation, at
// the median; "" where there were none.
func logged(ctx context.Context, endpoint, operation string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, endpoint+"/_local/calls", nil)
	if err != nil {
		return "", err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	var took []time.Duration
	for lines := json.NewDecoder(response.Body); ; {
		var call wire.CallRecord
		if err := lines.Decode(&call); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return "", err
		}
		if call.Operation == operation {
			took = append(took, call.Duration)
		}
	}
	if len(took) == 0 {
		return "", nil
	}
	return milliseconds(quantile(took[max(0, len(took)-describes):], .5)), nil
}
