package daemon_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// client is an EC2 client of a local cloud.
func client(url string) *ec2.Client {
	return ec2.New(ec2.Options{Region: "us-east-1", BaseEndpoint: &url, RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("any", "any", "")})
}

func TestEnsure_ConcurrentCallsStartOne(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	var group sync.WaitGroup
	found := make([]endpoint.Status, 4)
	for i := range found {
		group.Go(func() { found[i] = localcloudtest.Ensure(t, home) })
	}
	group.Wait()
	first := found[0]
	for _, status := range found {
		if status.PID != first.PID || status.Endpoint != first.Endpoint || !status.Running {
			t.Errorf("started %+v and %+v", first, status)
		}
	}
	if first.PID == os.Getpid() || first.Latency != "fast" || first.Directory != filepath.Join(home, "local") {
		t.Errorf("status %+v", first)
	}
	if _, err := server.New(server.Options{Dir: first.Directory}); err == nil || !strings.Contains(err.Error(), first.Endpoint) {
		t.Errorf("a second one in the same directory: %v", err)
	}

	stopped, err := daemon.Stop(t.Context(), home)
	if err != nil || !stopped {
		t.Fatalf("stopped %t, %v", stopped, err)
	}
	if status, running := daemon.Running(t.Context(), home); running {
		t.Errorf("still there: %+v", status)
	}
	if stopped, err := daemon.Stop(t.Context(), home); err != nil || stopped {
		t.Errorf("stopped again: %t, %v", stopped, err)
	}

	again := localcloudtest.Ensure(t, home)
	if again.Endpoint != first.Endpoint {
		t.Errorf("endpoint %s after a restart, %s before", again.Endpoint, first.Endpoint)
	}
}

func TestKill_LosesNothing(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	first := localcloudtest.Ensure(t, home)
	client := client(first.Endpoint)
	made, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	localcloudtest.Kill(t, first)
	if status, running := daemon.Running(t.Context(), home); running {
		t.Fatalf("still there: %+v", status)
	}
	second := localcloudtest.Ensure(t, home)
	if second.Endpoint != first.Endpoint || second.PID == first.PID {
		t.Errorf("restarted as %+v, was %+v", second, first)
	}
	if _, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{VpcIds: []string{*made.Vpc.VpcId}}); err != nil {
		t.Error(err)
	}
}

func TestStopIfEmpty(t *testing.T) {
	t.Parallel()
	home := t.TempDir()
	if stopped, err := daemon.StopIfEmpty(t.Context(), home); err != nil || stopped {
		t.Fatalf("with none running: %t, %v", stopped, err)
	}
	client := client(localcloudtest.Ensure(t, home).Endpoint)
	made, err := client.CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16")})
	if err != nil {
		t.Fatal(err)
	}
	if stopped, err := daemon.StopIfEmpty(t.Context(), home); err != nil || stopped {
		t.Fatalf("with a VPC left: %t, %v", stopped, err)
	}
	if _, err := client.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: made.Vpc.VpcId}); err != nil {
		t.Fatal(err)
	}
	release, err := daemon.Use(t.Context(), home)
	if err != nil {
		t.Fatal(err)
	}
	if stopped, err := daemon.StopIfEmpty(t.Context(), home); err != nil || stopped {
		t.Fatalf("in use: %t, %v", stopped, err)
	}
	if err := release(); err != nil {
		t.Fatal(err)
	}
	if stopped, err := daemon.StopIfEmpty(t.Context(), home); err != nil || !stopped {
		t.Fatalf("with nothing left: %t, %v", stopped, err)
	}
	if _, running := daemon.Running(t.Context(), home); running {
		t.Error("still there")
	}
}

func TestEnsure_SaysWhyItFailed(t *testing.T) {
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv(localcloudtest.BreakVariable, "1")
	_, err = daemon.Ensure(t.Context(), t.TempDir(), exe, "fast", "")
	if err == nil || !strings.Contains(err.Error(), "the test wants it to break") {
		t.Errorf("got %v", err)
	}
}

func TestNew_NamesServerOfSameDirectory(t *testing.T) {
	dir := t.TempDir()
	first, err := server.New(server.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	_, err = server.New(server.Options{Dir: dir})
	var already *server.AlreadyServedError
	if !errors.As(err, &already) || already.Endpoint != first.Endpoint() || already.PID != os.Getpid() {
		t.Errorf("got %v", err)
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	third, err := server.New(server.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	if err := third.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestEnsure_SetsLatency(t *testing.T) {
	home := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	first := localcloudtest.Ensure(t, home)
	expect := func(platform, wanted, latency, kept string) {
		t.Helper()
		status, err := daemon.Ensure(t.Context(), home, exe, wanted, platform)
		if err != nil || status.PID != first.PID || status.Latency != latency || !strings.Contains(status.LatencyKept, kept) || (kept == "") != (status.LatencyKept == "") {
			t.Errorf("%s wants %s: %s, kept because %q, %v", platform, wanted, status.Latency, status.LatencyKept, err)
		}
		if now, ok := daemon.Running(t.Context(), home); !ok || now.Latency != latency {
			t.Errorf("it says that its latency is %s, want %s", now.Latency, latency)
		}
	}
	expect("shop", "aws/900", "aws/900", "")
	_, err = client(first.Endpoint).CreateVpc(t.Context(), &ec2.CreateVpcInput{CidrBlock: aws.String("10.0.0.0/16"), TagSpecifications: []types.TagSpecification{{
		ResourceType: "vpc", Tags: []types.Tag{{Key: aws.String("platformctl:platform"), Value: aws.String("blog")}}}}})
	if err != nil {
		t.Fatal(err)
	}
	expect("shop", "fast", "aws/900", "platform blog uses it too")
	expect("shop", "aws/900", "aws/900", "")
	expect("blog", "fast", "fast", "")
	if _, err := daemon.Ensure(t.Context(), home, exe, "slow", "blog"); err == nil || !strings.Contains(err.Error(), "must be fast, aws, or aws/N") {
		t.Errorf("a latency that there isn't: %v", err)
	}
	if _, err := daemon.Stop(t.Context(), home); err != nil {
		t.Error(err)
	}
}
