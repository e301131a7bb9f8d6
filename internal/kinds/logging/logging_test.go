package logging_test

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/kinds/kindtest"
	"github.com/platformctl/platformctl/internal/kinds/logging"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/resource"
)

func TestConformance_LocalCloud(t *testing.T) {
	endpoint := localcloudtest.Start(t).Endpoint
	conform(t, endpoint, true)
	testTaken(t, endpoint)
}

// Moto goes by no condition of a bucket's policy, and so refuses everything over TLS, too.
func TestConformance_OnMoto(t *testing.T) { conform(t, kindtest.Moto(t), false) }

// conform takes a bucket through its life, and puts into it what a load balancer and what somebody else would. Conditions says that
// those of policies count.
func conform(t *testing.T, endpoint string, conditions bool) {
	p := kindtest.New(t, endpoint, "shop")
	p.Owner.Bucket = true
	g := &resource.Graph{}
	ref := resource.Add(g, logging.BucketKind(), "main", logging.Bucket{Days: 30})
	p.Conform(t, g, func(t *testing.T) {
		node, name := g.Node(ref.Key()), p.IDs[ref.Key()]
		if !conditions {
			if _, err := p.Clients.S3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &name}); err != nil {
				t.Fatal(err)
			}
		}
		put := func(key string) {
			if _, err := p.Clients.S3.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &name, Key: &key, Body: bytes.NewReader([]byte("x"))}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := p.Clients.S3.PutBucketVersioning(t.Context(), &s3.PutBucketVersioningInput{Bucket: &name, VersioningConfiguration: &types.VersioningConfiguration{Status: types.BucketVersioningStatusEnabled}}); err != nil {
			t.Fatal(err)
		}
		caller, err := p.Clients.Caller(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		own := "AWSLogs/" + caller.Account + "/"
		put(own + "ELBAccessLogTestFile")
		for _, key := range []string{"pointer", "releases/0123456789abcdef.tar", "reports/i-0123456789abcdef0"} {
			put("site/" + key)
		}
		for n := range 3 {
			put(fmt.Sprintf("%selasticloadbalancing/us-east-1/2026/12/01/%d.log.gz", own, n%2)) // one has two versions
		}
		foreign := func() []resource.Blocker {
			all, err := logging.BucketKind().Foreign(t.Context(), p.Clients, resource.DeletionSet{Objects: []resource.Object{{Key: ref.Key(), ID: name}}})
			if err != nil {
				t.Fatal(err)
			}
			return all
		}
		if got := foreign(); len(got) != 0 {
			t.Errorf("foreign are %v, want none", got)
		}
		put("holiday.jpg")
		put(own + "notes.txt")
		put("site/notes.txt")
		if got := foreign(); len(got) != 3 || got[0].ID != "s3://"+name+"/holiday.jpg" {
			t.Errorf("foreign are %v, want three", got)
		}
		// What an operator can do to it is taken back.
		if _, err := p.Clients.S3.DeletePublicAccessBlock(t.Context(), &s3.DeletePublicAccessBlockInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Clients.S3.DeleteBucketPolicy(t.Context(), &s3.DeleteBucketPolicyInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Clients.S3.DeleteBucketLifecycle(t.Context(), &s3.DeleteBucketLifecycleInput{Bucket: &name}); err != nil {
			t.Fatal(err)
		}
		if changes := p.Diff(t, node); len(changes) != 3 {
			t.Errorf("changes are %v, want three", changes)
		}
		if conditions {
			p.Settle(t, node)
		}
	})
}

// TestBucket_OfSomebodyElseIsNotTaken tries to make a bucket where the account has another of that name.
func testTaken(t *testing.T, endpoint string) {
	p := kindtest.New(t, endpoint, "shop")
	p.Owner.Bucket = true
	caller, err := p.Clients.Caller(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	name := awsapi.BucketName("shop", caller.Account, "us-east-1")
	if _, err := p.Clients.S3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
	_, err = logging.BucketKind().Create(context.Background(), resource.Call[logging.Bucket]{
		Clients: p.Clients, Owner: p.Owner, Key: resource.Key{Kind: "bucket", Name: "main"}, Tags: p.Owner.StableTags("bucket/main", "main"),
	})
	if err == nil {
		t.Error("a bucket of somebody else's was taken")
	}
}

func TestTaken_OnMoto(t *testing.T) { testTaken(t, kindtest.Moto(t)) }

// TestBucket_OfASiteAloneTakesNoLogs has the log switched off where the bucket stays: nobody delivers any more, and what was logged
// expires as it was to.
func TestBucket_OfASiteAloneTakesNoLogs(t *testing.T) {
	p := kindtest.New(t, localcloudtest.Start(t).Endpoint, "shop")
	p.Owner.Bucket = true
	for _, days := range []int{0, 30, 0} {
		g := &resource.Graph{}
		node := g.Node(resource.Add(g, logging.BucketKind(), "main", logging.Bucket{Days: days}).Key())
		if p.IDs[node.Key] == "" {
			p.Make(t, node)
		}
		p.Settle(t, node)
		live, err := logging.BucketKind().List(t.Context(), p.Clients, p.Owner)
		if err != nil || len(live) != 1 {
			t.Fatal(live, err)
		}
		if logged := strings.Contains(live[0].Policy, "LoadBalancersDeliverLogs"); logged != (days > 0) || !strings.Contains(live[0].Policy, "NobodyComesWithoutTLS") {
			t.Errorf("%d days: the policy is %s", days, live[0].Policy)
		}
	}
	live, err := logging.BucketKind().List(t.Context(), p.Clients, p.Owner)
	if err != nil || live[0].Expiration["AWSLogs/"] != 30 {
		t.Errorf("what was logged expires after %v, %v", live[0].Expiration, err)
	}
}
