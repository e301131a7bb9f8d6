package testenv

import (
	"errors"
	"fmt"
	"testing"
)

// recorder records how a test would have ended.
type recorder struct{ ended string }

func (r *recorder) Helper()                           {}
func (r *recorder) Skipf(format string, args ...any)  { r.end("skip: "+format, args...) }
func (r *recorder) Fatalf(format string, args ...any) { r.end("fail: "+format, args...) }

func (r *recorder) end(format string, args ...any) {
	if r.ended == "" {
		r.ended = fmt.Sprintf(format, args...)
	}
}

func TestProgram(t *testing.T) {
	missing := errors.New("no such program")
	for name, test := range map[string]struct {
		found      error
		required   string
		path, ends string
	}{
		"installed":                  {nil, "nginx", "/bin/nginx", ""},
		"missing":                    {missing, "", "", "skip: nginx is not installed (list it in PLATFORMCTL_REQUIRE to make this a failure): no such program"},
		"missing, another required":  {missing, "terraform,nginx-debug", "", "skip: nginx is not installed (list it in PLATFORMCTL_REQUIRE to make this a failure): no such program"},
		"missing, though required":   {missing, "terraform,nginx", "", "fail: PLATFORMCTL_REQUIRE lists nginx, but it can't be run: no such program"},
		"installed and not required": {nil, "", "/bin/nginx", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var r recorder
			path := program(&r, "nginx", func(string) (string, error) { return test.path, test.found }, test.required)
			if path != test.path || r.ended != test.ends {
				t.Errorf("got path %q, end %q; want %q, %q", path, r.ended, test.path, test.ends)
			}
		})
	}
}

func TestMissing(t *testing.T) {
	for required, want := range map[string]string{
		"nginx":        "skip: this machine has no mounts (list it in PLATFORMCTL_REQUIRE to make this a failure): not permitted",
		"nginx,mounts": "fail: PLATFORMCTL_REQUIRE lists mounts, but this machine doesn't have it: not permitted",
	} {
		var r recorder
		if missing(&r, "mounts", errors.New("not permitted"), required); r.ended != want {
			t.Errorf("%s required: %q, want %q", required, r.ended, want)
		}
	}
}
