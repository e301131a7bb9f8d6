package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"pgregory.net/rapid"

	"github.com/platformctl/platformctl/internal/testenv"
)

const publishedSchema = "../../docs/platform.schema.json"

func TestSchema_PublishedFileIsCurrent(t *testing.T) {
	if *update {
		if err := os.WriteFile(publishedSchema, Schema(), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	published, err := os.ReadFile(publishedSchema)
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff(string(Schema()), string(published)); diff != "" {
		t.Errorf("go test ./internal/config -update rewrites it: code(-) file(+):\n%s", diff)
	}
	if !strings.HasSuffix(SchemaURL, strings.TrimPrefix(publishedSchema, "../..")) {
		t.Errorf("%s is not where %s is published", SchemaURL, publishedSchema)
	}
	if first, _, _ := strings.Cut(Template(), "\n"); first != "# yaml-language-server: $schema="+SchemaURL {
		t.Errorf("the template doesn't begin with the schema: %s", first)
	}
}

// TestSchema_DescribesEveryKey holds what an editor shows: for each key what it is for or at least what is allowed, its
// default, and a rule beyond "anything".
func TestSchema_DescribesEveryKey(t *testing.T) {
	var root schema
	if err := json.Unmarshal(Schema(), &root); err != nil {
		t.Fatal(err)
	}
	for _, f := range fields() {
		of := &root
		for _, name := range strings.Split(f.key, ".") {
			if of = of.Properties[name]; of == nil {
				t.Fatalf("the schema doesn't know %s", f.key)
			}
		}
		if !strings.Contains(of.Description, f.allowed) {
			t.Errorf("%s: nothing of what is allowed in %q", f.key, of.Description)
		}
		if of.Default == nil {
			t.Errorf("%s has no default", f.key)
		}
		if of.Type == nil && of.Enum == nil && of.AnyOf == nil {
			t.Errorf("%s may hold anything: say with as() what", f.key)
		}
	}
	if web := root.Properties["web"].Properties["instances"].Description; !strings.HasPrefix(web, "Nginx servers, spread evenly") {
		t.Errorf("the template's words are not there: %q", web)
	}
}

// beyondSchema is what Load refuses and no schema of this form can, by what the messages say.
var beyondSchema = map[string]*regexp.Regexp{
	"two values against each other":            regexp.MustCompile(`must be (below the interval|above the timeout)|is not in the region|must be of AWS's commercial partition|must be at most \d+ in \d+ zones`),
	"names against the domain and the zone":    regexp.MustCompile(`is of no use without load_balancer|names the domain|doesn't hold|a load balancer takes certificates of its own region`),
	"sizes and targets against each other":     regexp.MustCompile(`is of no use without web\.auto_scaling|wants web\.auto_scaling\.min|must be at most (max|web\.auto_scaling\.max)|of 0 is no group|can't stand beside cpu|without a target|an instance in each zone`),
	"keys that differ by their case alone":     regexp.MustCompile(`capital and small letters count as the same`),
	"a key twice: YAML's readers keep one":     regexp.MustCompile(`is given twice, first on line`),
	"what the page's file holds":               regexp.MustCompile(`web\.page: (can't be read|is not|is an empty)`),
	"how YAML was written: anchors, documents": regexp.MustCompile(`a YAML anchor, alias or tag|<<: unknown key|second document|is not valid YAML`),
	"bits behind /17 to /23":                   regexp.MustCompile(`has address bits behind`),
	"a duration in units other than seconds":   regexp.MustCompile(`(must be whole seconds|must be at (least|most) \d+s), got [^ ;]*(h|m|\.|us|ns|s[^ ;]+s)|must be a duration, got "\d{9,}h"`),
	"a whole number with a point: 2.0":         regexp.MustCompile(`must be a (whole )?number, got "?[0-9.]+\.0*"?;`),
}

func beyond(problem Problem) bool {
	for _, words := range beyondSchema {
		if words.MatchString(problem.String()) {
			return true
		}
	}
	return false
}

func compiled(t rapid.TB) *jsonschema.Schema {
	t.Helper()
	document, err := jsonschema.UnmarshalJSON(bytes.NewReader(Schema()))
	if err != nil {
		t.Fatal(err)
	}
	compiler := jsonschema.NewCompiler()
	if err := compiler.AddResource(SchemaURL, document); err != nil {
		t.Fatal(err)
	}
	schema, err := compiler.Compile(SchemaURL)
	if err != nil {
		t.Fatal(err)
	}
	return schema
}

// judge returns the keys that the schema refuses in a file, with dots between their parts. A missing or unknown part is its
// section's fault.
func judge(t rapid.TB, schema *jsonschema.Schema, text string) (refused []string) {
	t.Helper()
	var instance any
	if err := yaml.Unmarshal([]byte(text), &instance); err != nil {
		return []string{""} // an editor's YAML reader says so before any schema
	}
	err := schema.Validate(instance)
	var invalid *jsonschema.ValidationError
	if err != nil && !errors.As(err, &invalid) {
		t.Fatal(err)
	}
	var collect func(*jsonschema.ValidationError)
	collect = func(e *jsonschema.ValidationError) {
		if len(e.Causes) == 0 {
			refused = append(refused, strings.Join(e.InstanceLocation, "."))
		}
		for _, cause := range e.Causes {
			collect(cause)
		}
	}
	if invalid != nil {
		collect(invalid)
	}
	return refused
}

// TestSchema_RefusesWhatLoadRefuses goes through testdata/refused, problem by problem: the schema must object at the same
// key, or the problem must be one of those that are beyond it.
func TestSchema_RefusesWhatLoadRefuses(t *testing.T) {
	schema := compiled(t)
	archives, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil || len(archives) < 10 {
		t.Fatalf("found %d archives, %v", len(archives), err)
	}
	held := 0
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, file := range archive.Files {
				if filepath.Ext(file.Name) != ".yaml" {
					continue
				}
				// The file by itself: an editor sees neither the environment nor the flags.
				_, err := Load(Options{Dir: directory(t, DefaultFile, string(file.Data))})
				var problems *Error
				if !errors.As(err, &problems) {
					return // what is refused is in the environment
				}
				refused := judge(t, schema, string(file.Data))
				for _, problem := range problems.Problems {
					if beyond(problem) {
						continue
					}
					held++
					if !slices.ContainsFunc(refused, func(key string) bool { return related(key, problem.Key) }) {
						t.Errorf("the schema has nothing to say against %s\nonly against %q", problem, refused)
					}
				}
			}
		})
	}
	if held < 60 {
		t.Errorf("only %d problems were held against the schema", held)
	}
}

