package faults

import (
	"bytes"
	"compress/flate"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// denied is a service's refusal for lack of a permission.
// Source: IAM User Guide, "Troubleshoot access denied error messages".
func denied(s service.Service, c *wire.Call, lacking service.Permission, why policy.Verdict) *wire.Error {
	text := "User: " + service.UserARN() + " is not authorized to perform: " + lacking.String() + " on resource: " + lacking.Resource
	if why.Decision == policy.ExplicitDeny {
		text += " with an explicit deny in an identity-based policy"
	} else {
		text += " because no identity-based policy allows the " + lacking.String() + " action"
	}
	return s.Refusals.Denied(text, encodeMessage(failure(c, lacking, why)))
}

// failure is what an encoded message says.
// Source: AWS STS API Reference, "DecodeAuthorizationMessage".
func failure(c *wire.Call, lacking service.Permission, why policy.Verdict) map[string]any {
	var matched []any
	for _, m := range why.Matched {
		matched = append(matched, map[string]any{"statementId": m.Sid, "effect": strings.ToUpper(m.Effect), "actions": items(map[string]any{"value": lacking.String()})})
	}
	conditions := []any{condition("aws:Region", c.Region)}
	for _, key := range slices.Sorted(maps.Keys(lacking.Context)) {
		conditions = append(conditions, condition(key, lacking.Context[key]...))
	}
	return map[string]any{
		"allowed":           false,
		"explicitDeny":      why.Decision == policy.ExplicitDeny,
		"matchedStatements": items(matched...),
		"failures":          items(),
		"context": map[string]any{
			"principal":  map[string]any{"id": c.AccessKey, "arn": service.UserARN()},
			"action":     lacking.String(),
			"resource":   lacking.Resource,
			"conditions": items(conditions...),
		},
	}
}

// condition is a condition key with its values.
func condition(key string, values ...string) map[string]any {
	var all []any
	for _, v := range values {
		all = append(all, map[string]any{"value": v})
	}
	return map[string]any{"key": key, "values": items(all...)}
}

// items is a list as these documents have it.
func items(all ...any) map[string]any { return map[string]any{"items": append([]any{}, all...)} }

// mostDecoded is the length of the longest document that is decoded, in bytes.
const mostDecoded = 64 << 10

// sealSize is the length of the seal by which a message is known as our own, in bytes.
const sealSize = 16

func encodeMessage(document map[string]any) string {
	plain, err := json.Marshal(document)
	if err != nil {
		panic("faults: an authorization failure can't be encoded: " + err.Error()) // a programming error
	}
	// Nothing that is written to a buffer can fail.
	var packed bytes.Buffer
	w, _ := flate.NewWriter(&packed, flate.BestCompression)
	_, _ = w.Write(plain)
	_ = w.Close()
	return base64.RawURLEncoding.EncodeToString(append(seal(packed.Bytes()), packed.Bytes()...))
}

// DecodeMessage decodes the encoded message of a refusal for lack of a permission. It
// returns false for one that wasn't encoded here, or has been changed since.
func DecodeMessage(encoded string) (document string, ok bool) {
	data, err := base64.RawURLEncoding.DecodeString(encoded)
	if err != nil || len(data) < sealSize || !hmac.Equal(data[:sealSize], seal(data[sealSize:])) {
		return "", false
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(data[sealSize:])), mostDecoded+1))
	if err != nil || len(plain) > mostDecoded { // the seal is no secret, so somebody may have made it
		return "", false
	}
	return string(plain), true
}

// seal tells our own messages from others. It is no secret: there is nothing to protect.
func seal(packed []byte) []byte {
	h := hmac.New(sha256.New, []byte("platformctl local cloud"))
	h.Write(packed)
	return h.Sum(nil)[:sealSize]
}
