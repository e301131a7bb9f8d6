package rules_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/site/rules"
)

func compile(t *testing.T, o rules.Options) map[string]string {
	t.Helper()
	files, err := rules.Compile(o)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, f := range files {
		got[f.Path] = string(f.Content)
	}
	return got
}

func has(files ...string) func(string) bool {
	return func(path string) bool {
		for _, f := range files {
			if f == path {
				return true
			}
		}
		return false
	}
}

func TestCompile_RefusesRedirectsByLine(t *testing.T) {
	t.Parallel()
	for line, want := range map[string]string{
		"/a":                                    "1: has a path, and not where it leads",
		"a /b":                                  "no path",
		"/a?x=1 /b":                             "has a query",
		"/a*b /c":                               "a * that isn't its last part",
		"/blog/:year /x":                        "has a placeholder: only *",
		"/a /x/:year":                           "has a placeholder in its target",
		"/.git/x /b":                            "begins with a dot",
		"/a//b /c":                              "two slashes in a row",
		"/a%zz /b":                              "not escaped",
		"/a%0d%0ax /b":                          "not escaped",
		"/a$uri /b":                             "can't hold",
		"/a /b$uri":                             "is no target",
		"/a /b 404":                             `has the status "404"`,
		"/a /b 301!":                            "has a status with !",
		"/a /b 301 Country=de":                  "conditions aren't understood",
		"/a //evil.example":                     "is no target",
		"/a javascript:alert(1)":                "is no target",
		"/a https://me:pw@x.example/":           "no password",
		"/a /b/:splat":                          "has no * to stand for that",
		"/a/* https://:splat/":                  "is no target",
		"/a /missing.html 200":                  "which the site doesn't have",
		"/a/* /b/:splat 200":                    "leads to one file",
		"/a https://x.example/ 200":             "another site's page",
		"/a /a":                                 "leads in a circle",
		"/* /index.html 301":                    "leads in a circle",
		"/healthz /b":                           "which the load balancer checks",
		"/a /b\n/b /c\n/c /a":                   "leads in a circle",
		"/a/* /z\n\n/a/b /y":                    "_redirects:3: is never reached: line 1 takes /a/*",
		"/a /b\n/a /c":                          "2: is never reached",
		"/a /b\x01":                             "a control character",
		"/" + strings.Repeat("a", 2000) + " /b": "more than 2000 bytes",
	} {
		_, err := rules.Compile(rules.Options{Redirects: []byte(line + "\n"), Has: has("index.html"), HealthCheck: "/healthz"})
		var refused *rules.Refused
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), want) || !strings.HasPrefix(err.Error(), "_redirects:") {
			t.Errorf("%.60q: %v, want %q", line, err, want)
		}
	}
}

func TestCompile_RefusesWhatWouldFailHealthCheckOfPage(t *testing.T) {
	t.Parallel()
	for _, check := range []string{"/", "/index.html?full"} {
		_, err := rules.Compile(rules.Options{Redirects: []byte("/* https://example.com/:splat 302\n"), Has: has("index.html"), HealthCheck: check})
		if err == nil || !strings.Contains(err.Error(), "checks for health") {
			t.Errorf("%s: %v", check, err)
		}
		compile(t, rules.Options{Redirects: []byte("/* /index.html 200\n"), Has: has("index.html"), HealthCheck: check})
	}
}

func TestCompile_RefusesHeadersByLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"  X-A: b":                     "a field before any path",
		"/a":                           "1: has a path without fields",
		"/a\n  X-A":                    "2: has no field",
		"/a\n  X-A:":                   "has no field",
		"/a\n  X A: b":                 "other characters",
		"/a\n  Content-Length: 1":      "which the server alone knows",
		"/a\n  etag: x":                "which the server alone knows",
		"/a\n  X-Platformctl-Zone: b":  "knows who answered",
		"/a\n  X-A: $uri":              "can't hold",
		"/a\n  X-A: ä":                 "can't hold",
		"/*.css\n  X-A: b":             "isn't its last part",
		"/a\n  X-A: b\n/a\n  X-B: c":   "3: has /a for the second time: it is in line 1",
		"https://x.example/\n  X-A: b": "no path",
	} {
		_, err := rules.Compile(rules.Options{Headers: []byte(text + "\n"), Has: has("index.html")})
		if err == nil || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "_headers:") != 1 {
			t.Errorf("%q: %v, want %q, alone", text, err, want)
		}
	}
	if _, err := rules.Compile(rules.Options{Headers: []byte("\xff"), Has: has()}); err == nil || err.Error() != "_headers is not UTF-8" {
		t.Errorf("%v", err)
	}
}

func TestCompile_IsTheSameEachTime(t *testing.T) {
	t.Parallel()
	o := rules.Options{Redirects: []byte("/b /c\n/a/* /d/:splat\n"), Headers: []byte("/x\n  X-B: 1\n  X-A: 2\n/*\n  X-C: 3\n"), Has: has("index.html", "404.html")}
	want := compile(t, o)
	for range 20 {
		for path, text := range compile(t, o) {
			if want[path] != text {
				t.Fatalf("%s differs:\n%s\n%s", path, want[path], text)
			}
		}
	}
}
