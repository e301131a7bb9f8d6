package awsapi

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"

	"github.com/platformctl/platformctl/internal/testenv"
)

// sendError is what the SDK makes of a connection's failure.
func sendError(err error) error {
	return &smithyhttp.RequestSendError{Err: &url.Error{Op: "Post", URL: "https://ec2.example/", Err: err}}
}

func TestRetryer_RepeatsTransientErrors(t *testing.T) {
	nobody := &net.OpError{Op: "dial", Err: &net.DNSError{Err: "no such host", Name: "ec2.example", IsNotFound: true}}
	for name, test := range map[string]struct {
		err         error
		first, then bool // before and after the endpoint has answered
	}{
		"throttling":      {apiError("RequestLimitExceeded", ""), true, true},
		"reset":           {sendError(errors.New("read: connection reset by peer")), true, true},
		"lost reply":      {sendError(io.EOF), true, true},
		"reply cut short": {fmt.Errorf("decode: %w", io.ErrUnexpectedEOF), true, true},
		"refused":         {sendError(&net.OpError{Op: "dial", Err: errors.New("connection refused")}), true, true},
		"no such host":    {sendError(nobody), false, true},
		"certificate":     {sendError(x509.UnknownAuthorityError{}), false, false},
		"credentials":     {&CredentialsError{Err: errors.New("none")}, false, false},
		"capacity":        {apiError("InsufficientInstanceCapacity", ""), false, false},
		"permission":      {apiError("UnauthorizedOperation", ""), false, false},
	} {
		retryer := newRetryer(nil)
		if got := retryer.IsErrorRetryable(test.err); got != test.first {
			t.Errorf("%s is tried again: %t, want %t", name, got, test.first)
		}
		retryer.answered.Store(true)
		if got := retryer.IsErrorRetryable(test.err); got != test.then {
			t.Errorf("%s is tried again once the endpoint has answered: %t, want %t", name, got, test.then)
		}
	}
}

// TestRetryer_StopsAfterLimit repeats attempts as the SDK does, until it may not.
func TestRetryer_StopsAfterLimit(t *testing.T) {
	dial := sendError(&net.OpError{Op: "dial", Err: errors.New("connection refused")})
	for name, test := range map[string]struct {
		err         error
		answered    bool
		bound       time.Duration // of the context, 0 for none
		least, most time.Duration
	}{
		"throttled":          {apiError("Throttling", ""), true, 0, patience, patience + mostPause},
		"nobody there ever":  {dial, false, 0, firstPatience, firstPatience + mostPause},
		"nobody there now":   {dial, true, 0, patience, patience + mostPause},
		"a bounded question": {apiError("Throttling", ""), true, time.Second, time.Second, time.Second + mostPause},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				retryer := newRetryer(nil)
				retryer.answered.Store(test.answered)
				ctx := context.WithValue(t.Context(), beganKey{}, time.Now())
				if test.bound != 0 {
					ctx = WithPatience(ctx, test.bound)
				}
				began := time.Now()
				for attempt := 1; ; attempt++ {
					<-time.After(10 * time.Millisecond) // the attempt
					_, err := retryer.GetRetryToken(ctx, test.err)
					var gaveUp *GaveUp
					if errors.As(err, &gaveUp) {
						break
					}
					if err != nil {
						t.Fatal(err)
					}
					delay, err := retryer.RetryDelay(attempt, test.err)
					if err != nil || delay < 0 || delay > mostPause {
						t.Fatalf("a pause of %s, %v", delay, err)
					}
					<-time.After(delay)
				}
				if took := time.Since(began); took < test.least || took > test.most {
					t.Errorf("tried for %s, want %s to %s", took, test.least, test.most)
				}
			})
		})
	}
}

