// Package api is the wire side of AWS Security Token Service: who the caller is,
// and what the caller wasn't allowed to do. Roles can't be assumed here: every caller is one user.
package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Wire is the service as the wire knows it.
func Wire() wire.Service {
	return wire.Service{
		Name: "sts", Protocols: []wire.Protocol{query.Protocol{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}},
		// Source: their API references.
		Unsigned: []string{"AssumeRoleWithWebIdentity", "AssumeRoleWithSAML"},
	}
}

// Operations are those of the service that are simulated.
func Operations(e service.Env) []wire.Operation {
	h := &handlers{e}
	return []wire.Operation{
		wire.Op(Wire(), "GetCallerIdentity", getCallerIdentity),
		wire.Op(Wire(), "DecodeAuthorizationMessage", h.decodeAuthorizationMessage),
	}
}

type handlers struct{ service.Env }

type getCallerIdentityInput struct{}

type getCallerIdentityOutput struct {
	Arn     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

func getCallerIdentity(*wire.Call, *getCallerIdentityInput) (*getCallerIdentityOutput, error) {
	return &getCallerIdentityOutput{service.UserARN(), service.UserID, world.AccountID}, nil
}

type decodeAuthorizationMessageInput struct {
	EncodedMessage string `query:"EncodedMessage,required" min:"1" max:"10240"`
}

type decodeAuthorizationMessageOutput struct {
	DecodedMessage string `xml:"DecodedMessage"`
}

func (h *handlers) decodeAuthorizationMessage(_ *wire.Call, in *decodeAuthorizationMessageInput) (*decodeAuthorizationMessageOutput, error) {
	document, ok := h.DecodeMessage(in.EncodedMessage)
	if !ok {
		return nil, refuse.New("InvalidAuthorizationMessageException", "Message is not valid")
	}
	return &decodeAuthorizationMessageOutput{document}, nil
}
