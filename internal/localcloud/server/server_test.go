package server_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// request makes a plain request.
func request(t *testing.T, method, url string, header ...string) *http.Response {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := oneShot().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { response.Body.Close() })
	return response
}

// secret is the header that opens the routes beside AWS's API.
func secret(s *server.Server) []string { return []string{"Authorization", "Bearer " + s.Secret()} }

func TestStatus_HasDocumentedKeys(t *testing.T) {
	cloud := localcloudtest.Start(t)
	body, err := io.ReadAll(request(t, "GET", cloud.Endpoint+"/_local/status", secret(cloud.Server)...).Body)
	if err != nil {
		t.Fatal(err)
	}
	var document map[string]any
	if err := json.Unmarshal(body, &document); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"running", "endpoint", "page", "pid", "directory", "load_balancers"} {
		if document[key] == nil {
			t.Errorf("%s is missing in %s", key, body)
		}
	}
	if document["endpoint"] != cloud.Endpoint || document["running"] != true {
		t.Errorf("got %s", body)
	}
}

func TestStop_RefusesForeignOrigin(t *testing.T) {
	cloud := localcloudtest.Start(t)
	response := request(t, "POST", cloud.Endpoint+"/_local/stop", append(secret(cloud.Server), "Origin", "https://example.com")...)
	if response.StatusCode != http.StatusForbidden {
		t.Errorf("answered %s", response.Status)
	}
	if response := request(t, "GET", cloud.Endpoint+"/_local/status", secret(cloud.Server)...); response.StatusCode != http.StatusOK {
		t.Errorf("afterwards %s", response.Status)
	}
	if response := request(t, "GET", cloud.Endpoint+"/_local/none", secret(cloud.Server)...); response.StatusCode != http.StatusNotFound {
		t.Errorf("unknown route: %s", response.Status)
	}
}

func TestCalls_StreamWhileFollowed(t *testing.T) {
	cloud := localcloudtest.Start(t, func(o *server.Options) {
		o.Interceptors = append(o.Interceptors, func(c *wire.Call, next func() wire.Reply, refused func(*wire.Error) wire.Reply) wire.Reply {
			if c.Operation == "DeleteVpc" {
				return refused(refuse.New("RequestLimitExceeded", "Request limit exceeded."))
			}
			return next()
		})
	})
	client := clients(cloud.Endpoint).ec2
	describe := func() {
		if _, err := client.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); err != nil {
			t.Fatal(err)
		}
	}
	describe()
	followed := bufio.NewScanner(request(t, "GET", cloud.Endpoint+"/_local/calls?follow=1", secret(cloud.Server)...).Body)
	next := func() (record wire.CallRecord) {
		if !followed.Scan() {
			t.Fatalf("the stream ended: %v", followed.Err())
		}
		if err := json.Unmarshal(followed.Bytes(), &record); err != nil {
			t.Fatal(err)
		}
		return record
	}
	if call := next(); call.Operation != "DescribeVpcs" || call.Region != "eu-west-1" || call.Status != 200 {
		t.Errorf("the call before: %+v", call)
	}
	if _, err := client.DeleteVpc(t.Context(), &ec2.DeleteVpcInput{VpcId: aws.String("vpc-1")}); err == nil {
		t.Error("the interceptor didn't refuse")
	}
	if call := next(); call.Operation != "DeleteVpc" || call.Code != "RequestLimitExceeded" {
		t.Errorf("the call after: %+v", call)
	}
	text, err := io.ReadAll(request(t, "GET", cloud.Endpoint+"/_local/calls", secret(cloud.Server)...).Body)
	if err != nil || strings.Count(string(text), "\n") != 2 {
		t.Errorf("calls, %v:\n%s", err, text)
	}
}

func TestServe_EndsWithContext(t *testing.T) {
	dir := t.TempDir()
	server, err := server.New(server.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- server.Serve(ctx) }()
	stream := request(t, "GET", server.Endpoint()+"/_local/calls?follow=1", secret(server)...) // must not hold up the end
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if rest, err := io.ReadAll(stream.Body); err != nil || len(rest) != 0 {
		t.Errorf("the stream ended with %q, %v", rest, err)
	}
	if err := server.Close(); err != nil {
		t.Errorf("closed again: %v", err)
	}
}