// related says whether an objection at one key is about another: at itself, at what is in it, or at its section.
func related(at, key string) bool {
	section := key[:max(0, strings.LastIndex(key, "."))]
	return at == key || at == section || key != "" && strings.HasPrefix(at, key+".")
}

func TestSchema_AcceptsExamples(t *testing.T) {
	schema := compiled(t)
	examples, err := filepath.Glob("../../configs/*.yaml")
	if err != nil || len(examples) < 3 {
		t.Fatalf("found %d examples, %v", len(examples), err)
	}
	texts := map[string]string{"the template": Template(), "nothing": "", "comments": "# name: shop\n", "empty sections": "web:\ntags:\n"}
	for _, example := range examples {
		text, err := os.ReadFile(example)
		if err != nil {
			t.Fatal(err)
		}
		texts[example] = string(text)
	}
	for name, text := range texts {
		if refused := judge(t, schema, text); len(refused) > 0 {
			t.Errorf("the schema refuses %s at %q", name, refused)
		}
	}
}

// TestSchema_AgreesWithLoad writes random configurations, most of whose values are right or nearly so. The schema must accept what
// Load accepts; where Load alone refuses, every problem must be beyond the schema.
func TestSchema_AgreesWithLoad(t *testing.T) {
	schema := compiled(t)
	dir := directory(t, "page.html", "<h1>hello</h1>")
	accepted, refusedByBoth := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		text := drawFile(t)
		if err := os.WriteFile(filepath.Join(dir, DefaultFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Load(Options{Dir: dir})
		refused := judge(t, schema, text)
		var problems *Error
		switch {
		case err == nil && len(refused) > 0:
			t.Fatalf("Load accepts, the schema refuses at %q:\n%s", refused, text)
		case err == nil:
			accepted++
		case len(refused) > 0:
			refusedByBoth++
		case errors.As(err, &problems):
			for _, problem := range problems.Problems {
				if !beyond(problem) {
					t.Fatalf("the schema accepts what Load refuses: %s\n%s", problem, text)
				}
			}
		}
	})
	if accepted == 0 || refusedByBoth == 0 {
		t.Errorf("%d accepted and %d refused by both prove nothing", accepted, refusedByBoth)
	}
}

