package awsapi

import (
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ssm"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// answering is a server that gives every request the same answer, and counts them.
func answering(t *testing.T, status int, body string) (server *httptest.Server, requests *atomic.Int32) {
	t.Helper()
	requests = &atomic.Int32{}
	server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		w.Header().Set("Content-Type", "text/html; charset=utf-8") // moto's, too, of what isn't HTML
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	}))
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	return server, requests
}

// TestCauseOf_WhatAnswersIsNotAWS asks servers of other sorts with a client of each of AWS's
// protocols: each is named at once, and not asked twice.
func TestCauseOf_WhatAnswersIsNotAWS(t *testing.T) {
	const page = "\n<!DOCTYPE html>\n<html><body>Sign in to the hotel's network</body></html>"
	for name, test := range map[string]struct {
		status int
		body   string
		tls    bool
		want   Cause
	}{
		"HTTPS server asked in HTTP":     {200, page, true, Scheme},
		"Nginx's HTTPS port":             {400, "<html>\n<center>The plain HTTP request was sent to HTTPS port</center>", false, Scheme},
		"sign-in page":                   {200, page, false, Endpoint},
		"web server without such a path": {404, page, false, Endpoint},
		"web server that refuses":        {403, "<HTML>no</HTML>", false, Endpoint},
		"web server without POST":        {501, page, false, Endpoint},
		"proxy that wants a password":    {407, page, false, Proxy},
		"AWS's own refusal":              {403, "<Response><Errors><Error><Code>UnauthorizedOperation</Code></Error></Errors></Response>", false, Permission},
	} {
		t.Run(name, func(t *testing.T) {
			server, requests := answering(t, test.status, test.body)
			var endpoint string
			if test.tls {
				server.StartTLS()
				endpoint = "http" + strings.TrimPrefix(server.URL, "https")
			} else {
				server.Start()
				endpoint = server.URL
			}
			clients, err := Connect(t.Context(), Options{Region: "us-east-1", Endpoint: endpoint})
			if err != nil {
				t.Fatal(err)
			}
			_, lists := clients.EC2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{})
			if CauseOf(lists) != test.want {
				t.Errorf("EC2: %v is %q, want %q", lists, CauseOf(lists), test.want)
			}
			if want := 1; test.want != Permission && !test.tls && int(requests.Load()) != want {
				t.Errorf("it was asked %d times, want %d", requests.Load(), want)
			}
			if test.want == Permission {
				return
			}
			_, query := clients.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{})
			_, json := clients.SSM.GetParameter(t.Context(), &ssm.GetParameterInput{Name: aws.String("a")})
			for service, err := range map[string]error{"STS": query, "SSM": json} {
				if CauseOf(err) != test.want || IsGivenUp(err) {
					t.Errorf("%s: %v is %q, want %q without a second attempt", service, err, CauseOf(err), test.want)
				}
			}
		})
	}
}

// TestCauseOf_ProxyRefusesConnect has a proxy that lets nothing through to HTTPS.
func TestCauseOf_ProxyRefusesConnect(t *testing.T) {
	proxy, _ := answering(t, http.StatusForbidden, "no")
	proxy.Start()
	at, err := url.Parse(proxy.URL)
	if err != nil {
		t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(at), OnProxyConnectResponse: throughProxy}}
	response, err := client.Get("https://aws.invalid/")
	if err == nil {
		response.Body.Close()
	}
	if CauseOf(err) != Proxy || !strings.Contains(err.Error(), "the proxy on the way to aws.invalid:443 answered 403 Forbidden") || newRetryer(nil).IsErrorRetryable(err) {
		t.Errorf("it is %q, and tried again: %t: %v", CauseOf(err), newRetryer(nil).IsErrorRetryable(err), err)
	}
}

// TestCauseOf_CodesAreOfTheirCause holds that each code of AWS means a cause that is listed, and
// which of several, by the message.
func TestCauseOf_CodesAreOfTheirCause(t *testing.T) {
	all := map[Cause]bool{}
	for _, cause := range Causes() {
		all[cause] = true
	}
	for _, m := range meanings() {
		if !all[m.cause] {
			t.Errorf("%q is not among the causes", m.cause)
		}
		for _, code := range m.codes {
			if err := apiError(code, ""); m.message == "" && CauseOf(err) == "" {
				t.Errorf("%s means nothing", code)
			}
		}
	}
	// What lasts is not tried again; what AWS's own trouble is, may end.
	retryer := newRetryer(nil)
	for _, cause := range Causes() {
		for _, code := range CodesOf(cause) {
			if tries := retryer.IsErrorRetryable(apiError(code, "")); tries && cause != Service {
				t.Errorf("%s, which means %q, is tried again", code, cause)
			}
		}
	}
	for _, lasting := range []error{
		&CredentialsError{Err: errors.New("the SSO session has expired or is invalid")}, &ForeignError{}, &ProxyError{}, http.ErrSchemeMismatch,
		x509.UnknownAuthorityError{}, &net.DNSError{Err: "no such host", IsNotFound: true},
	} {
		sent := &smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://ec2.example/", Err: lasting}}
		if retryer.IsErrorRetryable(sent) {
			t.Errorf("%v is tried again", sent)
		}
	}
	for _, test := range []struct {
		code, message string
		want          Cause
	}{
		{"SignatureDoesNotMatch", "Signature expired: 20260101T000000Z is now earlier than 20260101T001000Z", Clock},
		{"InvalidSignatureException", "Signature not yet current: …", Clock},
		{"SignatureDoesNotMatch", "The request signature we calculated does not match the signature you provided.", Secret},
		{"SignatureDoesNotMatch", "Credential should be scoped to a valid region, not 'us-east-1'.", Signing},
		{"RequestExpired", "Request has expired.", Clock},
		{"PendingVerification", "Your request for accessing resources in this region is being validated", Account},
		{"OperationNotPermitted", "This AWS account currently does not support creating load balancers.", Account},
		{"OperationNotPermitted", "The instance 'i-1' may not be terminated.", ""},
		{"InvalidAMIID.NotFound", "The image id '[ami-1]' does not exist", Image},
		{"RequestLimitExceeded", "Request limit exceeded.", Throttling},
		{"ThrottlingException", "Rate exceeded", Throttling},
		{"VpcLimitExceeded", "", QuotaFull},
	} {
		if got := CauseOf(apiError(test.code, test.message)); got != test.want {
			t.Errorf("%s %q is %q, want %q", test.code, test.message, got, test.want)
		}
	}
}
