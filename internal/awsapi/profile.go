package awsapi

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/config"
)

// ProfileRegion is the region of the AWS profile in use, and where that is written; "" where there is no such profile, or
// it has none. It reads the files that every tool of AWS reads, and the environment through getenv (os.Getenv, but in tests).
func ProfileRegion(ctx context.Context, getenv func(string) string) (region, source string) {
	name, file, credentials := profileFiles(getenv)
	profile, err := config.LoadSharedConfigProfile(ctx, name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{file}, []string{credentials}
	})
	if err != nil || profile.Region == "" {
		return "", "" // what is wrong with a profile is said where its credentials are needed
	}
	return profile.Region, "AWS profile " + name
}
