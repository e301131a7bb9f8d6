package model

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// statement is one statement of a policy document. Source: IAM User Guide, "Grammar
// of the IAM JSON policy language".
type statement struct {
	Sid          string
	Effect       string
	Principal    json.RawMessage
	NotPrincipal json.RawMessage
	Action       texts
	NotAction    texts
	Resource     texts
	NotResource  texts
	Condition    map[string]map[string]texts
}

// texts is a string, boolean or number, or a list of them.
type texts []string

// UnmarshalJSON implements json.Unmarshaler.
func (t *texts) UnmarshalJSON(data []byte) error {
	var value any
	if err := json.Unmarshal(data, &value); err != nil {
		return err
	}
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	for _, element := range list {
		switch element.(type) {
		case string, bool, float64:
			*t = append(*t, fmt.Sprint(element))
		default:
			return fmt.Errorf("a string or a list of strings is expected, not %T", element)
		}
	}
	return nil
}

func malformed(format string, args ...any) error {
	return refuse.New("MalformedPolicyDocument", format, args...)
}

// statements reads a policy document. The codes of refusals are IAM's, the words of
// some are ours.
func statements(document string) ([]statement, error) {
	if !json.Valid([]byte(document)) {
		return nil, malformed("This policy contains invalid Json")
	}
	var policy struct {
		Version   string
		ID        string `json:"Id"`
		Statement json.RawMessage
	}
	if err := strictly([]byte(document), &policy); err != nil {
		return nil, malformed("Syntax errors in policy.")
	}
	if policy.Version != "" && policy.Version != "2012-10-17" && policy.Version != "2008-10-17" {
		return nil, malformed("The policy must contain a valid version string")
	}
	raw := bytes.TrimSpace(policy.Statement)
	if len(raw) == 0 {
		return nil, malformed("Syntax errors in policy.")
	}
	if raw[0] == '{' {
		raw = append(append([]byte{'['}, raw...), ']')
	}
	var list []statement
	if err := strictly(raw, &list); err != nil || len(list) == 0 {
		return nil, malformed("Syntax errors in policy.")
	}
	sids := map[string]bool{}
	for _, s := range list {
		if s.Effect != "Allow" && s.Effect != "Deny" {
			return nil, malformed("Syntax errors in policy.")
		}
		if s.Sid != "" && sids[s.Sid] {
			return nil, malformed("Statement IDs (SID) in a single policy must be unique.")
		}
		sids[s.Sid] = true
	}
	return list, nil
}

// checkTrustPolicy refuses documents that can't say who may assume a role.
func checkTrustPolicy(document string) error {
	list, err := statements(document)
	if err != nil {
		return err
	}
	for _, s := range list {
		switch {
		case s.Resource != nil || s.NotResource != nil:
			return malformed("Has prohibited field Resource")
		case len(s.Principal) == 0:
			return malformed("Missing required field Principal")
		case len(s.Action) == 0:
			return malformed("Missing required field Action")
		}
		for _, action := range s.Action {
			if !strings.HasPrefix(action, "sts:") {
				return malformed("AssumeRole policy may only specify STS AssumeRole actions.")
			}
		}
		if err := checkPrincipal(s.Principal); err != nil {
			return err
		}
	}
	return nil
}

func checkPrincipal(raw json.RawMessage) error {
	var anyone string
	if json.Unmarshal(raw, &anyone) == nil {
		if anyone != "*" {
			return malformed("Invalid principal in policy")
		}
		return nil
	}
	var principals map[string]texts
	if err := json.Unmarshal(raw, &principals); err != nil || len(principals) == 0 {
		return malformed("Invalid principal in policy")
	}
	for kind, names := range principals {
		switch kind {
		case "Service", "AWS", "Federated", "CanonicalUser":
		default:
			return malformed("Invalid principal in policy: %q", kind)
		}
		for _, name := range names {
			if kind == "Service" && !strings.HasSuffix(name, ".amazonaws.com") && !strings.HasSuffix(name, ".amazonaws.com.cn") && !strings.HasSuffix(name, ".amazon.com") {
				return malformed("Invalid principal in policy: %q:%q", "SERVICE", name)
			}
		}
	}
	return nil
}

// checkPermissions refuses documents that can't be a role's inline policy.
func checkPermissions(document string) error {
	list, err := statements(document)
	if err != nil {
		return err
	}
	for _, s := range list {
		actions := append(append(texts{}, s.Action...), s.NotAction...)
		switch {
		case len(s.Principal) > 0 || len(s.NotPrincipal) > 0:
			return malformed("Policy document should not specify a principal.")
		case len(actions) == 0:
			return malformed("Policy statement must contain actions.")
		case len(s.Resource) == 0 && len(s.NotResource) == 0:
			return malformed("Policy statement must contain resources.")
		}
		for _, action := range actions {
			if action != "*" && !strings.Contains(action, ":") {
				return malformed("Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.")
			}
		}
		for _, resource := range append(append(texts{}, s.Resource...), s.NotResource...) {
			if resource != "*" && !strings.HasPrefix(resource, "arn:") {
				return malformed("Resource %s must be in ARN format or \"*\".", resource)
			}
		}
	}
	return nil
}

func strictly(data []byte, into any) error {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return err
	}
	if _, err := decoder.Token(); err != io.EOF {
		return fmt.Errorf("text after the document")
	}
	return nil
}
