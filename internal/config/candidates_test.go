package config

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// TestCandidates_AreConfigurationsAlone has files of other programs beside configurations, also those with a mistake.
func TestCandidates_AreConfigurationsAlone(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"prod.yaml":        "name: prod\ntarget: aws\nregion: eu-central-1\n",
		"staging.yml":      "\ufeffname: staging\n",
		"mistaken.yaml":    "name: test\nzoones: {zones: 3}\nweb: {instances: many}\n",
		"compose.yaml":     "name: shop\nservices: {web: {image: nginx}}\nvolumes: {}\n",
		"environment.yml":  "name: science\nchannels: [defaults]\ndependencies: [numpy]\n",
		"list.yaml":        "- name: shop\n",
		"empty.yaml":       "# nothing\n",
		"broken.yaml":      "name: [\n",
		".hidden.yaml":     "name: hidden\n",
		"notes.txt":        "name: notes\n",
		"text.yaml":        "just text\n",
		"values/prod.yaml": "name: deeper\n",
	} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if diff := testenv.Diff([]string{"mistaken.yaml", "prod.yaml", "staging.yml"}, Candidates(dir)); diff != "" {
		t.Error(diff)
	}
	if found := Candidates(filepath.Join(dir, "missing")); found != nil {
		t.Errorf("in no directory there are %q", found)
	}
}
