package server_test

import (
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	s3types "github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

const logBucket = "shop-logs"

// logs switches a load balancer's access logs.
func (e *entrance) logs(on bool) error {
	e.Helper()
	attributes := []elbtypes.LoadBalancerAttribute{{Key: aws.String("access_logs.s3.enabled"), Value: aws.String(fmt.Sprint(on))}}
	if on {
		attributes = append(attributes, elbtypes.LoadBalancerAttribute{Key: aws.String("access_logs.s3.bucket"), Value: aws.String(logBucket)})
	}
	_, err := e.elb.ModifyLoadBalancerAttributes(e.Context(), &elb.ModifyLoadBalancerAttributesInput{LoadBalancerArn: &e.loadBalancer, Attributes: attributes})
	return err
}

// TestAccessLogs_HaveEachRequestOnce holds the log against who sent the requests.
func TestAccessLogs_HaveEachRequestOnce(t *testing.T) {
	t.Parallel()
	e := open(t)
	storage := s3.New(s3.Options{Region: region, BaseEndpoint: &e.endpoint, UsePathStyle: true, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	must(storage.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(logBucket), CreateBucketConfiguration: &s3types.CreateBucketConfiguration{LocationConstraint: region}}))(t)
	var refusal smithy.APIError
	if err := e.logs(true); !errors.As(err, &refusal) || refusal.ErrorMessage() != "Access Denied for bucket: shop-logs. Please check S3bucket permission" {
		t.Fatalf("a bucket without a policy: %v", err)
	}
	must(storage.PutBucketPolicy(t.Context(), &s3.PutBucketPolicyInput{Bucket: aws.String(logBucket), Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow",` +
		`"Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"arn:aws:s3:::shop-logs/AWSLogs/*"}]}`)}))(t)
	if err := e.logs(true); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		if _, err := storage.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String(logBucket), Key: aws.String("AWSLogs/123456789012/ELBAccessLogTestFile")}); err != nil {
			return fmt.Sprint("the test file: ", err)
		}
		return ""
	})
	const requests = 300
	sent := map[string]int{}
	for n := range requests {
		path := fmt.Sprintf("/?n=%d", n)
		switch n % 3 {
		case 1:
			path = fmt.Sprintf("/missing/%d", n)
		case 2:
			path = fmt.Sprintf("/post?n=%d", n)
		}
		r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+e.address+path, nil)
		if n%3 == 2 {
			r, err = http.NewRequestWithContext(t.Context(), http.MethodPost, "http://"+e.address+path, strings.NewReader(strings.Repeat("b", n)))
		}
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("User-Agent", `a "quoted" agent`)
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, response.Body); err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		sent[path] = response.StatusCode
	}
	raw, err := net.Dial("tcp", e.address)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprint(raw, "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: x\r\n\r\n")
	if answer, err := io.ReadAll(raw); err != nil || !strings.HasPrefix(string(answer), "HTTP/1.1 400") {
		t.Fatalf("%q, %v", answer, err)
	}
	if err := e.logs(false); err != nil {
		t.Fatal(err)
	}
	seen, refused, read := map[string]int{}, 0, map[string]bool{}
	eventually(t, func() string {
		for _, line := range newLines(t, storage, read) {
			f := fields.FindAllString(line, -1)
			if len(f) != 33 {
				t.Fatalf("%d fields, want 33: %s", len(f), line)
			}
			if f[8] == "400" {
				refused++
				continue
			}
			_, path, _ := strings.Cut(strings.TrimPrefix(strings.Fields(f[12])[1], "http://"), "/")
			path = "/" + path
			seen[path]++
			status, ours := sent[path]
			received, _ := strconv.Atoi(f[10])
			answered, _ := strconv.Atoi(f[11])
			if ours && (f[0] != "http" || f[8] != fmt.Sprint(status) || f[9] != f[8] || !strings.HasSuffix(f[4], ":80") || f[13] != `"a \x22quoted\x22 agent"` || received < 60 || answered < 100) {
				t.Errorf("%s with status %d: %s", path, status, line)
			}
		}
		if missing := requests - len(seen); missing > 0 || refused == 0 {
			return fmt.Sprint(missing, " requests are missing, and ", refused, " that were none are there")
		}
		return ""
	})
	for path := range sent {
		if seen[path] != 1 {
			t.Errorf("%s is there %d times", path, seen[path])
		}
	}
	if refused != 1 {
		t.Errorf("%d requests that were none, want 1", refused)
	}
}

// fields are those of a line: texts in quotes, or without spaces.
var fields = regexp.MustCompile(`"[^"]*"|[^ ]+`)

// newLines are the lines of the log's objects that weren't read before.
func newLines(t *testing.T, storage *s3.Client, read map[string]bool) (lines []string) {
	t.Helper()
	all := must(storage.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String(logBucket), Prefix: aws.String("AWSLogs/123456789012/elasticloadbalancing/")}))(t)
	for _, o := range all.Contents {
		if read[*o.Key] {
			continue
		}
		read[*o.Key] = true
		out := must(storage.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String(logBucket), Key: o.Key}))(t)
		text := must(io.ReadAll(must(gzip.NewReader(out.Body))(t)))(t)
		out.Body.Close()
		lines = append(lines, strings.Split(strings.TrimSuffix(string(text), "\n"), "\n")...)
	}
	return lines
}
