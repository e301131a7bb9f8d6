package exit

import (
	"context"
	"errors"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/drill"
	"github.com/platformctl/platformctl/internal/drill/fault"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/localcloud/daemon"
	"github.com/platformctl/platformctl/internal/present/report"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/preflight"
	"github.com/platformctl/platformctl/internal/provision/verify"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
	"github.com/platformctl/platformctl/internal/teardown"
	"github.com/platformctl/platformctl/internal/testenv"
)

var _ = flag.Bool("update", false, "rewrite the documents")

const repository = "../../.."

// ownErrors have an error of each code that isn't one of AWS's, or of the way to AWS.
func ownErrors() map[Code][]error {
	plain := errors.New("x")
	return map[Code][]error{
		CodeUsage:         {Usage{Err: plain}},
		CodeConfiguration: {&config.Error{}, Usage{Err: plain, Code: CodeConfiguration}},
		CodeElsewhere:     {Usage{Err: plain, Code: CodeElsewhere}},
		CodeDisruption:    {&report.Disruption{}},
		CodeLocked:        {&state.Locked{}},
		CodeInterrupted:   {ErrNotWritten},
		CodeNotConfirmed:  {ErrNotConfirmed, ErrNotTyped},
		CodePreflight:     {&preflight.Error{Findings: []preflight.Finding{{Resource: resource.Key{Kind: "vpc", Name: "main"}}}}},
		CodeBlocked:       {&preflight.Blocked{}},
		CodeState:         {&state.Unreadable{Err: plain}, &state.Unwritable{Err: plain}},
		CodeLocalCloud:    {&LocalCloud{plain}, daemon.ErrNotRunning},
		CodeUnhealthy:     {&verify.Unhealthy{Err: plain}},
		CodeNotAnswering:  {&verify.Error{}, &verify.NotRedirected{}},
		CodeTimeout:       {&apply.Timeout{}},
		CodeRemaining:     {&teardown.Remaining{}},
		CodeUnsteady:      {&fault.Unsteady{}},
		CodeNotRestored:   {&drill.NotRestored{}},
		CodeJournal:       {&journal.Unreadable{Err: plain}},
		CodeStepFailed:    {&apply.StepError{Key: resource.Key{Kind: "vpc", Name: "main"}, Err: plain}},
		CodeFailed:        {plain},
	}
}

// TestRows_HaveEveryCodeAndNoDeadOne holds that each row is of a code that Explain gives for
// some error, and each code of the package and each cause has one.
func TestRows_HaveEveryCodeAndNoDeadOne(t *testing.T) {
	alive := map[Code]bool{}
	for code, errs := range ownErrors() {
		alive[code] = true
		for _, err := range errs {
			status, failure := Explain(context.Background(), err)
			row := rowOf(code)
			if failure.Error.Code != string(code) || failure.Error.Hint == "" || status == OK || row.Exit != 0 && status != row.Exit {
				t.Errorf("%#v: exit code %d, %+v, want %s and a hint", err, status, failure.Error, code)
			}
		}
	}
	for _, cause := range awsapi.Causes() {
		alive[Code(cause)] = true // TestExplain_HintsForEveryCause has errors of each
	}
	rows := map[Code]int{}
	for _, row := range Rows() {
		rows[row.Code]++
		if !alive[row.Code] || row.Means == "" || row.Next == "" || rows[row.Code] > 1 {
			t.Errorf("%s is given by no error, has no words, or stands here twice: %+v", row.Code, row)
		}
	}
	for _, code := range declared(t) {
		if rows[code] == 0 {
			t.Errorf("%s has no row", code)
		}
	}
	for code := range alive {
		if rows[code] == 0 {
			t.Errorf("%s has no row", code)
		}
	}
}

// declared are the constants of type Code.
func declared(t *testing.T) []Code {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var codes []Code
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			if literal, ok := spec.Values[0].(*ast.BasicLit); ok {
				codes = append(codes, Code(strings.Trim(literal.Value, `"`)))
			}
		}
		return true
	})
	if len(codes) < 20 {
		t.Fatalf("only the codes %v are declared", codes)
	}
	return codes
}

// TestUsage_CodesAreDeclaredHere holds that no other package makes up a code.
func TestUsage_CodesAreDeclaredHere(t *testing.T) {
	given := 0
	err := filepath.WalkDir(filepath.Join(repository, "internal"), func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.CompositeLit)
			if !ok || name(literal.Type) != "exit.Usage" {
				return true
			}
			for _, element := range literal.Elts {
				pair, ok := element.(*ast.KeyValueExpr)
				if !ok || name(pair.Key) != "Code" {
					continue
				}
				given++
				if !strings.HasPrefix(name(pair.Value), "exit.Code") {
					t.Errorf("%s gives a code of its own", path)
				}
			}
			return true
		})
		return nil
	})
	if err != nil || given < 3 {
		t.Errorf("%d codes are given: %v", given, err)
	}
}

// name is an identifier, or one of another package.
func name(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return name(e.X) + "." + e.Sel.Name
	}
	return ""
}

// TestRows_HaveEveryCodeOfTheStories holds that what a story has seen is in the table.
func TestRows_HaveEveryCodeOfTheStories(t *testing.T) {
	var known []string
	for _, row := range Rows() {
		known = append(known, row.Codes()...)
	}
	var stories []string
	for _, pattern := range []string{"*.txtar", "long/*.txtar"} {
		found, err := filepath.Glob(filepath.Join(repository, "cmd/platformctl/testdata/stories", pattern))
		if err != nil || len(found) < 10 {
			t.Fatalf("%d stories: %v", len(found), err)
		}
		stories = append(stories, found...)
	}
	seen := 0
	for _, story := range stories {
		text, err := os.ReadFile(story)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range regexp.MustCompile(`error\.code == (\S+)`).FindAllStringSubmatch(string(text), -1) {
			seen++
			if !slices.Contains(known, match[1]) {
				t.Errorf("%s: the table of errors doesn't have %s", filepath.Base(story), match[1])
			}
		}
	}
	if seen < 40 {
		t.Errorf("the stories have seen %d codes", seen)
	}
}

const (
	tableBegins = "<!-- errors: begin (make docs) -->\n"
	tableEnds   = "<!-- errors: end -->\n"
)

// TestDocuments_HaveErrors compares the table in docs/operations.md with the rows.
func TestDocuments_HaveErrors(t *testing.T) {
	path := filepath.Join(repository, "docs/operations.md")
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	was, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s lacks the comments around the table", path)
	}
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(before+tableBegins+Table()+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := testenv.Diff(Table(), was); diff != "" {
		t.Errorf("docs/operations.md isn't what the code says: make docs (-code +written):\n%s", diff)
	}
}
