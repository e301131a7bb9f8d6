package awsapi

import (
	"os"
	"path/filepath"
	"testing"
)

func TestProfileRegion(t *testing.T) {
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file := write("config", "[default]\nregion = us-west-2\n[profile prod]\nregion = eu-central-1\n[profile bare]\noutput = json\n")
	write(".aws/config", "[default]\nregion = sa-east-1\n")
	none := filepath.Join(dir, "none")
	for name, test := range map[string]struct {
		env          map[string]string
		region, from string
	}{
		"default":         {map[string]string{"AWS_CONFIG_FILE": file}, "us-west-2", "AWS profile default"},
		"named":           {map[string]string{"AWS_CONFIG_FILE": file, "AWS_PROFILE": "prod"}, "eu-central-1", "AWS profile prod"},
		"named otherwise": {map[string]string{"AWS_CONFIG_FILE": file, "AWS_DEFAULT_PROFILE": "prod"}, "eu-central-1", "AWS profile prod"},
		"without region":  {map[string]string{"AWS_CONFIG_FILE": file, "AWS_PROFILE": "bare"}, "", ""},
		"missing":         {map[string]string{"AWS_CONFIG_FILE": file, "AWS_PROFILE": "test"}, "", ""},
		"no file":         {map[string]string{"AWS_CONFIG_FILE": none}, "", ""},
		"of the home":     {map[string]string{"HOME": dir}, "sa-east-1", "AWS profile default"},
		"of Windows":      {map[string]string{"USERPROFILE": dir}, "sa-east-1", "AWS profile default"},
	} {
		t.Run(name, func(t *testing.T) {
			getenv := func(variable string) string {
				if variable == "AWS_SHARED_CREDENTIALS_FILE" {
					return none
				}
				return test.env[variable]
			}
			if region, from := ProfileRegion(t.Context(), getenv); region != test.region || from != test.from {
				t.Errorf("%q of %q, want %q of %q", region, from, test.region, test.from)
			}
		})
	}
}
