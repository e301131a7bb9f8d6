package awsapi

import (
	"context"
	"encoding/json"
	"regexp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sts"
	"github.com/aws/smithy-go/middleware"
)

// Denied is a refusal for lack of a permission, as far as it could be read.
// The refusal itself is in Err.
type Denied struct {
	Principal string // ARN of the caller; "" where AWS doesn't say
	Action    string // such as "ec2:CreateVpc"
	Resource  string // ARN or "*"; "" where AWS doesn't say
	// Explicit says that a policy denies it, rather than that none allows it.
	Explicit bool
	Err      error
}

// Error says who lacks what.
func (e *Denied) Error() string {
	who, why := e.Principal, "no policy allows it"
	if who == "" {
		who = "the caller"
	}
	if e.Explicit {
		why = "a policy denies it"
	}
	on := ""
	if e.Resource != "" && e.Resource != "*" {
		on = " on " + e.Resource
	}
	return who + " lacks the permission " + e.Action + on + ": " + why
}

// Unwrap is AWS's refusal.
func (e *Denied) Unwrap() error { return e.Err }

// decodePatience is how long the decoding of a refusal may take.
const decodePatience = 5 * time.Second

// explainDenials reads what a refused call says of the missing permission. EC2
// encodes it, and lets only those read it who may: for others it stays as it
// is.
func explainDenials(decoder *sts.Client) func(*middleware.Stack) error {
	return func(stack *middleware.Stack) error {
		return stack.Initialize.Add(middleware.InitializeMiddlewareFunc("denials",
			func(ctx context.Context, in middleware.InitializeInput, next middleware.InitializeHandler) (
				middleware.InitializeOutput, middleware.Metadata, error,
			) {
				out, metadata, err := next.HandleInitialize(ctx, in)
				if causeOfCode(err) == Permission {
					err = explainDenial(ctx, decoder, err)
				}
				return out, metadata, err
			}), middleware.After)
	}
}

// These find the parts of a refusal's text, such as "User: ARN is not
// authorized to perform: ec2:CreateVpc on resource: * because no …".
const (
	deniedForm  = `User: (\S+) is not authorized to perform: ([\w-]+:\w+)(?: on resource: (\S+))?`
	encodedForm = `Encoded authorization failure message: ([\w+/=-]+)`
)

// EncodedDenial is the part of a refusal that only those can read who may; "" where it has none.
func EncodedDenial(err error) string {
	if parts := regexp.MustCompile(encodedForm).FindStringSubmatch(Message(err)); parts != nil {
		return parts[1]
	}
	return ""
}

func explainDenial(ctx context.Context, decoder *sts.Client, refusal error) error {
	message := Message(refusal)
	if encoded := EncodedDenial(refusal); encoded != "" && decoder != nil {
		ctx, cancel := context.WithTimeout(WithPatience(ctx, 0), decodePatience)
		defer cancel()
		out, err := decoder.DecodeAuthorizationMessage(ctx, &sts.DecodeAuthorizationMessageInput{EncodedMessage: &encoded})
		if err == nil && out.DecodedMessage != nil {
			if denied := readDenial(*out.DecodedMessage, refusal); denied != nil {
				return denied
			}
		}
	}
	parts := regexp.MustCompile(deniedForm).FindStringSubmatch(message)
	if parts == nil {
		return refusal
	}
	return &Denied{
		Principal: parts[1], Action: parts[2], Resource: strings.TrimRight(parts[3], ".,"),
		Explicit: strings.Contains(message, "explicit deny"), Err: refusal,
	}
}

// readDenial reads a decoded message; nil where it isn't of the known form.
// https://docs.aws.amazon.com/STS/latest/APIReference/API_DecodeAuthorizationMessage.html
func readDenial(decoded string, refusal error) *Denied {
	var message struct {
		ExplicitDeny bool `json:"explicitDeny"`
		Context      struct {
			Principal struct {
				ARN string `json:"arn"`
			} `json:"principal"`
			Action   string `json:"action"`
			Resource string `json:"resource"`
		} `json:"context"`
	}
	known := json.Unmarshal([]byte(decoded), &message) == nil
	c := message.Context
	if !known || c.Action == "" {
		return nil
	}
	return &Denied{Principal: c.Principal.ARN, Action: c.Action, Resource: c.Resource, Explicit: message.ExplicitDeny, Err: refusal}
}
