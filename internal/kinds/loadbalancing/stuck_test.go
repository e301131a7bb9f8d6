package loadbalancing

import (
	"encoding/base64"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
)

func TestBootFinished(t *testing.T) {
	at := time.Date(2026, 11, 28, 10, 0, 42, 0, time.UTC)
	const message = "Cloud-init v. 22.2.2 finished at Sat, 28 Nov 2026 10:00:42 +0000. Datasource DataSourceEc2.  Up 35.12 seconds"
	for name, test := range map[string]struct {
		console  string
		finished bool
	}{
		"empty":                   {"", false},
		"still at it":             {"cloud-init[1612]: Cloud-init v. 22.2.2 running 'modules:final' at Sat, 28 Nov 2026 10:00:40 +0000.", false},
		"finished":                {"[   35.120000] cloud-init[1612]: " + message + "\n\nAmazon Linux 2023\nlogin:", true},
		"the last of two boots":   {"Cloud-init v. 22.2.2 finished at Sat, 28 Nov 2026 08:00:00 +0000. Datasource\n" + message, true},
		"something else finished": {"backup finished at Sat, 28 Nov 2026 10:00:42 +0000. ok", false},
		"cut off":                 {message[:len("Cloud-init v. 22.2.2 finished at Sat, 28")], false},
	} {
		finished, ok := bootFinished(test.console)
		if ok != test.finished || ok && !finished.Equal(at) {
			t.Errorf("%s: %v, %v", name, finished, ok)
		}
	}
}

// Only a cause that is known to lie in the instance is its own: silence can be the network's.
func TestStuck_SaysWhoseCauseItIs(t *testing.T) {
	launched := time.Date(2026, 11, 28, 10, 0, 0, 0, time.UTC)
	const (
		finished = "Linux version 6.1\nCloud-init v. 22.2.2 finished at Sat, 28 Nov 2026 10:00:42 +0000. Datasource DataSourceEc2.  Up 35.12 seconds\n"
		failed   = "Linux version 6.1\n[  30.1] cloud-init[1612]: util.py[WARNING]: Running module package_update_upgrade_install failed: no mirror\n"
		noNginx  = "Linux version 6.1\nnginx: [emerg] unknown directive\n"
		ok       = "<status>ok</status>"
		old      = "2026-11-28 08:00:30,123 - util.py[WARNING]: Running module scripts_user failed\n"
		now      = "2026-11-28 10:00:30,123 - util.py[WARNING]: Running module scripts_user failed\n"
		ended    = "Cloud-init v. 22.2.2 finished at Sat, 28 Nov 2026 08:00:42 +0000. Datasource DataSourceEc2.  Up 35.12 seconds\n"
	)
	for name, test := range map[string]struct {
		reason, console  string
		instance, system string
		refused          bool
		stuck, own       bool
		says             string
	}{
		"silent":                            {"Target.Timeout", finished, ok, ok, false, true, false, "AWS's own checks of it pass, its console tells of no failure"},
		"silent, and nobody may ask":        {"Target.Timeout", finished, ok, ok, true, true, false, "AWS doesn't tell of its own checks"},
		"silent, its checks fail":           {"Target.Timeout", finished, "<status>impaired</status>", ok, false, true, true, "instance status impaired"},
		"silent, its host fails":            {"Target.Timeout", finished, ok, "<status>impaired</status>", false, true, true, "system status impaired"},
		"silent, a module failed":           {"Target.Timeout", failed + finished[len("Linux version 6.1\n"):], ok, ok, false, true, true, "package_update_upgrade_install failed"},
		"silent, nginx failed":              {"Target.Timeout", noNginx + finished[len("Linux version 6.1\n"):], ok, ok, false, true, true, "nginx: [emerg]"},
		"silent, a boot before this failed": {"Target.Timeout", failed + finished, ok, ok, false, true, false, "tells of no failure"},
		"silent, quiet kernel, an old one":  {"Target.Timeout", "nginx: [emerg] old\n" + ended + finished[len("Linux version 6.1\n"):], ok, ok, false, true, false, "tells of no failure"},
		"silent, quiet kernel, a new one":   {"Target.Timeout", ended + "nginx: [emerg] new\n" + finished[len("Linux version 6.1\n"):], ok, ok, false, true, true, "nginx: [emerg] new"},
		"silent, a line before the launch":  {"Target.Timeout", old + finished[len("Linux version 6.1\n"):], ok, ok, false, true, false, "tells of no failure"},
		"silent, a line after the launch":   {"Target.Timeout", now + finished[len("Linux version 6.1\n"):], ok, ok, false, true, true, "scripts_user failed"},
		"refused":                           {"Target.FailedHealthChecks", finished, ok, ok, false, true, true, "Target.FailedHealthChecks"},
		"answers wrongly":                   {"Target.ResponseCodeMismatch", finished, ok, ok, false, true, true, "Target.ResponseCodeMismatch"},
		"still boots":                       {"Target.FailedHealthChecks", "Linux version 6.1\n", ok, ok, false, false, false, ""},
	} {
		t.Run(name, func(t *testing.T) {
			c := answering(t, map[string]string{
				"GetConsoleOutput": "<output>" + base64.StdEncoding.EncodeToString([]byte(test.console)) + "</output>",
				"DescribeInstanceStatus": "<instanceStatusSet><item><instanceStatus>" + test.instance + "</instanceStatus><systemStatus>" + test.system +
					"</systemStatus></item></instanceStatusSet>",
			}, map[string]bool{"DescribeInstanceStatus": test.refused})
			got, err := stuck(t.Context(), c, LiveRegistration{
				RegistrationID: RegistrationID{Instance: "i-1"}, State: "unhealthy", Reason: test.reason, Launched: launched, Notice: time.Second,
			})
			if err != nil {
				t.Fatal(err)
			}
			if (got.Reason != "") != test.stuck || got.Own != test.own || !strings.Contains(got.Reason, test.says) {
				t.Errorf("got %+v", got)
			}
		})
	}
}

// answering is clients of an EC2 that gives each action one answer, or refuses it.
func answering(t *testing.T, answers map[string]string, refused map[string]bool) *awsapi.Clients {
	t.Helper()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		action := r.FormValue("Action")
		if refused[action] {
			w.WriteHeader(http.StatusForbidden)
			_, _ = w.Write([]byte("<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>no</Message></Error></Errors></Response>"))
			return
		}
		_, _ = w.Write([]byte("<" + action + "Response>" + answers[action] + "</" + action + "Response>"))
	}))
	t.Cleanup(server.Close)
	c, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
