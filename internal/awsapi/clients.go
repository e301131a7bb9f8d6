// Package awsapi owns how AWS is talked to: the clients and their endpoint,
// the ownership tags, the classes of errors, and the ledger of calls. It knows
// the services, but nothing of any one platform.
//
// It has more than 1,500 lines because what each refusal of AWS means is decided here alone,
// and so are the causes on the way to AWS.
//
// # When AWS fails
//
// A call passes the ledger, which counts it; then a loop of attempts (retryer);
// and in each attempt the Limiter, which all clients share.
//
// An attempt is repeated where AWS throttled it, failed inside, or the
// connection broke, for two minutes of the call's time, with pauses at random
// below a bound that doubles from 0.1 s (0.4 s where throttled) to 5 s, or as
// long as the answer's Retry-After says. What will not pass is not repeated:
// missing capacity, a certificate that isn't trusted, credentials that aren't
// there, an endpoint that nobody has ever answered from (5 s). A create call
// with neither a token nor a unique name is repeated only where AWS certainly
// did nothing (WithoutToken).
//
// The limiter is not the SDK's adaptive mode, which has one rate for all that
// share it. Measured with thirty NAT gateways made at once, of which AWS takes
// ten and then one a second, beside two hundred describes of 20 ms one after
// the other: under the adaptive mode the describes took 26.6 s instead of 4 s,
// and the gateways 26.6 s; under this one 4.0 s and 20.6 s, with as many
// refusals (TestLimiter_SlowsOnlyThrottledOperation).
package awsapi

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/acm"
	"github.com/aws/aws-sdk-go-v2/service/autoscaling"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/iam"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/servicequotas"
	"github.com/aws/aws-sdk-go-v2/service/sns"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/logging"
	"github.com/aws/smithy-go/middleware"
)

// agent is the tool's name in the User-Agent header.
const agent = "platformctl"

// Clients are the AWS APIs that the tool uses.
type Clients struct {
	ACM         *acm.Client
	AutoScaling *autoscaling.Client
	CloudWatch  *cloudwatch.Client
	EC2         *ec2.Client
	ELB         *elb.Client
	IAM         *iam.Client
	KMS         *kms.Client
	Quotas      *servicequotas.Client
	Route53     *route53.Client
	S3          *s3.Client
	SNS         *sns.Client
	SSM         *ssm.Client
	STS         *sts.Client
	Region      string
	// Endpoint is what replaces AWS's own endpoints; "" where nothing does, or the
	// environment says it to every tool.
	Endpoint string
	// Emulated says that the endpoints aren't AWS's own.
	Emulated bool
	// DryRuns says that EC2's DryRun can be trusted: at AWS's own endpoints, and at those of
	// Options.Endpoint. Other programs that answer as EC2 carry out some of the calls.
	DryRuns bool
	// DNS is the HOST:PORT of the DNS server that answers for the endpoint's hosted zones; "" is the system's.
	DNS    string
	Ledger *Ledger

	caller *callerOnce
	shared *sync.Map // name of a read -> *read; nil outside a Snapshot
}

// Options say which AWS to talk to.
type Options struct {
	Region string
	// Endpoint replaces AWS's own endpoints for every service. It comes with
	// fixed credentials, because what listens there is the local cloud.
	Endpoint string
	// AccessKey is the access key ID at Endpoint; "" is "local".
	AccessKey string
	// DNS is the HOST:PORT of the DNS server that answers for Endpoint's hosted zones; "": the system's.
	DNS string
	// Version is the tool's own. AWS's logs show it with every call.
	Version string
	// HTTPClient sends the requests; nil: one that reads the environment's proxy and CA bundle.
	HTTPClient aws.HTTPClient
	// Getenv is the environment, for errors that name its variables; nil: as if none were set.
	Getenv func(string) string
	// Waiting hears now and then of a call that has failed for some seconds and is
	// tried again, from several goroutines, one at a time. May be nil.
	Waiting func(string)
}

