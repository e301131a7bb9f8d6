package cloudinit

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

var metadata = Metadata{
	InstanceID: "i-0123456789abcdef0", AvailabilityZone: "us-east-1a", Region: "us-east-1",
	LocalHostname: "ip-10-0-96-5.ec2.internal", PrivateIP: "10.0.96.5", ImageID: "ami-1", InstanceType: "t3.micro",
}

func compress(s string) []byte {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, _ = w.Write([]byte(s)) // a buffer takes all
	w.Close()
	return b.Bytes()
}

const platform = `## template: jinja
#cloud-config
{# the page #}
package_update: true
packages:
  - nginx
  - [amazon-ssm-agent, "3.3"]
write_files:
  - path: /usr/share/nginx/html/index.html
    permissions: "0600"
    owner: nginx:nginx
    defer: true
    content: |
      {{ v1.instance_id }} in {{v1.availability_zone}} of {{ region }}
      {{ ds.meta_data.instance_type }} {{ ds.meta_data.placement.availability_zone }} {{ v1.nonesuch }}
  - {path: /etc/a/../b, content: aGVsbG8=, encoding: b64, append: true}
runcmd:
  - [systemctl, enable, --now, nginx]
  - echo hello
surprise: 1
`

func TestParse(t *testing.T) {
	want := Config{
		PackageUpdate: true,
		Packages:      []string{"nginx", "amazon-ssm-agent-3.3"},
		Files: []File{
			{Path: "/usr/share/nginx/html/index.html", Mode: 0o600, Owner: "nginx:nginx", Defer: true,
				Content: []byte("i-0123456789abcdef0 in us-east-1a of us-east-1\nt3.micro us-east-1a CI_MISSING_JINJA_VAR/nonesuch\n")},
			{Path: "/etc/b", Mode: 0o644, Owner: "root:root", Append: true, Content: []byte("hello")},
		},
		Commands: []Command{{Args: []string{"systemctl", "enable", "--now", "nginx"}}, {Shell: "echo hello"}},
		Warnings: []string{"Additional properties are not allowed ('surprise' was unexpected)"},
	}
	for name, data := range map[string][]byte{"plain": []byte(platform), "gzip": compress(platform)} {
		got, err := Parse(data, metadata)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if diff := testenv.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

func TestParse_WithoutTemplateKeepsBraces(t *testing.T) {
	got, err := Parse([]byte("#cloud-config\nwrite_files:\n- path: /x\n  content: '{{ v1.instance_id }}'\n"), metadata)
	if err != nil || string(got.Files[0].Content) != "{{ v1.instance_id }}" {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestParse_Refuses(t *testing.T) {
	for _, tt := range []struct {
		name, data, want string
		notSimulated     bool
	}{
		{"statement", "## template: jinja\n#cloud-config\n{% if x %}\n", "line 3: Jinja statement {% if x %}", true},
		{"filter", "## template: jinja\n#cloud-config\nruncmd: [[\"{{ a | upper }}\"]]\n", "Jinja expression {{ a | upper }}", true},
		{"script", "#!/bin/bash\nyum install nginx\n", "user data that is a script", true},
		{"bootcmd", "#cloud-config\nbootcmd: [[ls]]\n", "cloud-config key bootcmd", true},
		{"users", "#cloud-config\nusers: [x]\n", "cloud-config key users", true},
		{"nothing known", "hello\n", "Unhandled non-multipart", false},
		{"yaml", "#cloud-config\na: [\n", "Failed loading yaml blob", false},
		{"type", "#cloud-config\npackages: nginx\n", "packages: nginx is not of type 'array'", false},
		{"no path", "#cloud-config\nwrite_files: [{content: x}]\n", "write_files.0: 'path' is a required property", false},
		{"encoding", "#cloud-config\nwrite_files: [{path: /x, encoding: rot13}]\n", "'rot13' is not one of", false},
		{"permissions", "#cloud-config\nwrite_files: [{path: /x, permissions: '0999'}]\n", "not an octal string", false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := Parse([]byte(tt.data), metadata)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Fatalf("error %v, want %q", err, tt.want)
			}
			if errors.Is(err, ErrNotSimulated) != tt.notSimulated {
				t.Errorf("ErrNotSimulated: %v", !tt.notSimulated)
			}
		})
	}
}

// A text that grows, or takes the parser long, is refused before.
func TestParse_BoundsWhatItReads(t *testing.T) {
	levels := "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n"
	for i := range 9 {
		levels += fmt.Sprintf("a%d: &a%d [%s]\n", i+1, i+1, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*a%d,", i), 10), ","))
	}
	bomb := base64.StdEncoding.EncodeToString(compress(strings.Repeat("x", maxExpanded)))
	for name, test := range map[string]struct{ text, want string }{
		"aliases":                    {levels, "aliases followed"},
		"aliases in files":           {levels + "write_files: [{path: /x, content: *a9}]", "aliases followed"},
		"alias of itself":            {"a: &a [*a, *a]\npackages: [nginx]", ""},
		"long alias":                 {"a: &a " + strings.Repeat("x", 10_000) + "\nruncmd: [" + strings.Repeat("*a,", 1000) + "]", "aliases followed"},
		"lists":                      {strings.Repeat("[", 10_000), "100 lists within each other"},
		"maps":                       {"a: " + strings.Repeat("{a: ", 10_000), "100 lists within each other"},
		"lists over lines":           {strings.Repeat("[\n", 10_000), "100 lists within each other"},
		"lists in a line":            {strings.Repeat("- ", 10_000), "lists within each other in a line"},
		"keys in a line":             {strings.Repeat("a: ", 10_000), "of YAML's characters in a line"},
		"quotes in a line":           {strings.Repeat("'' ", 10_000), "of YAML's characters in a line"},
		"lines":                      {strings.Repeat("#\n", 30_000), "20000 lines"},
		"compressed files":           {"write_files:\n" + strings.Repeat("- {path: /x, encoding: gz+b64, content: "+bomb+"}\n", 5), "bytes in files"},
		"compressed file":            {"write_files:\n- {path: /x, encoding: gz+b64, content: " + base64.StdEncoding.EncodeToString(compress(strings.Repeat("x", maxExpanded+1))) + "}\n", "more than 1048576 bytes"},
		"lists behind a comment":     {"a: # >\n  " + strings.Repeat("[", 900_000) + "\n", "100 lists within each other"},
		"maps behind a comment":      {"a: # >\n  " + strings.Repeat("{a: ", 225_000) + "\n", "100 lists within each other"},
		"sequences behind a comment": {"a: # >\n  " + strings.Repeat("- ", 450_000) + "\n", "lists within each other in a line"},
		"keys behind a comment":      {"a: # >\n  " + strings.Repeat("? ", 450_000) + "\n", "lists within each other in a line"},
		"anchors behind a comment":   {"a: # >\n  " + strings.Repeat("&a ", 300_000) + "\n", "of YAML's characters in a line"},
		"lines behind a comment":     {"a: # >\n" + strings.Repeat("  k: v\n", 60_000), "20000 lines"},
		"block in a comment":         {"# a: >\n  " + strings.Repeat("[", 10_000), "100 lists within each other"},
		"block in quotes":            {"a: \"\nb: |\n  \"\n  c: " + strings.Repeat("[", 10_000), "100 lists within each other"},
		"block in a list":            {"a: [\nb: |\n  " + strings.Repeat("[", 10_000), "100 lists within each other"},
		"behind a block":             {"a:\n- b: |\n    x\n  c: " + strings.Repeat("[", 10_000), "100 lists within each other"},
		"left of a block":            {"a: |\n    x\n  " + strings.Repeat("[", 10_000), "100 lists within each other"},
		"behind a carriage return":   {"a: |\n  x\r" + strings.Repeat("[", 10_000), "100 lists within each other"},
		"a page behind a comment":    {"write_files:\n- path: /x\n  content: | # a page\n\n    <ul>\n      " + strings.Repeat("<a href=\"x\">[{:-&*", 10_000) + "\n", ""},
		"a page in one line":         {"write_files:\n- path: /x\n  content: |\n    " + strings.Repeat("<a href=\"x\">[{:-&*", 10_000) + "\n", ""},
		"ordinary lists":             {"packages: [nginx, [jq, '1']]\nruncmd:\n- [ls, -l]\n- - - x\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte("#cloud-config\n" + test.text)
			_, err := Parse(compress(string(text)), metadata)
			if len(text) > maxExpanded {
				t.Fatal("the test is too long")
			}
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("%.300v, want %q", err, test.want)
			}
		})
	}
	if _, err := Parse(compress("#cloud-config\n"+strings.Repeat("x", maxExpanded)), metadata); err == nil || !strings.Contains(err.Error(), "gunzip: more than 1048576 bytes") {
		t.Errorf("compressed user data: %v", err)
	}
	if got, err := Parse([]byte("## template: jinja\n#cloud-config\nwrite_files: [{path: /x, content: '"+strings.Repeat("{{ v1.instance_id }}", 500)+"'}]"), metadata); err != nil || len(got.Files[0].Content) != 500*len(metadata.InstanceID) {
		t.Errorf("a template: %v", err)
	}
	if _, err := Parse([]byte("## template: jinja\n#cloud-config\n"+strings.Repeat("{{ {# ", 100_000)), metadata); err == nil {
		t.Error("a template without end was rendered")
	}
}

func TestDecode(t *testing.T) {
	for encoding, content := range map[string]string{
		"text/plain": "hi", "base64": "aGk=", "gz+b64": base64.StdEncoding.EncodeToString(compress("hi")), "gzip": string(compress("hi")),
	} {
		got, err := decode(content, encoding)
		if err != nil || string(got) != "hi" {
			t.Errorf("%s: %q, %v", encoding, got, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(platform))
	f.Add(compress(platform))
	f.Add([]byte("#cloud-config\nwrite_files: [{path: /x, permissions: 0644}]"))
	f.Add([]byte("#cloud-config\na: &a [x, x]\nb: &b [*a, *a]\nruncmd: *b\n"))
	f.Add([]byte("## template: jinja\n#cloud-config\npackages: [{{ v1.region }}{# x #}]\n"))
	f.Fuzz(func(_ *testing.T, data []byte) { _, _ = Parse(data, metadata) }) // it must not panic
}
