package model

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// texts is a string, or a list of them.
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
		text, isText := element.(string)
		if !isText {
			return fmt.Errorf("a string or a list of strings is expected, not %T", element)
		}
		*t = append(*t, text)
	}
	return nil
}

func malformed(format string, args ...any) error {
	return refuse.New("MalformedPolicyDocument", format, args...)
}

// refusal is what a document is refused with.
func refusal(err error) error {
	if unknown, ok := errors.AsType[*policy.NotSimulated](err); ok {
		return refuse.NotSimulated("%v", unknown)
	}
	return malformed("%v", err)
}

// checkTrustPolicy refuses documents that can't say who may assume a role.
func checkTrustPolicy(tx *world.Tx, document string) error {
	read, err := policy.Read(document)
	if err != nil {
		return refusal(err)
	}
	for _, s := range read.Statements {
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
		if err := checkPrincipal(tx, s.Principal); err != nil {
			return err
		}
	}
	return nil
}

// checkPermissions refuses documents that can't be a role's inline policy.
func checkPermissions(document string) error {
	if _, err := policy.Identity(document); err != nil {
		return refusal(err)
	}
	return nil
}
