package awsapi

import (
	"context"
	"strings"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/iam"
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

// AccountAlias is the name that people gave the caller's account, "" where it has none: an
// account has at most one.
// https://docs.aws.amazon.com/IAM/latest/APIReference/API_ListAccountAliases.html
func (c *Clients) AccountAlias(ctx context.Context) (string, error) {
	out, err := c.IAM.ListAccountAliases(ctx, &iam.ListAccountAliasesInput{})
	if err != nil || len(out.AccountAliases) == 0 {
		return "", err
	}
	return out.AccountAliases[0], nil
}
