package local

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// trusts runs local trust on a machine whose stores note what is done with them.
func trusts(t *testing.T, home, typed string, change func(*localTrustOptions)) (out, errs string, done []string, err error) {
	t.Helper()
	var stdout, stderr bytes.Buffer
	o := &localTrustOptions{Global: session.Start(session.Environment{
		Env: []string{endpoint.HomeVariable + "=" + home}, In: strings.NewReader(typed), InTerminal: true,
		Streams: terminal.Streams{Out: &stdout, Err: &stderr},
	})}
	o.Command = &cobra.Command{Use: "trust"}
	note := func(what string) func(string) error {
		return func(file string) error {
			done = append(done, what+" "+file)
			return nil
		}
	}
	o.Stores = func() trustStores {
		return trustStores{Places: []string{"the system's store"}, Aside: []string{"Firefox"}, Add: note("add"), Remove: note("remove")}
	}
	if change != nil {
		change(o)
	}
	err = runLocalTrust(context.Background(), o)
	return stdout.String(), stderr.String(), done, err
}

func TestLocalTrust_AsksBeforeItChangesTheMachine(t *testing.T) {
	home := t.TempDir()
	file := endpoint.CertificateAuthority(home)
	if _, _, done, err := trusts(t, home, "y\n", nil); err == nil || !strings.Contains(err.Error(), "there is no certificate authority") || done != nil {
		t.Errorf("without an authority: %v, %v", done, err)
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused := errors.New("no right to")
	for name, test := range map[string]struct {
		typed  string
		change func(*localTrustOptions)
		done   string
		err    error
		says   []string // on either stream
	}{
		"yes":    {"y\n", nil, "add", nil, []string{file, "the system's store", "Not in: Firefox", "example.localhost and the names below it alone", "Trust it? [y/N]", "trusts the local"}},
		"no":     {"n\n", nil, "", exit.ErrNotConfirmed, []string{"Trust it? [y/N]"}},
		"--yes":  {"", func(o *localTrustOptions) { o.Yes = true }, "add", nil, []string{"trusts the local"}},
		"remove": {"y\n", func(o *localTrustOptions) { o.Remove = true }, "remove", nil, []string{"is removed from", "Remove it? [y/N]", "doesn't trust"}},
		"json":   {"", func(o *localTrustOptions) { o.Yes, o.Output = true, "json" }, "add", nil, []string{`"trusted": true`, `"certificate_authority": "` + file + `"`}},
		"the system refuses": {"y\n", func(o *localTrustOptions) {
			o.Stores = func() trustStores { return trustStores{Add: func(string) error { return refused }} }
		}, "", refused, nil},
	} {
		out, errs, done, err := trusts(t, home, test.typed, test.change)
		want := ""
		if test.done != "" {
			want = test.done + " " + file
		}
		if strings.Join(done, ", ") != want || !errors.Is(err, test.err) {
			t.Errorf("%s: %v, %v, want %q, %v", name, done, err, want, test.err)
		}
		for _, says := range test.says {
			if !strings.Contains(out+errs, says) {
				t.Errorf("%s: it doesn't say %q:\n%s%s", name, says, errs, out)
			}
		}
	}
	var usage exit.Usage
	if _, _, done, err := trusts(t, home, "y\n", func(o *localTrustOptions) { o.InTerminal = false }); !errors.As(err, &usage) || done != nil {
		t.Errorf("where nobody can be asked: %v, %v", done, err)
	}
}
