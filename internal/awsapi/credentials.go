package awsapi

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/smithy-go"
)

// CredentialsError says that no credentials could be had: there are none, a
// session has ended, or what gives them failed.
type CredentialsError struct {
	Err error
	// Sources says where was looked, where none were found anywhere; "" otherwise.
	Sources string
	// Missing is the variable that is not set though its other half is, such as
	// AWS_SECRET_ACCESS_KEY; "" for none.
	Missing string
}

// Error is where was looked, or the SDK's reason.
func (e *CredentialsError) Error() string {
	if e.Sources != "" {
		return "no AWS credentials found: " + e.Sources
	}
	return "no AWS credentials: " + e.Err.Error()
}

// Unwrap is the cause.
func (e *CredentialsError) Unwrap() error { return e.Err }

// explainedCredentials tells errors of getting credentials from those of calls.
type explainedCredentials struct {
	aws.CredentialsProvider
	getenv func(string) string
}

// Retrieve implements aws.CredentialsProvider.
func (c explainedCredentials) Retrieve(ctx context.Context) (aws.Credentials, error) {
	credentials, err := c.CredentialsProvider.Retrieve(ctx)
	if err != nil && ctx.Err() == nil {
		err = explainCredentials(err, c.getenv)
	}
	return credentials, err
}

// metadataService is the SDK's name of what gives an EC2 instance's role its credentials.
const metadataService = "ec2imds"

// explainCredentials says where was looked, where no source has any: the SDK asks for an instance's role last, and its
// error is about that alone.
func explainCredentials(err error, getenv func(string) string) *CredentialsError {
	explained := &CredentialsError{Err: err}
	var last *smithy.OperationError
	if !errors.As(err, &last) || last.Service() != metadataService {
		return explained
	}
	variables := "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY aren't set"
	const id, secret = "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"
	switch hasID, hasSecret := getenv(id) != "", getenv(secret) != ""; {
	case hasID && !hasSecret:
		variables, explained.Missing = id+" is set, but "+secret+" isn't", secret
	case hasSecret && !hasID:
		variables, explained.Missing = secret+" is set, but "+id+" isn't", id
	}
	profile, configuration, credentials := profileFiles(getenv)
	explained.Sources = fmt.Sprintf("%s, the profile %s has none in %s or %s, and no EC2 instance role gives any", variables, profile, credentials, configuration)
	return explained
}

// profileFiles are the AWS profile in use and the files in which every tool of AWS looks for it.
func profileFiles(getenv func(string) string) (name, configuration, credentials string) {
	name = cmp.Or(getenv("AWS_PROFILE"), getenv("AWS_DEFAULT_PROFILE"), config.DefaultSharedConfigProfile)
	home := filepath.Join(cmp.Or(getenv("HOME"), getenv("USERPROFILE")), ".aws")
	configuration = cmp.Or(getenv("AWS_CONFIG_FILE"), filepath.Join(home, "config"))
	return name, configuration, cmp.Or(getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(home, "credentials"))
}
