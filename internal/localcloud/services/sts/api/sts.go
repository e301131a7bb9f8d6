// Package api is the wire side of AWS Security Token Service: who the caller is,
// and what the caller wasn't allowed to do. Roles can't be assumed here, because the
// local cloud doesn't judge permissions.
package api

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// UserARN is the ARN of the one user that everybody is.
func UserARN() string { return "arn:aws:iam::" + world.AccountID + ":user/local" }

// userID is the unique ID of the one user that everybody is.
const userID = "AIDALOCALPLATFORMCTL1"

// Decoder decodes the encoded messages of refusals for lack of permission. It returns
// false for what it didn't encode itself.
type Decoder func(encoded string) (document string, ok bool)

// wireService is the service as the wire knows it.
func wireService() wire.Service {
	return wire.Service{Name: "sts", Protocols: []wire.Protocol{query.Protocol{Namespace: "https://sts.amazonaws.com/doc/2011-06-15/"}}}
}

// Operations is the table of the service's operations.
func Operations(decode Decoder) []wire.Operation {
	return []wire.Operation{
		wire.Op(wireService(), "GetCallerIdentity", getCallerIdentity),
		wire.Op(wireService(), "DecodeAuthorizationMessage", decode.decodeAuthorizationMessage),
	}
}

type getCallerIdentityInput struct{}

type getCallerIdentityOutput struct {
	Arn     string `xml:"Arn"`
	UserID  string `xml:"UserId"`
	Account string `xml:"Account"`
}

func getCallerIdentity(*wire.Call, *getCallerIdentityInput) (*getCallerIdentityOutput, error) {
	return &getCallerIdentityOutput{UserARN(), userID, world.AccountID}, nil
}

type decodeAuthorizationMessageInput struct {
	EncodedMessage string `query:"EncodedMessage,required" min:"1" max:"10240"`
}

type decodeAuthorizationMessageOutput struct {
	DecodedMessage string `xml:"DecodedMessage"`
}

func (decode Decoder) decodeAuthorizationMessage(_ *wire.Call, in *decodeAuthorizationMessageInput) (*decodeAuthorizationMessageOutput, error) {
	document, ok := decode(in.EncodedMessage)
	if !ok {
		return nil, refuse.New("InvalidAuthorizationMessageException", "Message is not valid")
	}
	return &decodeAuthorizationMessageOutput{document}, nil
}