// Connect builds the clients. It reads the SDK's usual settings (profile, SSO,
// AWS_ENDPOINT_URL, …) unless an endpoint is given, and makes no call.
func Connect(ctx context.Context, o Options) (*Clients, error) {
	getenv := o.Getenv
	if getenv == nil {
		getenv = func(string) string { return "" }
	}
	ledger, limiter, retryer := &Ledger{}, &Limiter{}, newRetryer(o.Waiting)
	cfg := aws.Config{
		Region: o.Region,
		// One for all clients, so that all know what AWS told one of them.
		Retryer: func() aws.Retryer { return retryer },
		// The SDK's own warnings are about its plumbing; what fails is returned.
		Logger: logging.Nop{},
		APIOptions: []func(*middleware.Stack) error{
			ledger.watch, retryer.watch, limiter.pace, userAgent(o.Version),
		},
		HTTPClient: awshttp.NewBuildableClient().WithTransportOptions(func(t *http.Transport) {
			t.MaxIdleConnsPerHost = 64
			// A connection that goes silent must not hold a step for ever.
			t.ResponseHeaderTimeout = time.Minute
			t.OnProxyConnectResponse = throughProxy
		}),
	}
	if o.Endpoint != "" {
		cfg.BaseEndpoint = &o.Endpoint
		cfg.Credentials = credentials.NewStaticCredentialsProvider(cmp.Or(o.AccessKey, "local"), "local", "")
	} else {
		var err error
		if cfg, err = withSettings(ctx, cfg); err != nil {
			return nil, &SettingsError{err}
		}
	}
	if o.HTTPClient != nil {
		cfg.HTTPClient = o.HTTPClient
	}
	// Only now: while the settings are read, AWS_CA_BUNDLE wants a client of
	// the SDK's own type.
	cfg.HTTPClient = inOnePiece{cfg.HTTPClient}
	if cfg.Credentials != nil {
		cfg.Credentials = explainedCredentials{cfg.Credentials, getenv}
	}
	tokens := sts.NewFromConfig(cfg)
	cfg.APIOptions = append(slices.Clone(cfg.APIOptions), explainDenials(tokens))
	compute := ec2.NewFromConfig(cfg)
	clients := &Clients{
		ACM:         acm.NewFromConfig(cfg),
		AutoScaling: autoscaling.NewFromConfig(cfg),
		CloudWatch:  cloudwatch.NewFromConfig(cfg),
		EC2:         compute,
		ELB:         elb.NewFromConfig(cfg),
		IAM:         iam.NewFromConfig(cfg),
		KMS:         kms.NewFromConfig(cfg),
		Quotas:      servicequotas.NewFromConfig(cfg),
		Route53:     route53.NewFromConfig(cfg),
		S3:          s3.NewFromConfig(cfg, func(o *s3.Options) { o.UsePathStyle = !isAWS(o.BaseEndpoint) }), // other endpoints have no names of buckets in DNS
		SNS:         sns.NewFromConfig(cfg),
		SSM:         ssm.NewFromConfig(cfg),
		STS:         tokens,
		DNS:         o.DNS,
		Region:      o.Region, Endpoint: o.Endpoint, DryRuns: o.Endpoint != "" || isAWS(compute.Options().BaseEndpoint),
		Emulated: !isAWS(compute.Options().BaseEndpoint),
		Ledger:   ledger,
		caller:   &callerOnce{},
	}
	return clients, clients.checkEndpoints()
}

// checkEndpoints refuses what no call could be sent to, with a SettingsError: the SDK finds that out with each call.
func (c *Clients) checkEndpoints() error {
	for _, endpoint := range []*string{
		c.STS.Options().BaseEndpoint, c.EC2.Options().BaseEndpoint, c.ELB.Options().BaseEndpoint, c.IAM.Options().BaseEndpoint,
		c.ACM.Options().BaseEndpoint, c.AutoScaling.Options().BaseEndpoint, c.CloudWatch.Options().BaseEndpoint, c.KMS.Options().BaseEndpoint,
		c.Quotas.Options().BaseEndpoint, c.Route53.Options().BaseEndpoint, c.S3.Options().BaseEndpoint, c.SNS.Options().BaseEndpoint, c.SSM.Options().BaseEndpoint,
	} {
		if endpoint == nil {
			continue
		}
		at, err := url.Parse(*endpoint)
		if err != nil || at.Host == "" || at.Scheme != "http" && at.Scheme != "https" {
			return &SettingsError{&EndpointError{*endpoint}}
		}
	}
	return nil
}

// EndpointError says that an endpoint is no address of an API, such as that of AWS_ENDPOINT_URL.
type EndpointError struct{ Endpoint string }

// Error quotes the endpoint.
func (e *EndpointError) Error() string {
	return fmt.Sprintf("the endpoint %q is not http:// or https:// and a host", e.Endpoint)
}

// isAWS reports whether an endpoint is AWS's own, such as that of a VPC endpoint; nil is the
// region's.
func isAWS(endpoint *string) bool {
	if endpoint == nil {
		return true
	}
	at, err := url.Parse(*endpoint)
	if err != nil {
		return false
	}
	return slices.ContainsFunc([]string{".amazonaws.com", ".amazonaws.com.cn", ".api.aws"}, func(suffix string) bool {
		return strings.HasSuffix(at.Hostname(), suffix)
	})
}

// Command is a command of the AWS CLI that reaches the same AWS.
func (c *Clients) Command(arguments string) string {
	command := "aws " + arguments + " --region " + c.Region
	if c.Endpoint != "" {
		command += " --endpoint-url " + c.Endpoint
	}
	return command
}

// withSettings adds what the environment and the user's files say to what is the same
// for everybody.
func withSettings(ctx context.Context, cfg aws.Config) (aws.Config, error) {
	return config.LoadDefaultConfig(ctx,
		config.WithRegion(cfg.Region),
		config.WithRetryer(cfg.Retryer),
		config.WithLogger(cfg.Logger),
		config.WithAPIOptions(cfg.APIOptions),
		config.WithHTTPClient(cfg.HTTPClient),
	)
}

// userAgent adds the tool to what the SDK says of itself, so that an account's
// CloudTrail tells whose calls these were.
func userAgent(version string) func(*middleware.Stack) error {
	if version == "" {
		return awsmiddleware.AddUserAgentKey(agent)
	}
	return awsmiddleware.AddUserAgentKeyValue(agent, version)
}

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