// TestRetryer_ReportsWaiting has several calls fail for a minute: that is told soon, and then
// seldom.
func TestRetryer_ReportsWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var told []string
		began := time.Now()
		retryer := newRetryer(func(line string) { told = append(told, time.Since(began).String()+" "+line) })
		retryer.answered.Store(true)
		ctx := middleware.WithOperationName(context.WithValue(t.Context(), beganKey{}, time.Now()), "DescribeInstances")
		question := WithPatience(ctx, 2*time.Second)
		for time.Since(began) < 31*time.Second {
			for _, ctx := range []context.Context{ctx, ctx, question} {
				_, _ = retryer.GetRetryToken(ctx, &smithy.GenericAPIError{Code: "InternalError", Message: "An internal error has occurred"})
			}
			<-time.After(time.Second)
		}
		want := " DescribeInstances fails, and is tried again for 2m0s at most: InternalError: An internal error has occurred"
		if diff := testenv.Diff([]string{"5s" + want, "20s" + want}, told); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestRetryer_HonoursRetryAfter(t *testing.T) {
	answer := func(header, value string) error {
		response := &http.Response{StatusCode: http.StatusServiceUnavailable, Header: http.Header{}}
		response.Header.Set(header, value)
		return &awshttp.ResponseError{ResponseError: &smithyhttp.ResponseError{Response: &smithyhttp.Response{Response: response}, Err: errors.New("busy")}}
	}
	for _, test := range []struct {
		header, value string
		want          time.Duration
	}{
		{"Retry-After", "7", 7 * time.Second},
		{"X-Amz-Retry-After", "6500", 6500 * time.Millisecond},
		{"Retry-After", "86400", mostRetryAfter},
		{"Retry-After", "tomorrow", 0},
		{"Retry-After", "-5", 0},
	} {
		if got := retryAfter(answer(test.header, test.value)); got != test.want {
			t.Errorf("%s: %s is %s, want %s", test.header, test.value, got, test.want)
		}
	}
	if delay, _ := newRetryer(nil).RetryDelay(1, answer("Retry-After", "7")); delay != 7*time.Second {
		t.Errorf("the pause is %s, want 7s", delay)
	}
}

// TestRetryer_NotIdempotentCallIsNotRepeated loses each reply's second half.
func TestRetryer_NotIdempotentCallIsNotRepeated(t *testing.T) {
	var vpcs, callers atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		whole := `<CreateVpcResponse><vpc><vpcId>vpc-1</vpcId></vpc></CreateVpcResponse>`
		n := vpcs.Add(1)
		if strings.Contains(string(body), "GetCallerIdentity") {
			vpcs.Add(-1)
			n = callers.Add(1)
			whole = `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`
		}
		w.Header().Set("Content-Length", fmt.Sprint(len(whole)))
		if n == 1 {
			whole = whole[:len(whole)/2]
		}
		_, _ = io.WriteString(w, whole)
	}))
	t.Cleanup(server.Close)
	clients, err := Connect(t.Context(), Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clients.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil || callers.Load() != 2 {
		t.Errorf("a read whose reply broke off: %v after %d requests", err, callers.Load())
	}
	_, err = clients.EC2.CreateVpc(t.Context(), &ec2.CreateVpcInput{}, WithoutToken)
	if !IsAmbiguous(err) || vpcs.Load() != 1 {
		t.Errorf("a creation whose reply broke off: %v after %d requests, want one that may have been carried out", err, vpcs.Load())
	}
}

// TestRetryer_FailsSoonWhenUnreachable connects where nothing listens.
func TestRetryer_FailsSoonWhenUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	clients, err := Connect(t.Context(), Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	_, err = clients.STS.GetCallerIdentity(WithPatience(t.Context(), 0), &sts.GetCallerIdentityInput{})
	if CauseOf(err) != Unreachable {
		t.Errorf("%v is classified as %q", err, CauseOf(err))
	}
	if text := Text(err); !strings.HasPrefix(text, "GetCallerIdentity failed: dial tcp") || !strings.Contains(text, "tried for") {
		t.Errorf("the error reads %q", text)
	}
}
