package cli

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/cli/exit"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/testenv"
)

// initOnTerminal runs init on a terminal, and types.
func initOnTerminal(ctx context.Context, dir string, typed io.Reader, env []string, args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = Run(ctx, Environment{
		Args: append([]string{"init"}, args...), Env: env, Dir: dir, In: typed, InTerminal: true,
		Streams: terminal.Streams{Out: &stdout, Err: &stderr, Terminal: true, OutTerminal: true},
	})
	return code, stdout.String(), stderr.String()
}

func written(t *testing.T, dir, name string) config.Config {
	t.Helper()
	got, err := config.Load(config.Options{Dir: dir, Path: name})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestInit_AsksOnTerminal(t *testing.T) {
	dir := t.TempDir()
	typed := strings.NewReader("Shop_1\nbooks\nAWS\naws\n\neu-west-2b,eu-west-2c\n0\n6\n4\n12\n100\n\nnat-single\nShop.example.com\nshop.example.com\nexample.org\nexample.com\nops\nops@example.com, https://hooks.example.com/x?y=#z\nops@example.com, https://hooks.example.com/x?y=z\n")
	code, out, errs := initOnTerminal(t.Context(), dir, typed, []string{"AWS_REGION=eu-west-2"})
	if code != ExitOK {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	errs = strings.ReplaceAll(errs, "]: ", "]:\n") // on a terminal, the answer ends the line
	for _, want := range []string{
		"Name, part of the name of all that is made [shop]:",
		"name: has a character that AWS would refuse in a load balancer's name:\n  \"Shop_1\"; allowed: 1 to 20 of",
		`target: unknown value "AWS" (did you mean "aws"?); allowed: local, aws`,
		"Region of AWS [eu-west-2]:",
		"Domain to serve over HTTPS, empty for HTTP []:",
		"load_balancer.https.domain: must be written shop.example.com: small letters",
		"load_balancer.https.hosted_zone: example.org doesn't hold shop.example.com:",
		"web.instances: must be at least 1, got 0; allowed: a whole number from 1 to\n  500",
		"Most web servers under load, 0 for a fixed number [0]:",
		"web.auto_scaling.min: must be at most max, got 6 with a max of 4;",
		"web.auto_scaling.cpu: must be at most 99, got 100;",
		"Percent of CPU to hold them at [50]:",
		`monitoring.notify: is neither an e-mail address nor a URL: "ops"`,
		"monitoring.notify: is not a URL that SNS can send to:",
		"a NAT gateway in each of the 2 zones             about $73\n",
		"one for all; the others' way out fails with it   about $37\n",
	} {
		if !strings.Contains(unfolded(errs), unfolded(want)) {
			t.Errorf("it doesn't say %q:\n%s", want, errs)
		}
	}
	for line := range strings.Lines(errs + out) {
		if len(line) > 80+1 {
			t.Errorf("wider than 80 columns: %s", line)
		}
	}
	want := config.Default()
	want.Name, want.Target, want.Region, want.File = "books", config.TargetAWS, "eu-west-2", config.DefaultFile
	want.Network.Zones = config.Zones{Count: 2, Names: []string{"eu-west-2b", "eu-west-2c"}}
	want.Network.Egress, want.Web.Instances = config.EgressNATSingle, 6
	want.Web.AutoScaling = config.AutoScaling{Min: 6, Max: 12, CPU: 50, StaticStability: true}
	want.Monitoring.Notify = []string{"ops@example.com", "https://hooks.example.com/x?y=z"}
	want.LoadBalancer.HTTPS.Domain, want.LoadBalancer.HTTPS.HostedZone = "shop.example.com", "example.com"
	got := written(t, dir, "")
	got.Network.CIDR = want.Network.CIDR
	if diff := testenv.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(unfolded(out), "Next: platformctl plan, which only reads, and then platformctl up, which asks before it makes anything.") {
		t.Errorf("it doesn't say what is next: %s", out)
	}
}

// TestInit_EmptyAnswersTakeDefaults: who presses Enter alone gets what others get without being asked.
func TestInit_EmptyAnswersTakeDefaults(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := initOnTerminal(t.Context(), dir, strings.NewReader("\n\n\n\n\n\n\n\n"), nil)
	if code != ExitOK || !strings.Contains(out, "Next: platformctl up\n") {
		t.Fatalf("exit code %d: %s%s", code, out, errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, config.DefaultFile))
	if diff := testenv.Diff(config.Template(), string(text)); diff != "" || err != nil {
		t.Error(err, diff)
	}
	if strings.Contains(errs, "Region") {
		t.Errorf("it asks for a region that doesn't matter: %s", errs)
	}
}

// TestInit_OffersTheLocalCloudsZone asks for the zone where there is a domain, and knows that of the local cloud.
func TestInit_OffersTheLocalCloudsZone(t *testing.T) {
	dir := t.TempDir()
	code, _, errs := initOnTerminal(t.Context(), dir, strings.NewReader("\n\n\n\n\n\nshop.example.localhost\n\n\n"), nil)
	got := written(t, dir, "").LoadBalancer.HTTPS
	if code != ExitOK || got.Domain != "shop.example.localhost" || got.HostedZone != "example.localhost" {
		t.Errorf("exit code %d, %+v: %s", code, got, errs)
	}
}

// TestInit_AsksNothingWithoutTerminal where there is nobody to ask, or nobody wants to be asked.
func TestInit_AsksNothingWithoutTerminal(t *testing.T) {
	for name, args := range map[string][]string{"yes": {"--yes"}, "json": {"-o", "json"}, "aws": {"--yes", "--target", "aws"}} {
		dir := t.TempDir()
		code, _, errs := initOnTerminal(t.Context(), dir, strings.NewReader("never read"), []string{"AWS_REGION=eu-west-2"}, args...)
		if code != ExitOK || errs != "" {
			t.Errorf("%s: exit code %d: %s", name, code, errs)
		}
		want := config.Default()
		if name == "aws" {
			want.Target, want.Region = config.TargetAWS, "eu-west-2"
		}
		if got := written(t, dir, ""); got.Target != want.Target || got.Region != want.Region || got.Name != want.Name {
			t.Errorf("%s: it wrote %+v", name, got)
		}
	}
}

func TestInit_KeepsExistingFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "mine.yaml")
	if err := os.WriteFile(path, []byte("name: mine\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, _, errs := initOnTerminal(t.Context(), dir, strings.NewReader("\n\n\n\n\n"), nil, "-c", "mine.yaml")
	if code != exit.WrongUsage || strings.Contains(errs, "[shop]") {
		t.Errorf("exit code %d, and it asks before it refuses: %s", code, errs)
	}
	if got := written(t, dir, "mine.yaml"); got.Name != "mine" {
		t.Errorf("the file is another: %+v", got)
	}
	code, out, errs := initOnTerminal(t.Context(), dir, strings.NewReader("yours\n\n\n\n\n\n\n\n"), nil, "-c", "mine.yaml", "--force")
	if code != ExitOK || !strings.Contains(out, "Overwrote mine.yaml") || !strings.Contains(out, "platformctl up -c mine.yaml") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	if got := written(t, dir, "mine.yaml"); got.Name != "yours" {
		t.Errorf("the file is as it was: %+v", got)
	}
	code, _, errs = initOnTerminal(t.Context(), dir, strings.NewReader(""), nil, "-c", "none/mine.yaml", "--yes")
	if code != exit.WrongUsage || !strings.Contains(errs, "there is no directory none to write mine.yaml in: make it first") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// TestInit_WritesNothingWhenInterrupted at each of the questions, by Ctrl-C or by the end of the input: nothing is written, and with --force nothing
// is lost.
func TestInit_WritesNothingWhenInterrupted(t *testing.T) {
	for answers := range 9 {
		given := strings.Join([]string{"shop\n", "aws\n", "\n", "\n", "\n", "4\n", "\n", "\n"}[:answers], "")
		for name, test := range map[string]struct {
			interrupt bool
			code      int
			want      string
		}{
			"Ctrl-C": {true, exit.Interrupted, "interrupted; nothing was written"},
			"Ctrl-D": {false, exit.WrongUsage, "the answers ended before the questions; nothing was written. --yes writes the defaults"},
		} {
			dir := t.TempDir()
			ctx, cancel := context.WithCancel(t.Context())
			code, out, errs := initOnTerminal(ctx, dir, &typist{given: strings.NewReader(given), interrupt: test.interrupt, cancel: cancel}, nil)
			cancel()
			if code != test.code || out != "" || !strings.Contains(unfolded(errs), test.want) {
				t.Errorf("%s after %d answers: exit code %d, %q, %s", name, answers, code, out, errs)
			}
			if _, err := os.Stat(filepath.Join(dir, config.DefaultFile)); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%s after %d answers: a file was written, %v", name, answers, err)
			}
		}
	}
}

// typist types what is given, and then interrupts, or ends the input.
type typist struct {
	given     *strings.Reader
	interrupt bool
	cancel    func()
}

func (t *typist) Read(b []byte) (int, error) {
	n, err := t.given.Read(b)
	if n > 0 || !t.interrupt {
		return n, err
	}
	t.cancel()
	select {} // nobody types any more
}

func TestInit_PrintsSchema(t *testing.T) {
	dir := t.TempDir()
	code, out, errs := initOnTerminal(t.Context(), dir, strings.NewReader(""), nil, "--schema")
	if code != ExitOK || errs != "" || out != string(config.Schema()) {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if _, err := os.Stat(filepath.Join(dir, config.DefaultFile)); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file was written: %v", err)
	}
}
