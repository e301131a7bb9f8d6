package awsapi

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/sts"

	"github.com/platformctl/platformctl/internal/testenv"
)

func TestConnect_RefusesWhatIsNoEndpoint(t *testing.T) {
	for endpoint, want := range map[string]bool{
		"http://127.0.0.1:4566": true, "https://sts.eu-central-1.amazonaws.com": true, "http://[::1]:4566/path": true,
		"127.0.0.1:4566": false, "ftp://127.0.0.1": false, "localhost:4566": false, "http://": false, "/run/socket": false,
	} {
		_, err := Connect(t.Context(), Options{Region: "us-east-1", Endpoint: endpoint})
		var refused *EndpointError
		if (err == nil) != want || err != nil && (!errors.As(err, &refused) || CauseOf(err) != Settings) {
			t.Errorf("%s: %v", endpoint, err)
		}
	}
}

func TestOnce_CallsOncePerSnapshot(t *testing.T) {
	clients := &Clients{}
	var calls atomic.Int32
	list := func(context.Context, *Clients) (int32, error) { return calls.Add(1), nil }
	for want := range int32(2) { // without a snapshot every read is its own
		if got, err := Once(t.Context(), clients, "a", list); got != want+1 || err != nil {
			t.Errorf("read %d, %v, want %d", got, err, want+1)
		}
	}
	calls.Store(0)
	snapshot := clients.Snapshot()
	var all sync.WaitGroup
	for range 20 {
		all.Go(func() {
			if got, err := Once(t.Context(), snapshot, "a", list); got != 1 || err != nil {
				t.Errorf("read %d, %v, want what the first read brought", got, err)
			}
		})
	}
	all.Wait()
	if got, _ := Once(t.Context(), snapshot, "b", list); got != 2 {
		t.Errorf("another name's read is %d, want one of its own", got)
	}
	if got, _ := Once(t.Context(), clients.Snapshot(), "a", list); got != 3 {
		t.Errorf("another snapshot's read is %d, want one of its own", got)
	}
	broken := errors.New("broken")
	for range 2 {
		_, err := Once(t.Context(), snapshot, "c", func(context.Context, *Clients) (int32, error) {
			calls.Add(1)
			return 0, broken
		})
		if !errors.Is(err, broken) || calls.Load() != 4 {
			t.Errorf("after %d calls the error is %v", calls.Load(), err)
		}
	}
}

// TestLedger_CountsCallsNotAttempts answers the first attempt of a call with
// an error that is tried again.
func TestLedger_CountsCallsNotAttempts(t *testing.T) {
	var requests atomic.Int32
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		if agent := r.UserAgent(); !strings.Contains(agent, " platformctl/v1.2.3") {
			t.Errorf("the user agent is %q", agent)
		}
		switch n := requests.Add(1); {
		case strings.Contains(string(body), "Action=DescribeVpcs"):
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>No</Message></Error></Errors></Response>`)
		case n == 1:
			w.WriteHeader(http.StatusBadRequest)
			_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>Throttling</Code><Message>Rate exceeded</Message></Error></ErrorResponse>`)
		default:
			_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		}
	}))
	t.Cleanup(server.Close)
	clients, err := Connect(t.Context(), Options{Region: "eu-central-1", Endpoint: server.URL, Version: "v1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	if who, err := clients.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil || *who.Account != "123456789012" {
		t.Fatalf("%+v, %v", who, err)
	}
	if _, err := clients.EC2.DescribeVpcs(t.Context(), &ec2.DescribeVpcsInput{}); Code(err) != "UnauthorizedOperation" {
		t.Errorf("error %v", err)
	}
	if requests.Load() != 3 {
		t.Errorf("%d requests, want 3", requests.Load())
	}
	if diff := testenv.Diff(map[string]int{"STS.GetCallerIdentity": 1, "EC2.DescribeVpcs": 1}, clients.Ledger.ByOperation()); diff != "" {
		t.Error(diff)
	}
	if clients.Ledger.Calls() != 2 || clients.Snapshot().Ledger != clients.Ledger {
		t.Errorf("%d calls, want 2, and the snapshot's counted with them", clients.Ledger.Calls())
	}
}

// TestConnect_LocalCloudIgnoresAWSSettings: users of AWS have some of these in the environment.
func TestConnect_LocalCloudIgnoresAWSSettings(t *testing.T) {
	for name, value := range map[string]string{
		"AWS_PROFILE": "work", "AWS_CA_BUNDLE": "/nowhere.pem", "AWS_RETRY_MODE": "none", "AWS_MAX_ATTEMPTS": "many",
		"AWS_USE_FIPS_ENDPOINT": "true", "AWS_USE_DUALSTACK_ENDPOINT": "true", "AWS_ACCOUNT_ID_ENDPOINT_MODE": "never",
		"AWS_ENDPOINT_URL": "http://127.0.0.1:1", "AWS_ENDPOINT_URL_STS": "http://127.0.0.1:1", "AWS_REGION": "eu-west-3",
		"AWS_ACCESS_KEY_ID": "real", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_SESSION_TOKEN": "token",
	} {
		t.Setenv(name, value)
	}
	var signed string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		signed = r.Header.Get("Authorization") + r.Header.Get("X-Amz-Security-Token")
		_, _ = io.WriteString(w, `<GetCallerIdentityResponse><GetCallerIdentityResult><Account>123456789012</Account></GetCallerIdentityResult></GetCallerIdentityResponse>`)
	}))
	t.Cleanup(server.Close)
	clients, err := Connect(t.Context(), Options{Region: "eu-central-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := clients.STS.GetCallerIdentity(t.Context(), &sts.GetCallerIdentityInput{}); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(signed, "Credential=local/") || !strings.Contains(signed, "/eu-central-1/") || strings.Contains(signed, "token") {
		t.Errorf("signed as %s", signed)
	}
}
