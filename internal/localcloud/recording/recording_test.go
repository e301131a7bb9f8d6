package recording_test

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/testenv"
)

// call sends a request as an SDK does. The reply is "" when the connection is cut.
func call(t *testing.T, url, target, body string) string {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("User-Agent", "somebody/1")
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20260102/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=0")
	if target != "" {
		request.Header.Set("X-Amz-Target", target)
	}
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(request)
	if err != nil {
		return ""
	}
	defer response.Body.Close()
	reply, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	if response.StatusCode < http.StatusInternalServerError && response.Header.Get("X-Seen") != "yes" {
		t.Error("a header of the reply is lost")
	}
	return response.Status + " " + string(reply)
}

func TestHandler_RecordsExchanges(t *testing.T) {
	dir := t.TempDir()
	recorder, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		w.Header().Set("X-Seen", "yes")
		switch string(body) {
		case "Action=Cut":
			panic(http.ErrAbortHandler)
		case "Action=Refuse":
			w.WriteHeader(http.StatusBadRequest)
		}
		_, err = w.Write([]byte("re: " + string(body)))
		if err != nil {
			t.Error(err)
		}
	})
	whole, requests := httptest.NewServer(recorder.Handler(handler)), httptest.NewServer(recorder.Requests(handler))
	defer whole.Close()
	defer requests.Close()
	for _, want := range []struct{ url, target, body, reply string }{
		{whole.URL, "", "Action=Describe&A=b%20c", "200 OK re: Action=Describe&A=b%20c"},
		{whole.URL, "", "Action=Refuse", "400 Bad Request re: Action=Refuse"},
		{whole.URL, "", "Action=Cut", ""},
		{whole.URL, "Service.Get", "{}", "200 OK re: {}"},
		{requests.URL, "", "Action=Refuse", "400 Bad Request re: Action=Refuse"},
	} {
		if got := call(t, want.url, want.target, want.body); got != want.reply {
			t.Errorf("%s is answered with %q, want %q", want.body, got, want.reply)
		}
	}
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	if got := call(t, whole.URL, "", "Action=Late"); !strings.HasPrefix(got, "500 ") {
		t.Errorf("what can't be recorded is answered with %q", got)
	}

	exchange := func(operation, request string, status int, reply string) recording.Exchange {
		return recording.Exchange{Service: "ec2", Region: "eu-west-1", Operation: operation, Agent: "somebody/1", Request: request, Status: status, Reply: reply}
	}
	want := []recording.Exchange{
		exchange("Describe", "Action=Describe&A=b%20c", 200, "re: Action=Describe&A=b%20c"),
		exchange("Refuse", "Action=Refuse", 400, "re: Action=Refuse"),
		exchange("Cut", "Action=Cut", 0, ""),
		exchange("Get", "{}", 200, "re: {}"),
		exchange("Refuse", "Action=Refuse", 0, ""),
	}
	got, err := recording.Read(dir)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(map[string][]recording.Exchange{"recording.test": want}, got); diff != "" {
		t.Errorf("recorded (-want +got):\n%s", diff)
	}
}

// TestHandler_SkipsUnreadableRequests has a body that breaks off: there was no exchange.
func TestHandler_SkipsUnreadableRequests(t *testing.T) {
	dir := t.TempDir()
	recorder, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	broken := errors.New("broken")
	var met error
	handler := recorder.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, met = io.ReadAll(r.Body) }))
	body := io.MultiReader(strings.NewReader("Action="), readerFunc(func([]byte) (int, error) { return 0, broken }))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/", body))
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	if !errors.Is(met, broken) {
		t.Errorf("the handler met %v", met)
	}
	if got, err := recording.Read(dir); err != nil || len(got["recording.test"]) > 0 {
		t.Errorf("recorded %v, %v", got, err)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestHandler_RecordsParametersInAddress has a call without a body.
func TestHandler_RecordsParametersInAddress(t *testing.T) {
	dir := t.TempDir()
	recorder, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	handler := recorder.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	handler.ServeHTTP(httptest.NewRecorder(), httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/?Action=DescribeVpcs&Version=2016-11-15", nil))
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := recording.Read(dir)
	if err != nil || len(got["recording.test"]) != 1 {
		t.Fatalf("recorded %v, %v", got, err)
	}
	if e := got["recording.test"][0]; e.Operation != "DescribeVpcs" || e.Request != "Action=DescribeVpcs&Version=2016-11-15" {
		t.Errorf("recorded %+v", e)
	}
}

// TestHandler_RecordsWhatRoutesName has a call whose operation the handler finds by its route.
func TestHandler_RecordsWhatRoutesName(t *testing.T) {
	dir := t.TempDir()
	recorder, err := recording.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	handler := recorder.Handler(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { r.Pattern = "route53:GetChange" }))
	request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/2013-04-01/change/C1?a=b", nil)
	request.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20260102/us-east-1/route53/aws4_request, SignedHeaders=host, Signature=0")
	handler.ServeHTTP(httptest.NewRecorder(), request)
	if err := recorder.Close(); err != nil {
		t.Fatal(err)
	}
	got, err := recording.Read(dir)
	want := []recording.Exchange{{Service: "route53", Region: "us-east-1", Operation: "GetChange", Method: "GET", Target: "/2013-04-01/change/C1?a=b", Status: 200}}
	if diff := testenv.Diff(map[string][]recording.Exchange{"recording.test": want}, got); diff != "" || err != nil {
		t.Error(err, diff)
	}
}
