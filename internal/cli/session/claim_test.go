package session

import (
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/state"
)

// TestClaim_AsksNoAccountThatStateKnows claims a platform of which the state knows the account,
// one of which it doesn't, and one whose state had to be taken from its copy.
func TestClaim_AsksNoAccountThatStateKnows(t *testing.T) {
	const known = `{"version": 1, "platform": "shop", "target": "aws", "account": "123456789012", "region": "us-east-1", "incarnation": "i", "records": []}`
	identity := state.Identity{Platform: "shop", Target: "aws", Region: "us-east-1"}
	for name, test := range map[string]struct {
		file, spare string
		calls       int
	}{
		"account known": {known, "", 0},
		"first run":     {"", "", 1},
		"damaged":       {known[:40], known, 1},
	} {
		sts := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			_, _ = io.WriteString(w, `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>`+
				`<Account>123456789012</Account><Arn>arn:aws:iam::123456789012:user/u</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>`)
		}))
		t.Cleanup(sts.Close)
		dir := t.TempDir()
		path := filepath.Join(dir, "shop.json")
		for file, text := range map[string]string{path: test.file, state.SparePath(path): test.spare} {
			if text == "" {
				continue
			}
			if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		store, err := state.Open(path, identity)
		if err != nil {
			t.Fatal(name, err)
		}
		clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: sts.URL})
		if err != nil {
			t.Fatal(err)
		}
		s := &Session{
			Global:  &Global{Environment: Environment{Env: []string{endpoint.HomeVariable + "=" + dir}}, Command: &cobra.Command{Use: "up"}},
			Clients: clients, Store: store,
		}
		if err := s.claim(t.Context()); err != nil {
			t.Error(name, err)
		}
		if n := clients.Ledger.Calls(); n != test.calls || len(s.locks) != 1 {
			t.Errorf("%s: %d calls, want %d; %d locks", name, n, test.calls, len(s.locks))
		}
		if err := s.close(); err != nil {
			t.Error(name, err)
		}
	}
}
