package exit

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/provision"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/provision/verify"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// TestExplain_HintsForEveryCause has one error of each kind that lasts until somebody
// does something about it.
func TestExplain_HintsForEveryCause(t *testing.T) {
	refused := func(code, message string) error {
		return &smithy.OperationError{ServiceID: "EC2", OperationName: "RunInstances", Err: &smithy.GenericAPIError{Code: code, Message: message}}
	}
	sent := func(err error) error { return &url.Error{Op: "Post", URL: "https://ec2.example/", Err: err} }
	none := &awsapi.CredentialsError{Err: errors.New("no EC2 IMDS role found")}
	hinted := map[awsapi.Cause]bool{}
	for _, test := range []struct {
		err        error
		code, hint string
	}{
		{refused("InsufficientInstanceCapacity", "We currently do not have sufficient t3.micro capacity"), "InsufficientInstanceCapacity", "another web.instance_type, name other zones"},
		{refused("Unsupported", "Your requested instance type (t3.micro) is not supported in your requested Availability Zone"), "Unsupported", "doesn't have this instance type"},
		{refused("VcpuLimitExceeded", "You have requested more vCPU capacity"), "VcpuLimitExceeded", "ec2, L-1216C47A"},
		{refused("VpcLimitExceeded", ""), "VpcLimitExceeded", `"VPCs per Region" is used up: ask for more in the Service Quotas console (vpc, L-F678F1CE)`},
		{refused("AddressLimitExceeded", ""), "AddressLimitExceeded", "L-0263D0A3"},
		{refused("NatGatewayLimitExceeded", ""), "NatGatewayLimitExceeded", "L-FE5A380F"},
		{refused("InternetGatewayLimitExceeded", ""), "InternetGatewayLimitExceeded", "L-A4707A72"},
		{refused("TooManyLoadBalancers", ""), "TooManyLoadBalancers", "L-53DA6B97"},
		{refused("TooManyTargetGroups", ""), "TooManyTargetGroups", "L-B22855CB"},
		{refused("VolumeLimitExceeded", ""), "VolumeLimitExceeded", "Service Quotas console"},
		{refused("UnauthorizedOperation", "You are not authorized"), "UnauthorizedOperation", "docs/aws.md names the policies"},
		{refused("UnauthorizedOperation", "You are not authorized to perform this operation. Encoded authorization failure message: aB3_x-9="), "UnauthorizedOperation", "aws sts decode-authorization-message --encoded-message aB3_x-9="},
		{refused("OperationNotPermitted", "This AWS account currently does not support creating load balancers. For more information, please contact AWS Support."), "OperationNotPermitted", "ask AWS Support"},
		{refused("PendingVerification", "Your account is currently being verified."), "PendingVerification", "verified within some hours"},
		{refused("InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist"), "InvalidAMIID.NotFound", "another web.image"},
		{refused("RequestLimitExceeded", "Request limit exceeded."), "RequestLimitExceeded", "end other programs"},
		{refused("ThrottlingException", "Rate exceeded"), "ThrottlingException", "end other programs"},
		{&awsapi.Denied{Action: "ec2:RunInstances", Err: refused("UnauthorizedOperation", "")}, "UnauthorizedOperation", "allow the caller ec2:RunInstances"},
		{&awsapi.Denied{Action: "ec2:RunInstances", Explicit: true, Err: refused("UnauthorizedOperation", "")}, "UnauthorizedOperation", "take ec2:RunInstances out of what is denied"},
		{refused("ExpiredToken", "The security token included in the request is expired"), "ExpiredToken", "the session has ended: log in again"},
		{refused("InvalidClientTokenId", ""), "InvalidClientTokenId", "a region that the account hasn't enabled"},
		{refused("AuthFailure", "AWS was not able to validate the provided access credentials"), "AuthFailure", "log in again"},
		{none, "credentials", "log in again"},
		{&awsapi.CredentialsError{Err: errors.New("x"), Sources: "here and there"}, "credentials", "set both variables"},
		{&awsapi.CredentialsError{Err: errors.New("x"), Sources: "here", Missing: "AWS_SECRET_ACCESS_KEY"}, "credentials", "set AWS_SECRET_ACCESS_KEY, too"},
		{&awsapi.CredentialsError{Err: errors.New("refresh cached SSO token failed, unable to refresh SSO token")}, "credentials", "aws sso login, with the same AWS_PROFILE"},
		{config.SharedConfigProfileNotExistError{Profile: "shop"}, "credentials", "another AWS_PROFILE"},
		{refused("RequestTimeTooSkewed", ""), "RequestTimeTooSkewed", "clock"},
		{refused("RequestExpired", "Request has expired."), "RequestExpired", "clock"},
		{refused("InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z"), "InvalidSignatureException", "clock right"},
		{refused("SignatureDoesNotMatch", "The request signature we calculated does not match"), "SignatureDoesNotMatch", "correct the secret key"},
		{refused("OptInRequired", "You are not subscribed to this service"), "OptInRequired", "enable it"},
		{refused("OptInRequired", "In order to use this AWS Marketplace product you need to accept terms and subscribe. To do so please visit https://aws.amazon.com/marketplace/pp?sku=abc"), "OptInRequired", "name another web.image, or accept them (https://aws.amazon.com/marketplace/pp?sku=abc)"},
		{refused("NotAvailableInZone", "The requested zone is not available"), "NotAvailableInZone", "name other zones in network.zones"},
		{&provision.ZoneRefused{Zone: "us-east-1e", Others: []string{"us-east-1a", "us-east-1b"}, Err: refused("NotAvailableInZone", "")}, "NotAvailableInZone", "us-east-1e can't have it: write network.zones: [us-east-1a, us-east-1b]"},
		{refused("InvalidParameterValue", "Value (us-east-1e) for parameter availabilityZone is invalid. Subnets can currently only be created in the following availability zones: us-east-1a, us-east-1b."), "InvalidParameterValue", "name other zones in network.zones"},
		{refused("SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'us-east-1'."), "SignatureDoesNotMatch", "AWS_ENDPOINT_URL against the region"},
		{&awsapi.SettingsError{Err: &awsapi.EndpointError{Endpoint: "127.0.0.1:4566"}}, "settings", "as in http://127.0.0.1:4566"},
		{&awsapi.SettingsError{Err: errors.New("failed to open custom CA bundle, no such file")}, "settings", "AWS_CA_BUNDLE"},
		{&awsapi.SettingsError{Err: errors.New("invalid profile")}, "settings", "~/.aws/config"},
		{sent(http.ErrSchemeMismatch), "scheme", "write http:// in AWS_ENDPOINT_URL"},
		{sent(&awsapi.ForeignError{Host: "a", TLS: true}), "scheme", "write https:// in AWS_ENDPOINT_URL"},
		{sent(&awsapi.ForeignError{Host: "a"}), "endpoint", "correct AWS_ENDPOINT_URL"},
		{sent(&awsapi.ProxyError{Host: "a", Status: "407 Proxy Authentication Required"}), "proxy", "HTTPS_PROXY"},
		{errors.Join(sent(io.ErrUnexpectedEOF), &awsapi.GaveUp{After: time.Minute}), "connection", "network and proxy"},
		{sent(&net.OpError{Op: "proxyconnect", Err: errors.New("connection refused")}), "proxy", "NO_PROXY"},
		{sent(&net.OpError{Op: "proxyconnect", Err: &net.DNSError{Err: "no such host", Name: "proxy.example", IsNotFound: true}}), "proxy", "NO_PROXY"},
		{refused("InternalError", "An internal error has occurred"), "InternalError", "run the same command again later"},
		{refused("Unavailable", "The server is overloaded"), "Unavailable", "While a zone is disrupted"},
		{sent(x509.UnknownAuthorityError{}), "certificate", "AWS_CA_BUNDLE"},
		{sent(x509.CertificateInvalidError{Reason: x509.Expired, Cert: &x509.Certificate{}}), "certificate", "clock"},
		{sent(&net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "ec2.example", IsNotFound: true}}), "dns", "check the region's name"},
		{sent(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), "unreachable", "AWS_ENDPOINT_URL"},
	} {
		hinted[awsapi.CauseOf(test.err)] = true
		// Before the plan, and in a step of it.
		code, failure := Explain(context.Background(), fmt.Errorf("list subnet: %w", test.err))
		if got := failure.Error; code != Failed || got.Code != test.code || !strings.Contains(strings.ToLower(got.Hint), strings.ToLower(test.hint)) {
			t.Errorf("%v: exit code %d, %+v, want %s and the hint %q", test.err, code, got, test.code, test.hint)
		}
		step := &apply.StepError{Key: resource.Key{Kind: "instance", Name: "web-a-1"}, Action: plan.Create, Err: test.err}
		code, failure = Explain(context.Background(), step)
		got := failure.Error
		if code != Failed || got.Code != test.code || got.Resource != "instance/web-a-1" ||
			!strings.Contains(strings.ToLower(got.Hint), strings.ToLower(test.hint)) || !strings.Contains(got.Hint, "what was done is recorded") {
			t.Errorf("%v in a step: exit code %d, %+v, want %s and the hint %q", test.err, code, got, test.code, test.hint)
		}
	}
	for _, cause := range awsapi.Causes() {
		if !hinted[cause] {
			t.Errorf("no error here is of the cause %q", cause)
		}
	}
}

