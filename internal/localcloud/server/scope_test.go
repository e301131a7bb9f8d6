package server_test

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// A region is one that AWS has and the account sees; ARNs are of its partition.
func TestServer_KnowsRegionsAndPartitions(t *testing.T) {
	c := localcloudtest.Start(t)
	ask := func(service, region, contentType, target, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, c.Endpoint, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=a/20260101/%s/%s/aws4_request, SignedHeaders=host, Signature=x", region, service))
		r.Header.Set("Content-Type", contentType)
		r.Header.Set("X-Amz-Target", target)
		reply, err := localcloudtest.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer reply.Body.Close()
		text, err := io.ReadAll(reply.Body)
		if err != nil {
			t.Fatal(err)
		}
		return reply.StatusCode, string(text)
	}
	const form, json = "application/x-www-form-urlencoded", "application/x-amz-json-1.1"
	for _, test := range []struct {
		service, region, body string
		status                int
		want                  string
	}{
		{"ec2", "moon-1", "Action=DescribeVpcs", 401, "<Code>AuthFailure</Code><Message>AWS was not able to validate the provided access credentials</Message>"},
		{"elasticloadbalancing", "moon-1", "Action=DescribeLoadBalancers", 403, "<Code>SignatureDoesNotMatch</Code>"},
		{"ec2", "af-south-1", "Action=DescribeVpcs", 501, "region af-south-1 is not simulated"},
		{"ec2", "cn-north-1", "Action=DescribeSecurityGroups", 200, "arn:aws-cn:ec2:cn-north-1:"},
		{"ec2", "us-gov-west-1", "Action=DescribeSecurityGroups", 200, "arn:aws-us-gov:ec2:us-gov-west-1:"},
		{"ec2", "cn-north-1", "Action=DescribeRegions", 200, "ec2.cn-northwest-1.amazonaws.com.cn"},
		{"ec2", "ap-northeast-1", "Action=DescribeAvailabilityZones", 200, "<zoneName>ap-northeast-1d</zoneName>"},
	} {
		if status, got := ask(test.service, test.region, form, "", test.body+"&Version=2016-11-15"); status != test.status || !strings.Contains(got, test.want) {
			t.Errorf("%s in %s: %d %s, want %d with %s", test.body, test.region, status, got, test.status, test.want)
		}
	}
	if status, got := ask("ssm", "moon-1", json, "AmazonSSM.GetParameter", `{"Name":"/x"}`); status != 400 || !strings.Contains(got, "InvalidSignatureException") {
		t.Errorf("JSON: %d %s", status, got)
	}
}
