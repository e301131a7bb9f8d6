package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// TestList_LeavesOutRegionsThatRefuse lists all regions where an organization has closed all but two, and where it has closed all.
func TestList_LeavesOutRegionsThatRefuse(t *testing.T) {
	cloud := localcloudtest.Start(t)
	at, err := url.Parse(cloud.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	for name, test := range map[string]struct {
		open []string
		code int
	}{
		"two are open": {[]string{"eu-west-1", "us-east-1"}, exit.OK},
		"none is":      {nil, exit.Failed},
	} {
		t.Run(name, func(t *testing.T) {
			pass := httputil.NewSingleHostReverseProxy(at)
			pass.ErrorLog = log.New(io.Discard, "", 0) // a region that refuses takes back its other calls
			closed := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				// Credential=KEY/DATE/REGION/SERVICE/aws4_request
				scope := strings.Split(r.Header.Get("Authorization"), "/")
				ours := len(scope) < 4 || scope[3] != "ec2"
				for _, region := range test.open {
					ours = ours || scope[2] == region
				}
				body, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				if !ours && !bytes.Contains(body, []byte("Action=DescribeRegions")) {
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>closed</Message></Error></Errors></Response>`)
					return
				}
				r.Body = io.NopCloser(bytes.NewReader(body))
				pass.ServeHTTP(w, r)
			}))
			t.Cleanup(closed.Close)
			for name, value := range map[string]string{
				"AWS_ENDPOINT_URL": closed.URL, "AWS_ACCESS_KEY_ID": "any", "AWS_SECRET_ACCESS_KEY": "thing", "AWS_REGION": "us-east-1",
				"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
			} {
				t.Setenv(name, value)
			}
			code, out, errs := run(t, "", "list", "--target", "aws", "--all-regions", "-o", "json")
			var list report.List
			var failure report.Failure
			if err := json.Unmarshal([]byte(out), &list); err != nil || json.Unmarshal([]byte(out), &failure) != nil {
				t.Errorf("%v in %q", err, out)
			}
			warned := strings.Count(errs, terminal.SymbolWarning+" left out, since it can't be looked at: ")
			switch {
			case code != test.code:
				t.Errorf("exit code %d, want %d: %s%s", code, test.code, out, errs)
			case code == exit.OK && (warned == 0 || strings.Contains(errs, "us-east-1:") || !strings.Contains(errs, "us-west-2:")):
				t.Errorf("it says %q", errs)
			case code != exit.OK && (warned > 0 || !strings.Contains(failure.Error.Message, "UnauthorizedOperation")):
				t.Errorf("it says %q, %q", failure.Error.Message, errs)
			}
		})
	}
}