// TestExplain_HintsByWhatWasFound has failures at the end of an up, with what was found.
func TestExplain_HintsByWhatWasFound(t *testing.T) {
	deny := []verify.Cause{{Resource: "vpc/main", Message: "deny tcp 80", Hint: "platformctl up repairs it", Network: true}}
	plain := errors.New("it doesn't become healthy")
	for name, test := range map[string]struct {
		err          error
		code         Code
		hint, absent string
	}{
		"network":            {&verify.Unhealthy{Err: plain, Elsewhere: true, Inspected: true, Causes: deny}, CodeUnhealthy, "platformctl up repairs it. Nothing is replaced", "as configured"},
		"nothing found":      {&verify.Unhealthy{Err: plain, Elsewhere: true, Inspected: true}, CodeUnhealthy, "of the network is as configured", ""},
		"nobody could look":  {&verify.Unhealthy{Err: plain, Elsewhere: true}, CodeUnhealthy, "platformctl status shows", "as configured"},
		"the instance's own": {&verify.Unhealthy{Err: plain, Inspected: true}, CodeUnhealthy, "correct the configuration", "as configured"},
		"page, found":        {&verify.Error{Inspected: true, Causes: deny}, CodeNotAnswering, "platformctl up repairs it", "as configured"},
		"page, not found":    {&verify.Error{Inspected: true}, CodeNotAnswering, "try from another network", ""},
		"page, not looked":   {&verify.Error{}, CodeNotAnswering, "platformctl status names what has changed", "as configured"},
		"drifted":            {&fault.Unsteady{Reasons: []string{"it differs"}, Drifted: true}, CodeUnsteady, "nothing was broken; platformctl up repairs it", "status"},
		"name of nobody":     {&verify.Nameless{DNS: &net.DNSError{Err: "no such host", Name: "shop.elb.localhost", IsNotFound: true}}, CodeNotAnswering, "add --no-probe", "network"},
	} {
		_, failure := Explain(context.Background(), test.err)
		if got := failure.Error; got.Code != string(test.code) || !strings.Contains(got.Hint, test.hint) || test.absent != "" && strings.Contains(got.Hint, test.absent) {
			t.Errorf("%s: %+v, want %s with the hint %q and without %q", name, got, test.code, test.hint, test.absent)
		}
	}
}

