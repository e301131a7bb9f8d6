package compute

import (
	"encoding/json"
	"fmt"
	"net/url"
	"reflect"
	"strings"
)

// trustPolicy is the assume role policy document that lets one AWS service act
// in a role's name.
func trustPolicy(service string) string {
	return fmt.Sprintf(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":%q},"Action":"sts:AssumeRole"}]}`, service)
}

// sameTrustPolicy compares two policy documents by what they mean. The live one
// may be URL-encoded, as IAM returns it (RFC 3986: a space is %20, a plus is
// itself). One that can't be read is not the same.
func sameTrustPolicy(want, live string) bool {
	if !strings.HasPrefix(strings.TrimSpace(live), "{") {
		decoded, err := url.PathUnescape(live)
		if err != nil {
			return false
		}
		live = decoded
	}
	var a, b any
	if json.Unmarshal([]byte(want), &a) != nil || json.Unmarshal([]byte(live), &b) != nil {
		return false
	}
	return reflect.DeepEqual(unwrap(a), unwrap(b))
}

// unwrap turns every list of one element into that element, because in a policy
// the two mean the same.
func unwrap(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) == 1 {
			return unwrap(v[0])
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = unwrap(v[i])
		}
		return out
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			out[key] = unwrap(value)
		}
		return out
	}
	return v
}
