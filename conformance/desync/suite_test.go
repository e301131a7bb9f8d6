//go:build judges

package desync

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/http1"
)

// variable names the directory of what others recorded.
const variable = "PLATFORMCTL_RECORDED"

// request is one case of the suite, as an HTTP engine has read it.
type request struct {
	Name    string `yaml:"name"`
	URI     string `yaml:"uri"`
	Method  string `yaml:"method"`
	Version string `yaml:"version"`
	Headers []struct {
		Name  string `yaml:"name"`
		Value any    `yaml:"value"`
	} `yaml:"headers"`
	Expected struct {
		Tier   string `yaml:"tier"`
		Reason string `yaml:"reason"`
	} `yaml:"expected"`

	key string // file and name, and the place where a name comes twice
}

func loadSuite(t *testing.T) (all []request) {
	t.Helper()
	dir := os.Getenv(variable)
	if dir == "" {
		t.Skip(variable + " names no directory with the suite of AWS's http-desync-guardian")
	}
	files, err := filepath.Glob(filepath.Join(dir, "desync", "*.yaml"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no suite in %s: %v", dir, err)
	}
	seen := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var cases []request
		if err := yaml.Unmarshal(text, &cases); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		for _, c := range cases {
			c.key = strings.TrimSuffix(filepath.Base(file), ".yaml") + "/" + c.Name
			if seen[c.key]++; seen[c.key] > 1 {
				c.key += " " + strconv.Itoa(seen[c.key])
			}
			all = append(all, c)
		}
	}
	return all
}

// message is the case as our own reader would hand it on, had it read it so.
func (c *request) message() *http1.Message {
	m := &http1.Message{Method: []byte(c.Method), Target: []byte(c.URI), Version: []byte(c.Version)}
	for _, h := range c.Headers {
		m.Fields = append(m.Fields, http1.Field{Name: []byte(h.Name), Value: fmt.Append(nil, h.Value)})
	}
	return m
}

// bytes is the case on the wire, with a host, and with the body that its own framing fields announce.
func (c *request) bytes() []byte {
	out := fmt.Appendf(nil, "%s %s", c.Method, c.URI)
	if c.Version != "" {
		out = append(out, " "+c.Version...)
	}
	out = append(out, "\r\nHost: shop.example\r\n"...)
	chunked, length := false, 0
	for _, h := range c.Headers {
		value := fmt.Sprint(h.Value)
		out = fmt.Appendf(out, "%s:%s\r\n", h.Name, value)
		switch {
		case same(h.Name, "Transfer-Encoding"):
			chunked = chunked || strings.Contains(strings.ToLower(value), "chunked")
		case same(h.Name, "Content-Length"):
			length, _ = strconv.Atoi(strings.TrimSpace(value))
		}
	}
	out = append(out, "\r\n"...)
	if chunked {
		return append(out, "3\r\nabc\r\n0\r\n\r\n"...)
	}
	if length < 0 || length > 8<<20 {
		length = 0 // no number of bytes that anybody sends
	}
	return append(out, bytes.Repeat([]byte("a"), length)...)
}
