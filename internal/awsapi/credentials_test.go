package awsapi

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestConnect_SaysWhereItLookedForCredentials has a machine on which nothing gives any.
func TestConnect_SaysWhereItLookedForCredentials(t *testing.T) {
	for name, test := range map[string]struct {
		id, secret, wants, missing string
	}{
		"nothing":     {"", "", "AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY aren't set", ""},
		"no secret":   {"AKIAEXAMPLE", "", "AWS_ACCESS_KEY_ID is set, but AWS_SECRET_ACCESS_KEY isn't", "AWS_SECRET_ACCESS_KEY"},
		"secret only": {"", "secret", "AWS_SECRET_ACCESS_KEY is set, but AWS_ACCESS_KEY_ID isn't", "AWS_ACCESS_KEY_ID"},
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			for _, variable := range os.Environ() {
				if key, _, _ := strings.Cut(variable, "="); strings.HasPrefix(key, "AWS_") {
					t.Setenv(key, "")
				}
			}
			files := map[string]string{"AWS_CONFIG_FILE": filepath.Join(home, "config"), "AWS_SHARED_CREDENTIALS_FILE": filepath.Join(home, "credentials")}
			for key, value := range files {
				t.Setenv(key, value)
			}
			t.Setenv("AWS_EC2_METADATA_DISABLED", "true") // it fails as where nobody answers
			t.Setenv("AWS_ACCESS_KEY_ID", test.id)
			t.Setenv("AWS_SECRET_ACCESS_KEY", test.secret)
			clients, err := Connect(t.Context(), Options{Region: "us-east-1", Getenv: os.Getenv})
			if err != nil {
				t.Fatal(err)
			}
			_, err = clients.Caller(t.Context())
			var none *CredentialsError
			if !errors.As(err, &none) || CauseOf(err) != Credentials {
				t.Fatalf("%v", err)
			}
			text := Text(err)
			for _, want := range []string{"no AWS credentials found", test.wants, "the profile default", files["AWS_CONFIG_FILE"], files["AWS_SHARED_CREDENTIALS_FILE"]} {
				if !strings.Contains(text, want) {
					t.Errorf("%q is not in %q", want, text)
				}
			}
			if strings.Contains(text, "ec2imds") || none.Missing != test.missing {
				t.Errorf("%q is missing of %q", none.Missing, text)
			}
		})
	}
}