// TestClockHint_SaysByHowMuch has answers with AWS's time.
func TestClockHint_SaysByHowMuch(t *testing.T) {
	for ahead, want := range map[time.Duration]string{
		-10 * time.Minute: "it is 10m0s behind AWS's", 2 * time.Hour: "it is 2h0m0s ahead of AWS's", time.Second: "this machine's clock is right",
	} {
		answer := &http.Response{Header: http.Header{"Date": []string{time.Now().Add(-ahead).UTC().Format(http.TimeFormat)}}}
		err := &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{
			Response: &smithyhttp.Response{Response: answer}, Err: &smithy.GenericAPIError{Code: "RequestExpired", Message: "Request has expired."},
		}}
		_, failure := Explain(context.Background(), err)
		// The header has no fractions of a second.
		hint := regexp.MustCompile(`\d+m\d+s|\d+h\d+m\d+s`).ReplaceAllStringFunc(failure.Error.Hint, func(s string) string {
			d, err := time.ParseDuration(s)
			if err != nil {
				t.Fatal(err)
			}
			return d.Round(time.Minute).String()
		})
		if !strings.Contains(hint, want) {
			t.Errorf("%s ahead: %q, want %q", ahead, failure.Error.Hint, want)
		}
	}
}

// TestCauseHint_NoneForTransientErrors has errors that no advice of these would help.
func TestCauseHint_NoneForTransientErrors(t *testing.T) {
	for _, err := range []error{
		errors.New("disk full"),
		&smithy.GenericAPIError{Code: "DependencyViolation"},
		&smithy.GenericAPIError{Code: "AuthFailure", Message: "You do not have permission to access the specified resource."},
		&smithy.GenericAPIError{Code: "Unsupported", Message: "The requested configuration is currently not supported."},
	} {
		if hint := causeHint(err); hint != "" {
			t.Errorf("%v has the hint %q", err, hint)
		}
	}
}

