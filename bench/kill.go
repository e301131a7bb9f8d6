package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/bench/reads"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
)

// kill ends the local cloud's process with SIGKILL amid a stream of create calls, again
// and again, and looks for each call that it had accepted.
func kill(ctx context.Context, l *lab) error {
	regions := []string{"us-east-1", "us-east-2", "us-west-1", "us-west-2", "eu-west-1", "eu-west-2", "eu-west-3", "eu-central-1", "eu-north-1"}
	accepted := map[string][]string{} // IDs by region
	total := 0
	for round := range l.kills {
		status, err := daemon.Ensure(ctx, l.home, l.exe, "fast", "")
		if err != nil {
			return err
		}
		if err := allThere(ctx, status.Endpoint, accepted); err != nil {
			return fmt.Errorf("after kill %d: %w", round, err)
		}
		process, err := os.FindProcess(status.PID)
		if err != nil {
			return err
		}
		region := regions[round%len(regions)]
		ids := createUntil(ctx, status.Endpoint, region, round, func() error {
			if err := pause(ctx, time.Duration(30+rand.IntN(120))*time.Millisecond); err != nil {
				return err
			}
			return process.Kill()
		})
		accepted[region] = append(accepted[region], ids...)
		total += len(ids)
	}
	status, err := daemon.Ensure(ctx, l.home, l.exe, "fast", "")
	if err != nil {
		return err
	}
	if err := allThere(ctx, status.Endpoint, accepted); err != nil {
		return err
	}
	return table([][]string{{"kills", "accepted calls", "lost"}, {fmt.Sprint(l.kills), fmt.Sprint(total), "0"}})
}

// createUntil creates security groups, four at a time, until the local cloud is gone, and
// returns the IDs of those that it said to have made.
func createUntil(ctx context.Context, endpoint, region string, round int, end func() error) (ids []string) {
	client := ec2.NewFromConfig(reads.SDK(endpoint, region))
	var mu sync.Mutex
	var workers sync.WaitGroup
	for worker := range 4 {
		workers.Go(func() {
			for i := 0; ; i++ {
				name := aws.String(fmt.Sprintf("kill-%d-%d-%d", round, worker, i))
				out, err := client.CreateSecurityGroup(ctx, &ec2.CreateSecurityGroupInput{GroupName: name, Description: name})
				if err != nil {
					return // it is gone
				}
				mu.Lock()
				ids = append(ids, *out.GroupId)
				mu.Unlock()
			}
		})
	}
	if err := end(); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	workers.Wait()
	return ids
}

func allThere(ctx context.Context, endpoint string, accepted map[string][]string) error {
	for region, ids := range accepted {
		there := map[string]bool{}
		pages := ec2.NewDescribeSecurityGroupsPaginator(ec2.NewFromConfig(reads.SDK(endpoint, region)), &ec2.DescribeSecurityGroupsInput{MaxResults: aws.Int32(1000)})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return err
			}
			for _, group := range page.SecurityGroups {
				there[*group.GroupId] = true
			}
		}
		for _, id := range ids {
			if !there[id] {
				return fmt.Errorf("%s of %s was accepted, and is lost", id, region)
			}
		}
	}
	return nil
}
