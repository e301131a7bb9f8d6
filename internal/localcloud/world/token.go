package world

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
)

// Token is a client token that was used: it makes a create call idempotent.
type Token struct {
	Object            // ID: operation/token
	Digest     string // of the call's other parameters
	ResourceID string // what the call made
}

func tokenKind() AnyKind {
	return Kind[Token, *Token]{Name: "client-token", Untaggable: true, KnownAtOnce: true,
		NotFound: func(ids ...string) error { return fmt.Errorf("no client token %v", ids) }}
}

// TokenState says what is known of a client token.
type TokenState int

// A token is new, was used with the same parameters, or with others.
const (
	TokenNew TokenState = iota + 1
	TokenSame
	TokenMismatch
)

// LookUpToken says whether the operation was called with the client token before, and
// what it made then. The parameters are the call's without the token; what may differ
// between the calls of one token (a dry run, say) isn't in them.
func LookUpToken(tx *Tx, operation, token string, parameters any) (resourceID string, state TokenState) {
	used, ok := Get[Token](tx, operation+"/"+token)
	switch {
	case token == "" || !ok:
		return "", TokenNew
	case used.Digest != digest(parameters):
		return used.ResourceID, TokenMismatch
	}
	return used.ResourceID, TokenSame
}

// KeepToken notes what the operation made with the client token. An empty token is
// none.
func KeepToken(tx *Tx, operation, token string, parameters any, resourceID string) {
	if token != "" {
		Add(tx, &Token{Object: tx.NamedObject(operation+"/"+token, nil), Digest: digest(parameters), ResourceID: resourceID})
	}
}

// Made returns what a client token made, as it is: the token gives access to it.
func Made[T any, P entity[T]](tx *Tx, id string) (P, error) {
	if o, ok := Get[T, P](tx, id); ok {
		return o, nil
	}
	return nil, Missing[T, P](tx, id)
}

func digest(parameters any) string {
	data, err := json.Marshal(parameters)
	if err != nil {
		panic(fmt.Sprintf("world: parameters %T of a client token can't be encoded: %v", parameters, err)) // a programming error
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
