package local

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/cli/session"
)

// A policy that AWS doesn't take for its size isn't taken here either. White space doesn't count.
func TestReadPolicies_RefusesWhatIsTooLongForAWS(t *testing.T) {
	dir := t.TempDir()
	g := session.Start(session.Environment{Dir: dir})
	for sid, fits := range map[int]bool{6144: true, 6145: false} {
		const rest = `{"Version":"2012-10-17","Statement":[{"Sid":"%s","Effect":"Allow","Action":"ec2:*","Resource":"*"}]}`
		text := fmt.Sprintf(rest, strings.Repeat("a", sid-len(rest)+len("%s")))
		if len(text) != sid {
			t.Fatal(len(text))
		}
		if err := os.WriteFile(filepath.Join(dir, "long.json"), []byte(strings.ReplaceAll(text, ",", " ,\n ")), 0o600); err != nil {
			t.Fatal(err)
		}
		policies, err := readPolicies(g, []string{"long.json"})
		if fits && (err != nil || len(policies) != 1 || policies[0].Name != "long.json") {
			t.Errorf("%d characters: %v", sid, err)
		}
		if !fits && (err == nil || !strings.Contains(err.Error(), "it has 6145 characters without white space")) {
			t.Errorf("%d characters: %v", sid, err)
		}
	}
}
