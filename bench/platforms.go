package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/bench/reads"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// manyQuotas are faults, of which AWS's quotas are a part, that let so many platforms be.
const manyQuotas = `quotas: {vpcs: 1000, internet_gateways: 1000, elastic_ips: 1000, nat_gateways_per_zone: 1000,
  gateway_endpoints: 1000, vcpus: 10000, load_balancers: 1000}`

// platforms measures how quickly a local cloud with a hundred platforms answers.
func platforms(ctx context.Context, l *lab) (err error) {
	status, err := daemon.Ensure(ctx, l.home, l.exe, "fast", "")
	if err != nil {
		return err
	}
	if _, err := daemon.SetFaults(ctx, l.home, []byte(manyQuotas)); err != nil {
		return err
	}
	started := time.Now()
	builds, building := errgroup.WithContext(ctx)
	builds.SetLimit(2)
	for i := range l.platforms {
		builds.Go(func() error { return l.up(building, fmt.Sprintf("p%03d", i), "") })
	}
	if err := builds.Wait(); err != nil {
		return err
	}
	fmt.Fprintf(os.Stdout, "%d platforms of 2 instances, built in %.0f s\n", l.platforms, time.Since(started).Seconds())
	client := &reads.Exchanges{}
	calls, err := reads.Calls(ctx, reads.Over(client, status.Endpoint, "us-east-1"))
	if err != nil {
		return err
	}
	rows := [][]string{{"call", "about", "reply", "median", "p99", "with the SDK's work", "in the local cloud's log", "its CPU time a call"}}
	for _, call := range calls {
		for _, all := range []bool{false, true} {
			if all && call.OnlyOne {
				continue
			}
			row, err := l.measure(ctx, client, status, call, all)
			if err != nil {
				return fmt.Errorf("%s: %w", call.Operation, err)
			}
			rows = append(rows, row)
		}
	}
	row, err := l.pictures(ctx, status.Endpoint)
	if err != nil {
		return err
	}
	return table(append(rows, row))
}

// measure makes a call again and again, about one platform after another or about all.
func (l *lab) measure(ctx context.Context, client *reads.Exchanges, status endpoint.Status, call reads.Call, all bool) ([]string, error) {
	times, about := l.aboutOne, "one platform"
	if all {
		times, about = l.aboutAll, "all"
	}
	client.Took = nil
	var whole []time.Duration
	before, err := onCPU(status.PID)
	if err != nil {
		return nil, err
	}
	for i := range times {
		platform := ""
		if !all {
			platform = fmt.Sprintf("p%03d", i%l.platforms)
		}
		begun := time.Now()
		if err := call.Make(ctx, platform); err != nil {
			return nil, err
		}
		whole = append(whole, time.Since(begun))
	}
	after, err := onCPU(status.PID)
	if err != nil {
		return nil, err
	}
	inside, err := logged(ctx, l.home, call.Operation, times)
	if err != nil {
		return nil, err
	}
	return []string{call.Operation, about, kilobytes(client.Bytes), milliseconds(quantile(client.Took, .5)), milliseconds(quantile(client.Took, .99)),
		milliseconds(quantile(whole, .5)), milliseconds(quantile(inside, .5)), milliseconds((after - before) / time.Duration(times))}, nil
}

// pictures measures the page's first look at a platform.
func (l *lab) pictures(ctx context.Context, endpoint string) ([]string, error) {
	client := &reads.Exchanges{}
	for i := range l.aboutOne {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, fmt.Sprintf("%s/_local/picture?platform=p%03d", endpoint, i%l.platforms), nil)
		if err != nil {
			return nil, err
		}
		response, err := client.Do(request)
		if err != nil {
			return nil, err
		}
		if response.StatusCode != http.StatusOK || client.Bytes == 0 {
			return nil, fmt.Errorf("the page's picture: %s, %d bytes", response.Status, client.Bytes)
		}
		if err := response.Body.Close(); err != nil {
			return nil, err
		}
	}
	return []string{"the page's picture", "one platform", kilobytes(client.Bytes), milliseconds(quantile(client.Took, .5)), milliseconds(quantile(client.Took, .99)), "", "", ""}, nil
}

func kilobytes(n int) string { return fmt.Sprintf("%.1f kB", float64(n)/1000) }

// logged is how long the local cloud itself took for its latest calls of an operation.
func logged(ctx context.Context, home, operation string, latest int) ([]time.Duration, error) {
	var took []time.Duration
	err := daemon.Calls(ctx, home, false, func(call wire.CallRecord) error {
		if call.Operation == operation {
			took = append(took, call.Duration)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	if len(took) < latest {
		return nil, fmt.Errorf("the log has %d calls of %s, not %d", len(took), operation, latest)
	}
	return took[len(took)-latest:], nil
}
