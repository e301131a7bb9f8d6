package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/testenv"
)

// update writes the golden files: go test ./internal/localcloud/tools/declare -update
var update = flag.Bool("update", false, "write the golden files")

func TestRun_WritesTheDeclaration(t *testing.T) {
	_ = *update // testenv.Golden reads it
	for name, operations := range map[string]string{"lending": "LendBook,CloseDesk", "shelves": "PutBook,SortShelf"} {
		var out bytes.Buffer
		if err := run(t.Context(), []string{"-models", "testdata/models", "-service", name, "-operation", operations, "-package", "library"}, &out); err != nil {
			t.Fatal(err)
		}
		testenv.Golden(t, name+".golden", out.String())
		compile(t, map[string][]byte{name: out.Bytes()})
	}
}

func TestRun_NamesWhatIsMissing(t *testing.T) {
	for want, arguments := range map[string][]string{
		`testdata/models has no model of the service "garden"`: {"-service", "garden", "-operation", "Dig"},
		`the model has no operation "Dig"`:                     {"-service", "lending", "-operation", "LendBook,Dig"},
	} {
		if err := run(t.Context(), append(arguments, "-models", "testdata/models"), &bytes.Buffer{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v, want %q", arguments, err, want)
		}
	}
}

// Where botocore is installed, what is declared from its models compiles, and has the
// names and constraints that the declarations cut by hand have.
func TestDeclare_AgreesWithTheOperationsThatThereAre(t *testing.T) {
	models, err := botocore(t.Context())
	if err != nil {
		testenv.Missing(t, "botocore", err)
	}
	simulated := map[string]wire.Operation{}
	for _, o := range service.Operations(services.All(), service.Env{}) {
		simulated[o.Name] = o
	}
	sources := map[string][]byte{}
	for name, operations := range map[string][]string{
		"ec2":        {"CreateVpc", "RunInstances", "DescribeVpcs"},
		"elbv2":      {"CreateTargetGroup", "CreateListener"},
		"iam":        {"CreateRole"},
		"ssm":        {"GetParameter", "SendCommand"},
		"sns":        {"CreateTopic"},
		"route53":    {"ChangeResourceRecordSets", "CreateHostedZone"},
		"s3":         {"PutObject", "GetObject", "ListObjectsV2", "DeleteObjects"},
		"cloudwatch": {"PutMetricAlarm", "GetMetricData"},
	} {
		m, err := load(models, name)
		if err != nil {
			t.Fatal(err)
		}
		if sources[name], err = declare(m, "library", operations); err != nil {
			t.Fatal(err)
		}
		structs := parse(t, sources[name])
		for _, operation := range operations {
			if o, ok := simulated[operation]; ok {
				agree(t, operation, o.Request, lowerFirst(operation)+"Input", structs)
			}
		}
	}
	compile(t, sources)
}

// agree compares a request cut by hand with the one declared from the model.
func agree(t *testing.T, path string, byHand reflect.Type, declared string, structs map[string]map[string]field) {
	t.Helper()
	for _, f := range reflect.VisibleFields(byHand) {
		name, _, _ := strings.Cut(f.Tag.Get("query"), ",")
		if name == "" {
			continue
		}
		of, ok := structs[declared][name]
		if !ok {
			t.Errorf("%s.%s isn't declared", path, name)
			continue
		}
		for _, key := range []string{"min", "max", "pattern", "enum", "eachmin", "eachmax", "eachpattern", "eachenum"} {
			// What AWS documents beside its model is declared by hand alone.
			byHand, both := f.Tag.Lookup(key)
			if got, has := of.tag.Lookup(key); both && has && got != byHand && !subset(key, byHand, got) {
				t.Errorf("%s.%s: %s is %q, by hand %q", path, name, key, got, byHand)
			}
		}
		inner := f.Type
		for inner.Kind() == reflect.Pointer || inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct && structs[of.typeName] != nil {
			agree(t, path+"."+name, inner, of.typeName, structs)
		}
	}
}

// subset reports whether all values of an enumeration are in another.
func subset(key, some, all string) bool {
	return strings.HasSuffix(key, "enum") && !slices.ContainsFunc(strings.Split(some, "|"), func(v string) bool { return !slices.Contains(strings.Split(all, "|"), v) })
}

type field struct {
	typeName string // without what is around it
	tag      reflect.StructTag
}

// parse lists the fields of the structs of a file by their names on the wire.
func parse(t *testing.T, source []byte) map[string]map[string]field {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "", source, 0)
	if err != nil {
		t.Fatalf("%v in\n%s", err, source)
	}
	structs := map[string]map[string]field{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.TypeSpec)
		if !ok {
			return true
		}
		fields := map[string]field{}
		for _, f := range spec.Type.(*ast.StructType).Fields.List {
			text, err := strconv.Unquote(f.Tag.Value)
			if err != nil {
				t.Fatal(err)
			}
			name, _, _ := strings.Cut(reflect.StructTag(text).Get("query"), ",")
			of := f.Type
			for {
				if list, ok := of.(*ast.ArrayType); ok {
					of = list.Elt
				} else if pointer, ok := of.(*ast.StarExpr); ok {
					of = pointer.X
				} else {
					break
				}
			}
			typeName := ""
			if ident, ok := of.(*ast.Ident); ok {
				typeName = ident.Name
			}
			fields[name] = field{typeName, reflect.StructTag(text)}
		}
		structs[spec.Name.Name] = fields
		return true
	})
	return structs
}

// compile compiles files as packages of this module, where they needn't be written.
func compile(t *testing.T, sources map[string][]byte) {
	t.Helper()
	dir, here := t.TempDir(), must(filepath.Abs("."))(t)
	replace := map[string]string{}
	arguments := []string{"build", "-overlay", filepath.Join(dir, "overlay.json")}
	for name, source := range sources {
		file := filepath.Join(dir, name+".go")
		if err := os.WriteFile(file, source, 0o600); err != nil {
			t.Fatal(err)
		}
		replace[filepath.Join(here, "declared", name, "api.go")] = file
		arguments = append(arguments, "./declared/"+name)
	}
	if err := os.WriteFile(arguments[2], must(json.Marshal(map[string]any{"Replace": replace}))(t), 0o600); err != nil {
		t.Fatal(err)
	}
	if output, err := exec.CommandContext(t.Context(), "go", arguments...).CombinedOutput(); err != nil {
		t.Errorf("go build: %v\n%s", err, output)
	}
}

func must[T any](value T, err error) func(*testing.T) T {
	return func(t *testing.T) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}
