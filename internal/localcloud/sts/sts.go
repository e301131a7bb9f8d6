// Package sts is the wire side of AWS Security Token Service: who the caller is.
// Roles can't be assumed here, because the local cloud doesn't judge permissions.
package sts

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// userID is the unique ID of the one user that everybody is.
const userID = "AIDALOCALPLATFORMCTL1"

// Operations is the table of the service's operations.
func Operations() []wire.Operation {
	return []wire.Operation{
		wire.Op("sts", "GetCallerIdentity", getCallerIdentity),
		wire.Op("sts", "DecodeAuthorizationMessage", decodeAuthorizationMessage),
	}
}

type getCallerIdentityInput struct{}

type getCallerIdentityOutput struct {
	Arn     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

func getCallerIdentity(*wire.Call, *getCallerIdentityInput) (*getCallerIdentityOutput, error) {
	return &getCallerIdentityOutput{"arn:aws:iam::" + world.AccountID + ":user/local", userID, world.AccountID}, nil
}

type decodeAuthorizationMessageInput struct {
	EncodedMessage string `query:"EncodedMessage,required" min:"1" max:"10240"`
}

// decodeAuthorizationMessage can't decode anything: nobody is refused for lack of
// permission here, so no message was ever encoded.
func decodeAuthorizationMessage(*wire.Call, *decodeAuthorizationMessageInput) (*wire.Empty, error) {
	return nil, refuse.New("InvalidAuthorizationMessageException", "Message is not valid")
}
