//go:build judges

package conformance_test

import (
	"maps"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/recording"
	"github.com/platformctl/platformctl/internal/testenv/terraform"
)

// The packages whose tests speak AWS's API have one of these among their imports: a local cloud, or what records for one.
var speaks = []string{"/internal/localcloud/localcloudtest", "/internal/localcloud/recording", "/internal/kinds/kindtest"}

// judgedElsewhere are tests with the tag "judges" that .ci/run runs beside this one, and that have no exchange of a kind that
// other tests don't have.
const judgedElsewhere = "OnMoto|Browser|Policies_AreEnough|KeepsIn|CloudInit|Stories/^runbook-"

// TestSuite_JudgedByModels runs the tests of every package that speaks AWS's API, the stories of the whole tool among them, while
// each exchange is recorded, and lets botocore's models judge the lot.
func TestSuite_JudgedByModels(t *testing.T) {
	dir := t.TempDir()
	packages := speakers(t)
	started := time.Now()
	command := exec.CommandContext(t.Context(), "go", append([]string{"test", "-count=1", "-timeout=20m", "-tags=judges", "-skip=" + judgedElsewhere}, packages...)...)
	command.Env = append(terraform.Environment(), recording.Variable+"="+dir)
	if output, err := command.CombinedOutput(); err != nil {
		t.Fatalf("the suite fails, so there is nothing to judge: %v\n%s", err, output)
	}
	t.Logf("%d packages, tested in %v", len(packages), time.Since(started).Round(time.Second))

	started = time.Now()
	v := askJudge(t, dir)
	v.object(t)
	judgeReplies(t, dir)
	t.Logf("judged in %v: %v", time.Since(started).Round(time.Second), v.Programs)
	for _, name := range packages {
		if program := programOf(name); v.Programs[program] == 0 {
			t.Errorf("%s is among the packages that speak AWS's API, but nothing of it is recorded", name)
		}
	}
	for _, operation := range toolCalls(t) {
		if !slices.Contains(v.ByToolOperations, operation) {
			t.Errorf("the tool's code calls %s, but no test makes it", operation)
		}
	}
}

// speakers lists the packages with tests that speak AWS's API.
func speakers(t *testing.T) (packages []string) {
	t.Helper()
	const format = `{{.ImportPath}}{{range .TestImports}} {{.}}{{end}}{{range .XTestImports}} {{.}}{{end}}`
	for line := range strings.Lines(goList(t, "-f", format, "../...")) {
		name, imports, _ := strings.Cut(strings.TrimSpace(line), " ")
		if path.Base(name) == "recording" || path.Base(name) == "conformance" {
			continue // the tests of recording itself speak no API, and the other judges have their own recordings
		}
		for _, imported := range strings.Fields(imports) {
			if slices.ContainsFunc(speaks, func(s string) bool { return strings.HasSuffix(imported, s) }) {
				packages = append(packages, name)
				break
			}
		}
	}
	return packages
}

func goList(t *testing.T, args ...string) string {
	t.Helper()
	output, err := exec.CommandContext(t.Context(), "go", append([]string{"list"}, args...)...).Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return string(output)
}

// programOf is what a package's recordings are named after: its test, but for the stories, whose local clouds are processes
// of the tool.
func programOf(name string) string {
	if strings.HasSuffix(name, "/cmd/platformctl") {
		return "platformctl"
	}
	return path.Base(name) + ".test"
}

// toolCalls finds in the tool's source the operations that it calls, as "service Operation".
func toolCalls(t *testing.T) []string {
	t.Helper()
	services := map[string]string{
		"EC2": "ec2", "ELB": "elasticloadbalancing", "IAM": "iam", "SSM": "ssm", "STS": "sts", "Quotas": "servicequotas", "Route53": "route53", "ACM": "acm", "CloudWatch": "monitoring", "KMS": "kms",
		"ec2": "ec2", "elb": "elasticloadbalancing", "iam": "iam", "ssm": "ssm", "sts": "sts", "servicequotas": "servicequotas", "route53": "route53", "acm": "acm", "kms": "kms",
	}
	method := regexp.MustCompile(`\b(EC2|ELB|IAM|SSM|STS|Quotas|Route53|ACM|CloudWatch|KMS)\.([A-Z][A-Za-z0-9]+)\(`)
	paginator := regexp.MustCompile(`\b(ec2|elb|iam|ssm|sts|servicequotas|route53|acm|kms)\.New([A-Z][A-Za-z0-9]+)Paginator\(`)
	found := map[string]bool{}
	for dir := range strings.Lines(goList(t, "-f", "{{.Dir}}", "../internal/...")) {
		dir = strings.TrimSpace(dir)
		if strings.Contains(dir, "/localcloud") || strings.HasSuffix(dir, "test") {
			continue
		}
		files, err := filepath.Glob(filepath.Join(dir, "*.go"))
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			source, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, call := range method.FindAllStringSubmatch(string(source), -1) {
				if call[2] != "Options" { // which is asked of the client
					found[services[call[1]]+" "+call[2]] = true
				}
			}
			for _, call := range paginator.FindAllStringSubmatch(string(source), -1) {
				found[services[call[1]]+" "+call[2]] = true
			}
		}
	}
	if len(found) < 50 {
		t.Fatalf("only %d calls are found in the tool's source: it looks in the wrong place", len(found))
	}
	return slices.Sorted(maps.Keys(found))
}
