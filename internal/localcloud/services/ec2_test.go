package services_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	iammodel "github.com/platformctl/platformctl/internal/localcloud/services/iam/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// clock is a clock that stands still until it is moved.
type clock struct {
	mu sync.Mutex
	at time.Time
}

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) advance(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// cloud is EC2 alone behind a real HTTP endpoint, with a real SDK client.
type ec2Cloud struct {
	*sdk.Client
	t       *testing.T
	world   *world.World
	clock   *clock
	handler *wire.Handler
	ctx     context.Context
	path    string // of the world's file
}

func copyFile(t *testing.T, from, to string) {
	data, err := os.ReadFile(from)
	if err == nil {
		err = os.WriteFile(to, data, 0o600)
	}
	if err != nil {
		t.Error(err)
	}
}

func newEC2Cloud(t *testing.T, options world.Options) *ec2Cloud {
	t.Helper()
	return newEC2CloudAt(t, "", options)
}

func newEC2CloudAt(t *testing.T, path string, options world.Options) *ec2Cloud {
	t.Helper()
	c := &clock{at: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	options.Now = c.now
	w, err := world.Open(path, options, kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	handler := &wire.Handler{Now: c.now}
	if err := handler.Add(api.Operations(service.Env{World: w})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	client := sdk.New(sdk.Options{Region: "eu-west-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	return &ec2Cloud{Client: client, t: t, world: w, clock: c, handler: handler, ctx: t.Context(), path: path}
}

func kinds() []world.AnyKind {
	return slices.Concat(network.Kinds(), compute.Kinds(), iammodel.Kinds())
}

// post sends what no SDK would, and returns status and reply.
func (c *ec2Cloud) post(t *testing.T, body string) (int, string) {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, "/", strings.NewReader(body))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260102/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=x")
	w := httptest.NewRecorder()
	c.handler.ServeHTTP(w, r)
	return w.Code, w.Body.String()
}
