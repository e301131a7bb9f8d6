package blueprint_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/testenv"
)

func userData(t *testing.T, cfg config.Config) string {
	t.Helper()
	data, err := blueprint.UserData(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// asOnInstance is the user data after cloud-init has filled in the instance's
// data and dropped the template's header.
func asOnInstance(data string) string {
	data = strings.TrimPrefix(data, "## template: jinja\n")
	return strings.NewReplacer("{{ v1.instance_id }}", "i-0123456789abcdef0", "{{ v1.availability_zone }}", "us-east-1a").Replace(data)
}

func TestUserData(t *testing.T) {
	testenv.Golden(t, "cloud-config.yaml", userData(t, config.Default()))
}

func TestUserData_HoldsPage(t *testing.T) {
	var doc struct {
		Packages   []string
		WriteFiles []struct {
			Path, Content, Encoding string
			Defer                   bool
		} `yaml:"write_files"`
		Runcmd [][]string
	}
	cfg := config.Default()
	cfg.Web.PageContent = "{{ not.a.template }} {% raw %}\n"
	if err := yaml.Unmarshal([]byte(asOnInstance(userData(t, cfg))), &doc); err != nil {
		t.Fatal(err)
	}
	for _, file := range doc.WriteFiles {
		if file.Defer {
			t.Errorf("%s is deferred, which not every image's cloud.cfg carries out", file.Path)
		}
		if strings.HasPrefix(file.Path, "/etc/nginx/") || strings.HasPrefix(file.Path, "/usr/") {
			t.Errorf("%s is written before the package, whose own file could come after it", file.Path)
		}
	}
	conf := doc.WriteFiles[0].Content
	for _, line := range []string{"keepalive_timeout 75s;", "large_client_header_buffers 8 32k;", `location = "/healthz"`, `"i-0123456789abcdef0" always;`} {
		if !strings.Contains(conf, line) {
			t.Errorf("nginx.conf lacks %s:\n%s", line, conf)
		}
	}
	if page := doc.WriteFiles[1]; page.Encoding != "b64" || strings.Contains(page.Content, "{") {
		t.Errorf("the user's page is open to cloud-init's template: %+v", page)
	}
	want := [][]string{{"cp", doc.WriteFiles[0].Path, "/etc/nginx/nginx.conf"}, {"systemctl", "enable", "--now", "nginx"}}
	if diff := testenv.Diff(want, doc.Runcmd); diff != "" {
		t.Errorf("runcmd (-want +got):\n%s", diff)
	}
}

// Nginx answers / by what it finds for /index.html: a location for that would take the page's place.
func TestUserData_HealthCheckOnPage(t *testing.T) {
	for path, own := range map[string]bool{"/": false, "/index.html": false, "/index.html?full": false, "/healthz": true, "/index.htm": true} {
		cfg := config.Default()
		cfg.LoadBalancer.HealthCheck.Path = path
		if got := strings.Contains(userData(t, cfg), `location = "/`); got != own {
			t.Errorf("%s has a location of its own: %t, want %t", path, got, own)
		}
	}
}

func TestUserData_LargestPageFits(t *testing.T) {
	cfg := config.Default()
	cfg.Web.PageContent = strings.Repeat("x", config.MaxPageBytes)
	if n := len(userData(t, cfg)); n > 16384 {
		t.Errorf("user data of %d bytes", n)
	}
	if n := len(userData(t, siteConfig())); n > 12<<10 {
		t.Errorf("user data of a site of %d bytes: there is little left", n)
	}
}

// Debian's cloud-init judges the same document that an instance reads.
func TestUserData_AcceptedByCloudInit(t *testing.T) {
	t.Parallel()
	program := testenv.Judge(t, "cloud-init")
	custom := config.Default()
	custom.Web.PageContent = "<h1>mine</h1>\n"
	for name, cfg := range map[string]config.Config{"built-in page": config.Default(), "own page": custom, "site": siteConfig()} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "user-data")
			if err := os.WriteFile(file, []byte(asOnInstance(userData(t, cfg))), 0o600); err != nil {
				t.Fatal(err)
			}
			out, err := exec.CommandContext(t.Context(), program, "schema", "--config-file", file).CombinedOutput()
			if err != nil || !strings.Contains(string(out), "Valid") {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// Real nginx judges the configuration that is written.
func TestUserData_AcceptedByNginx(t *testing.T) {
	program := testenv.Program(t, "nginx")
	var doc struct {
		WriteFiles []struct{ Content string } `yaml:"write_files"`
	}
	if err := yaml.Unmarshal([]byte(asOnInstance(userData(t, config.Default()))), &doc); err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	// What differs between the instance and this machine: users and paths.
	conf := strings.NewReplacer(
		"user nginx;", "", "/var/log/nginx/", dir+"/", "/run/", dir+"/", "/etc/nginx/", dir+"/", "listen 80", "listen unix:"+dir+"/80",
	).Replace(doc.WriteFiles[0].Content)
	for name, content := range map[string]string{"nginx.conf": conf, "mime.types": "types { text/html html; }\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	out, err := exec.CommandContext(t.Context(), program, "-t", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", filepath.Join(dir, "error.log")).CombinedOutput()
	if err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}