// drawFile draws a file that writes at most four keys.
func drawFile(t *rapid.T) string {
	from := func(patterns ...string) *rapid.Generator[string] {
		var all []*rapid.Generator[string]
		for _, pattern := range patterns {
			all = append(all, rapid.StringMatching(pattern))
		}
		return rapid.OneOf(all...)
	}
	quoted := func(of *rapid.Generator[string]) *rapid.Generator[string] {
		return rapid.Map(of, func(text string) string { return fmt.Sprintf("%q", text) })
	}
	duration := from(`[0-9]{1,4}s`, `[1-9][0-9]?s`, `[0-9]m[0-9]{1,2}s`, `[0-9]{1,2}m`, `0*[1-9]s`, `[+-]?[0-9]s`, `[0-9]\.[05]m`, `[0-9]{4}ms`, `[0-9]{1,2}`, `[0-9]s[0-9]s`)
	number := from(`[0-9]{1,3}`, `-?[0-9]`, `[0-9]\.[0-9]`)
	values := map[string]*rapid.Generator[string]{
		"name":   from(`[a-z][a-z0-9-]{0,9}[a-z0-9]`, `[a-z0-9-]{1,21}`, `[A-Za-z_.]{1,5}`, `(internal|sg)-?[a-z]?`, `[a-z]-{1,2}[a-z]`),
		"target": from(`local|aws`, `[a-z]{1,5}`), "region": from(`eu-west-[1-3]`, `[a-z-]{1,7}-?[0-9a]`),
		"cidr":          from(`10\.[0-9]{1,3}\.0\.0/(15|16|17|2[0-4])`, `(10|172\.16|172\.3[0-3]|192\.168|100\.64)(\.[0-9]{1,3}){2}/(16|20|23)`, `192\.168\.[0-9]{1,2}\.[01]/(16|23)`, `[0-9]{1,3}(\.[0-9]{1,3}){3}/[0-9]{1,2}`),
		"zones":         from(`[0-9]`, `\[us-east-1[a-g], us-east-1[a-c]\]`, `\[(us-east-1a, ){0,2}us-east-1[b-d](, [a-z0-9-]{1,9})?\]`),
		"egress":        from(`nat-per-zone|nat-single|none`, `nat(-[a-z]{2})?`),
		"instances":     number,
		"instance_type": from(`[a-z][0-9][a-z]?\.(micro|2xlarge|metal-24xl)`, `a1\.[a-z]{1,5}`, `[a-z0-9.-]{1,7}`),
		"page":          from(`page\.html|none\.html|""`),
		"idle_timeout":  duration, "deregistration_delay": duration, "interval": duration, "timeout": duration,
		"path":    quoted(from(`/[a-z./~@+]{0,6}`, `/+`, `/\.{0,2}/?[a-z]?`, `[ a-z/]{1,4}`)),
		"healthy": number, "unhealthy": number,
		"domain": from(`""|[a-z]{1,3}\.example\.com|[A-Za-z.*-]{1,9}\.?`), "hosted_zone": from(`""|(a\.)?example\.com|[a-z0-9.-]{1,9}`),
		"alternative_names": from(`\[\]|\[[a-z]{1,2}\.example\.com, "\*\.[a-z]\.com"\]|\["[*a-zA-Z.]{1,5}", a\.bc\]|\[a\.bc, a\.bc\]`),
		"certificate":       quoted(from(`|arn:aws:acm:(us-east-1|eu-west-1):[0-9]{12}:certificate/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}`, `[a-z:]{1,9}`)),
		"policy":            from(`ELBSecurityPolicy-[A-Za-z0-9-]{0,9}|[A-Za-z-]{1,9}`),
		"min":               from(`[0-5]`, `[0-9]{1,3}`), "max": from(`[0-9]`, `[0-9]{1,3}`), "cpu": from(`[0-9]{1,2}`, `[0-9]{3}`), "requests_per_target": from(`[0-9]{1,9}`, `[a-z]{2}`),
		"static_stability": from(`true|false`, `"?(yes|True)"?`),
		"availability":     from(`[0-9]{1,3}`, `[0-9]{1,2}\.[0-9]{1,3}`, `100\.[01]`, `-?0`),
		"scenarios":        from(`\{(zone|process|disk): [0-9]{1,3}(\.[0-9])?\}`, `\{zone: [a-z0-9"]{1,2}, drain: 100\}`, `\{\}`, `\[zone\]`, `[0-9]`),
		"tags":             from(`\{[a-z]{1,3}: [a-z]{1,3}, [A-Z]{1,3}: "[a-z0-9 @*]{0,3}"\}`, `\{"(aws|AWS|Platformctl|a):[a-z]?": x\}`, `\{\}`, `\{a: [0-9]\}`, `\{[nN][aA][mM][eE]: x\}`, `\[a\]`),
		"latency":          from(`fast|aws|aws/[0-9]{1,5}`, `aws/?[0-9]?|slow`),
	}
	anything := from(`[a-z0-9./-]{1,6}`, `\[\]|\{\}|\{a: b\}|\[a\]|null|true|~|""`, `[0-9]{1,2}`)
	all := fields()
	var file strings.Builder
	for _, i := range rapid.SliceOfNDistinct(rapid.IntRange(0, len(all)-1), 1, 4, rapid.ID[int]).Draw(t, "keys") {
		names := strings.Split(all[i].key, ".")
		value, ok := values[names[len(names)-1]]
		if !ok || rapid.IntRange(0, 19).Draw(t, "anything") == 0 {
			value = anything
		}
		inner := names[len(names)-1] + ": " + value.Draw(t, all[i].key)
		for _, section := range slices.Backward(names[:len(names)-1]) {
			inner = section + ": {" + inner + "}"
		}
		if strings.Contains("\n"+file.String(), "\n"+names[0]+":") {
			continue // a section can't be given twice
		}
		file.WriteString(inner + "\n")
	}
	return file.String()
}

func TestDigits(t *testing.T) {
	for _, bounds := range [][2]int{{0, 0}, {0, 3600}, {1, 4000}, {5, 300}, {2, 120}, {16, 31}, {64, 127}, {0, 255}, {1, 1000}, {7, 7}, {99, 101}} {
		is := regexp.MustCompile("^(?:" + digits(bounds[0], bounds[1]) + ")$")
		for n := range 5000 {
			if want := n >= bounds[0] && n <= bounds[1]; is.MatchString(fmt.Sprint(n)) != want {
				t.Fatalf("%d from %d to %d: want %t by %s", n, bounds[0], bounds[1], want, is)
			}
		}
	}
}
