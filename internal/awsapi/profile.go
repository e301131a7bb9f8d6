package awsapi

import (
	"cmp"
	"context"
	"path/filepath"

	"github.com/aws/aws-sdk-go-v2/config"
)

// ProfileRegion is the region of the AWS profile in use, and where that is written; "" where there is no such profile, or
// it has none. It reads the files that every tool of AWS reads, and the environment through getenv (os.Getenv, but in tests).
func ProfileRegion(ctx context.Context, getenv func(string) string) (region, source string) {
	name := cmp.Or(getenv("AWS_PROFILE"), getenv("AWS_DEFAULT_PROFILE"), config.DefaultSharedConfigProfile)
	home := filepath.Join(cmp.Or(getenv("HOME"), getenv("USERPROFILE")), ".aws")
	file := cmp.Or(getenv("AWS_CONFIG_FILE"), filepath.Join(home, "config"))
	credentials := cmp.Or(getenv("AWS_SHARED_CREDENTIALS_FILE"), filepath.Join(home, "credentials"))
	profile, err := config.LoadSharedConfigProfile(ctx, name, func(o *config.LoadSharedConfigOptions) {
		o.ConfigFiles, o.CredentialsFiles = []string{file}, []string{credentials}
	})
	if err != nil || profile.Region == "" {
		return "", "" // what is wrong with a profile is said where its credentials are needed
	}
	return profile.Region, "AWS profile " + name
}
