package local

import (
	"bytes"
	"encoding/json"
	"fmt"
	"path/filepath"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
)

// longestPolicy is how long a managed policy may be, in characters without white space.
// Source: IAM User Guide, "IAM and AWS STS quotas".
const longestPolicy = 6144

// readPolicies reads files of IAM policies, each of which must be one that AWS takes.
func readPolicies(g *session.Global, names []string) (all []policy.Policy, err error) {
	for _, name := range names {
		text, err := readFile(g, name)
		if err != nil {
			return nil, fmt.Errorf("--policy: read a policy: %w", err)
		}
		document, err := policy.Identity(string(text))
		if err != nil {
			return nil, fmt.Errorf("--policy %s: %w", name, err)
		}
		var compact bytes.Buffer
		if err := json.Compact(&compact, text); err != nil {
			return nil, fmt.Errorf("--policy %s: %w", name, err)
		}
		if size := compact.Len(); size > longestPolicy {
			return nil, fmt.Errorf("--policy %s: it has %d characters without white space, and a managed policy of AWS %d at most: split it, and name each file", name, size, longestPolicy)
		}
		all = append(all, policy.Policy{Name: filepath.Base(name), Document: document})
	}
	return all, nil
}
