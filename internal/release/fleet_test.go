package release

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
)

// fleet are instances that do what the pointer in a bucket says, whenever time passes. It is the clock of a roll, too.
type fleet struct {
	t         *testing.T
	bucket    Bucket
	now       time.Time
	instances []*instance
	asked     int
	// fault is what becomes of an instance that is told to serve a release; "" serves it.
	fault func(instance, release string) string
	// status is what it answers; nil: 200.
	status func(release, path string) int
	during func() // whenever time passes, before the instances look
}

type instance struct {
	Target
	serves, tried string
}

func newFleet(t *testing.T, b Bucket) *fleet {
	f := &fleet{t: t, bucket: b, now: begun(), fault: func(string, string) string { return "" }, during: func() {}}
	f.status = func(string, string) int { return http.StatusOK }
	for n, zone := range []string{"us-east-1b", "us-east-1a", "us-east-1b", "us-east-1a", "us-east-1c"} {
		f.instances = append(f.instances, &instance{Target: Target{Instance: fmt.Sprintf("i-0000000000000000%d", n), Zone: zone, Healthy: true}})
	}
	return f
}

func (f *fleet) Now() time.Time { return f.now }

func (f *fleet) Sleep(ctx context.Context, d time.Duration) error {
	f.now = f.now.Add(d)
	f.during()
	f.obey()
	return ctx.Err()
}

// obey has each instance look at the pointer.
func (f *fleet) obey() {
	p, err := f.bucket.Pointer(context.Background())
	if err != nil {
		f.t.Error(err)
	}
	for _, i := range f.instances {
		wanted := p.Serves(i.Instance, i.Zone)
		if wanted == "" || wanted == i.tried {
			continue
		}
		i.tried = wanted
		state := "serving"
		if reason := f.fault(i.Instance, wanted); reason == "" {
			i.serves = wanted
		} else {
			state = "failed\nreason " + reason
		}
		text := fmt.Sprintf("release %s\nwanted %s\nstate %s\nat %s\n", i.serves, wanted, state, f.now.Format(time.RFC3339))
		if _, err := f.bucket.Client.PutObject(context.Background(), &s3.PutObjectInput{
			Bucket: &f.bucket.Name, Key: aws.String(reportsPrefix + i.Instance), Body: strings.NewReader(text),
		}); err != nil {
			f.t.Error(err)
		}
	}
}

func (f *fleet) targets(context.Context) ([]Target, error) {
	var all []Target
	for _, i := range f.instances {
		all = append(all, i.Target)
	}
	return all, nil
}

// fetch asks one instance after the other, as a load balancer does.
func (f *fleet) fetch(_ context.Context, path string) (Answer, error) {
	f.asked++
	i := f.instances[f.asked%len(f.instances)]
	if i.serves == "" {
		return Answer{Status: http.StatusServiceUnavailable, Instance: i.Instance, Zone: i.Zone}, nil
	}
	return Answer{Status: f.status(i.serves, path), Instance: i.Instance, Zone: i.Zone, Release: i.serves}, nil
}

// serving is what the instances serve, in their order.
func (f *fleet) serving() string {
	var all []string
	for _, i := range f.instances {
		all = append(all, map[string]string{"": "none", older: "older", newer: "newer"}[i.serves])
	}
	return strings.Join(all, " ")
}

func (f *fleet) roll(id string) *Roll {
	return &Roll{
		Bucket: f.bucket, Release: Released{ID: id, At: f.now, Files: 1, Bytes: 2048, From: "public"}, By: "ann",
		Targets: f.targets, Fetch: f.fetch, Health: "/healthz",
		Availability: 99, Clock: f, Tell: func(string) {},
	}
}

// served begins with a release that all serve.
func (f *fleet) served(id string) {
	f.t.Helper()
	if err := f.roll(id).Begin(f.t.Context()); err != nil {
		f.t.Fatal(err)
	}
	f.obey()
}

func (f *fleet) pointer() Pointer {
	f.t.Helper()
	p, err := f.bucket.Pointer(f.t.Context())
	if err != nil {
		f.t.Fatal(err)
	}
	return p.Pointer
}

var errKilled = errors.New("killed")

// killed is the bucket as it is reached by a process that ends before its n-th call, or after it where replies are lost.
func (f *fleet) killed(n int, after bool, kill context.CancelFunc) Bucket {
	calls := 0
	options := f.bucket.Client.Options()
	options.Retryer = aws.NopRetryer{}
	options.APIOptions = append(options.APIOptions, func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("kill", func(
			ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler,
		) (out middleware.InitializeOutput, metadata middleware.Metadata, err error) {
			calls++
			if calls == n && after {
				if _, _, err := next.HandleInitialize(ctx, in); err != nil {
					return out, metadata, err
				}
			}
			if calls >= n {
				kill()
				return out, metadata, errKilled
			}
			return next.HandleInitialize(ctx, in)
		}), middleware.Before)
	})
	return Bucket{Client: s3.New(options), Name: f.bucket.Name}
}