// No console has a quota of the local cloud.
func TestOnLocalCloud_SaysHowAQuotaIsRaised(t *testing.T) {
	refused := &smithy.OperationError{ServiceID: "EC2", OperationName: "AllocateAddress", Err: &smithy.GenericAPIError{Code: "AddressLimitExceeded"}}
	hint := OnLocalCloud(refused)
	for _, want := range []string{"platformctl local faults FILE", "quotas: {L-0263D0A3: N}", "the same command goes on"} {
		if !strings.Contains(hint, want) || strings.Contains(hint, "console") {
			t.Errorf("hint %q, want %q", hint, want)
		}
	}
	for _, other := range []error{errors.New("other"), &smithy.GenericAPIError{Code: "UnauthorizedOperation"}} {
		if hint := OnLocalCloud(other); hint != "" {
			t.Errorf("%v: %q", other, hint)
		}
	}
}

// A state of something else names what goes on, and where this run can keep its own.
func TestUnreadableHint_SaysWhatAnotherStateIsOf(t *testing.T) {
	for _, test := range []struct {
		mismatch state.Mismatch
		hint     string
	}{
		{state.Mismatch{Field: "target", Have: "local", Want: "aws", Platform: "shop"},
			"nothing was touched; the file stays as it is, and the local platform shop goes on: platformctl down --target local takes it down first; " +
				"or both stay, each with a state of its own: add --state .platformctl/shop-aws.json here, to every command"},
		{state.Mismatch{Field: "target", Have: "aws", Want: "local", Platform: "shop"}, "platform shop on AWS, which costs money, goes on: platformctl down --target aws"},
		{state.Mismatch{Field: "region", Have: "eu-west-1", Want: "us-east-1", Platform: "shop"}, "platform shop in eu-west-1 goes on: region: eu-west-1 in the configuration means that one"},
		{state.Mismatch{Field: "account", Have: "210987654321", Want: "123456789012"}, "use the credentials of account 210987654321"},
		{state.Mismatch{Field: "platform", Have: "mall", Want: "shop", Platform: "mall"}, "leave --state away"},
	} {
		hint := unreadableHint(&state.Unreadable{Path: ".platformctl/shop.json", Err: &test.mismatch})
		if !strings.Contains(hint, test.hint) || !strings.Contains(hint, "nothing was touched; the file stays as it is") {
			t.Errorf("%+v: %q", test.mismatch, hint)
		}
	}
}
