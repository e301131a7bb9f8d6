package awsapi

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Caller is whose credentials these are.
type Caller struct {
	Account string
	ARN     string
}

// Role is the name of the role that the caller has assumed, "" for others.
func (c Caller) Role() string {
	const form = ":assumed-role/" // arn:aws:sts::123456789012:assumed-role/ROLE/SESSION
	_, rest, ok := strings.Cut(c.ARN, form)
	if !ok {
		return ""
	}
	role, _, _ := strings.Cut(rest, "/")
	return role
}

// callerOnce remembers the caller for a run.
type callerOnce struct {
	mu    sync.Mutex
	known *Caller
}

// Caller asks AWS whose credentials these are, until it has an answer.
func (c *Clients) Caller(ctx context.Context) (Caller, error) {
	if c.caller == nil { // clients that Connect didn't make
		return askCaller(ctx, c)
	}
	c.caller.mu.Lock()
	defer c.caller.mu.Unlock()
	if c.caller.known != nil {
		return *c.caller.known, nil
	}
	caller, err := askCaller(ctx, c)
	if err == nil {
		c.caller.known = &caller
	}
	return caller, err
}

func askCaller(ctx context.Context, c *Clients) (Caller, error) {
	out, err := c.STS.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return Caller{}, err
	}
	return Caller{Account: aws.ToString(out.Account), ARN: aws.ToString(out.Arn)}, nil
}
