package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
)

// CredentialsError says that no credentials could be had: there are none, a
// session has ended, or what gives them failed.
type CredentialsError struct{ Err error }

// Error is the SDK's reason.
func (e *CredentialsError) Error() string { return "no AWS credentials: " + e.Err.Error() }

// Unwrap is the cause.
func (e *CredentialsError) Unwrap() error { return e.Err }

// explainedCredentials tells errors of getting credentials from those of calls.
type explainedCredentials struct{ aws.CredentialsProvider }

// Retrieve implements aws.CredentialsProvider.
func (c explainedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = &CredentialsError{err}
	}
	return credentials, err
}
