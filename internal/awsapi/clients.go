// Package awsapi owns how AWS is talked to: the clients and their endpoint,
// the ownership tags, the classes of errors, and the ledger of calls. It knows
// the services, but nothing of any one platform.
package awsapi

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// maxAttempts is how often one call is tried in all. AWS throttles a start of
// a platform easily, and each further attempt waits longer, at most 20 s.
const maxAttempts = 8

// agent is the tool's name in the User-Agent header.
const agent = "platformctl"

// Clients are the AWS APIs that the tool uses.
type Clients struct {
	EC2    *ec2.Client
	ELB    *elb.Client
	IAM    *iam.Client
	SSM    *ssm.Client
	STS    *sts.Client
	Region string
	Ledger *Ledger

	shared *sync.Map // name of a read -> *read; nil outside a Snapshot
}

// Options say which AWS to talk to.
type Options struct {
	Region string
	// Endpoint replaces AWS's own endpoints for every service. It comes with
	// fixed credentials, because what listens there is the local cloud.
	Endpoint string
	// Version is the tool's own. AWS's logs show it with every call.
	Version string
}

// Connect builds the clients. It reads the SDK's usual settings (profile, SSO,
// AWS_ENDPOINT_URL, …) unless an endpoint is given, and makes no call.
func Connect(ctx context.Context, o Options) (*Clients, error) {
	ledger := &Ledger{}
	load := []func(*config.LoadOptions) error{
		config.WithRegion(o.Region),
		config.WithRetryer(newRetryer),
		// The SDK's own warnings are about its plumbing; what fails is returned.
		config.WithLogger(logging.Nop{}),
		config.WithAPIOptions(append(ledger.apiOptions(), userAgent(o.Version))),
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = 64
			// A connection that goes silent must not hold a step for ever.
			t.ResponseHeaderTimeout = time.Minute
		})),
	}
	if o.Endpoint != "" {
		load = append(load,
			config.WithBaseEndpoint(o.Endpoint),
			config.WithCredentialsProvider(credentials.NewStaticCredentialsProvider("local", "local", "")),
			config.WithSharedConfigFiles(nil),
			config.WithSharedCredentialsFiles(nil),
		)
	}
	cfg, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		return nil, fmt.Errorf("read the AWS settings: %w", err)
	}
	// Only now: while the settings are read, AWS_CA_BUNDLE wants a client of
	// the SDK's own type.
	cfg.HTTPClient = inOnePiece{cfg.HTTPClient}
	return &Clients{
		EC2:    ec2.NewFromConfig(cfg),
		ELB:    elb.NewFromConfig(cfg),
		IAM:    iam.NewFromConfig(cfg),
		SSM:    ssm.NewFromConfig(cfg),
		STS:    sts.NewFromConfig(cfg),
		Region: o.Region,
		Ledger: ledger,
	}, nil
}

// userAgent adds the tool to what the SDK says of itself, so that an account's
// CloudTrail tells whose calls these were.
func userAgent(version string) func(*middleware.Stack) error {
	if version == "" {
		return awsmiddleware.AddUserAgentKey(agent)
	}
	return awsmiddleware.AddUserAgentKeyValue(agent, version)
}

// newRetryer retries throttling, server errors and broken connections, but not
// missing capacity, which AWS reports as a server error though it lasts.
func newRetryer() aws.Retryer {
	return retry.NewStandard(func(o *retry.StandardOptions) {
		o.MaxAttempts = maxAttempts
		o.MaxBackoff = 20 * time.Second
		o.RateLimiter = retryWithoutQuota{}
		o.Retryables = append([]retry.IsErrorRetryable{
			retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
				if IsCapacity(err) {
					return aws.FalseTernary
				}
				return aws.UnknownTernary
			}),
		}, o.Retryables...)
	})
}

// retryWithoutQuota lifts the SDK's retry quota. The quota protects a busy
// service from its clients; here each call is bounded by maxAttempts, and
// giving up half-way through a platform helps nobody.
type retryWithoutQuota struct{}

func (retryWithoutQuota) GetToken(context.Context, uint) (func() error, error) {
	return func() error { return nil }, nil
}

func (retryWithoutQuota) AddTokens(uint) error { return nil }

// Snapshot returns clients whose Once reads are made once: several kinds that
// look at the same list share one call.
func (c *Clients) Snapshot() *Clients {
	copied := *c
	copied.shared = &sync.Map{}
	return &copied
}

// read is one shared read.
type read struct {
	once  sync.Once
	value any
	err   error
}

// Once makes the named read, or returns what it gave before in this snapshot.
// Outside a snapshot it always reads.
func Once[T any](ctx context.Context, c *Clients, name string, list func(context.Context, *Clients) (T, error)) (T, error) {
	if c.shared == nil {
		return list(ctx, c)
	}
	entry, _ := c.shared.LoadOrStore(name, &read{})
	r := entry.(*read)
	r.once.Do(func() { r.value, r.err = list(ctx, c) })
	value, _ := r.value.(T)
	return value, r.err
}
