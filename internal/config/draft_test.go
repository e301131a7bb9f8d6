package config

import (
	"os"
	"path/filepath"
	"testing"

	"pgregory.net/rapid"

	"github.com/platformctl/platformctl/internal/testenv"
)

// TestDraft_EqualsLoadedAnswers answers at random: what is accepted comes back from the file that is written with it.
func TestDraft_EqualsLoadedAnswers(t *testing.T) {
	dir := t.TempDir()
	schema := compiled(t)
	rapid.Check(t, func(t *rapid.T) {
		draft := NewDraft(Options{Env: []string{"AWS_REGION=eu-west-2"}})
		for _, answer := range []struct{ key, pattern string }{
			{"name", `[a-z0-9-]{1,4}|null|true|1e5|0x1f|[0-9]{1,3}`}, {"target", `local|aws`}, {"region", `eu-west-[12]`},
			{"network.zones", `[2-6]|eu-west-[12][ab],eu-west-[12][c-f]`}, {"web.instances", `[0-9]{1,3}`},
			{"network.egress", `nat-per-zone|nat-single|none|nat`},
			{"load_balancer.https.domain", `|(shop|1e5|null)\.example\.(localhost|com)|Shop`},
			{"load_balancer.https.hosted_zone", `|example\.(localhost|com)`},
		} {
			draft.Set(answer.key, rapid.StringMatching(answer.pattern).Draw(t, answer.key))
		}
		text := TemplateFor(draft.Config())
		if err := os.WriteFile(filepath.Join(dir, DefaultFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := Load(Options{Dir: dir})
		if err != nil {
			t.Fatal(err)
		}
		want := draft.Config()
		want.File = DefaultFile
		if diff := testenv.Diff(want, got); diff != "" {
			t.Fatalf("%s\n%s", diff, text)
		}
		if refused := judge(t, schema, text); len(refused) > 0 {
			t.Fatalf("the schema refuses %q:\n%s", refused, text)
		}
	})
}

func TestTemplateFor_DefaultsEqualTemplate(t *testing.T) {
	if diff := testenv.Diff(Template(), TemplateFor(Default())); diff != "" {
		t.Error(diff)
	}
}

// TestDraft_RefusesAsInFile compares the words with those of testdata/refused.
func TestDraft_RefusesAsInFile(t *testing.T) {
	for _, test := range []struct{ key, answer, want string }{
		{"name", "Shop_1", `name: has a character that AWS would refuse in a load balancer's name: "Shop_1"; allowed: 1 to 20 of a-z, 0-9 and '-' (one at a time, neither first nor last), not starting with 'internal-' or 'sg-'`},
		{"target", "amazon", `target: unknown value "amazon"; allowed: local, aws`},
		{"web.instances", "0", "web.instances: must be at least 1, got 0; allowed: a whole number from 1 to 500"},
		{"network.egress", "nat-per-zones", `network.egress: unknown value "nat-per-zones" (did you mean "nat-per-zone"?); allowed: nat-per-zone, nat-single, none`},
		{"network.zones", "us-east-1a,eu-west-1b", "network.zones: eu-west-1b is not in the region us-east-1; allowed: a number from 2 to 6, or a list of 2 to 6 zones of the region, such as [us-east-1a, us-east-1b]"},
	} {
		draft := NewDraft(Options{})
		problems := draft.Set(test.key, test.answer)
		if len(problems) != 1 || problems[0].String() != test.want {
			t.Errorf("%s: got %v\nwant %s", test.key, problems, test.want)
		}
		if diff := testenv.Diff(Default(), draft.Config()); diff != "" {
			t.Errorf("%s: a refused answer changed %s", test.key, diff)
		}
	}
}
