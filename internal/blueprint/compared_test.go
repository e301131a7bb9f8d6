package blueprint_test

import (
	"flag"
	"fmt"
	"maps"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/testenv"
)

// compared are the nodes of three platforms that have every kind between them, by kind.
func compared(t *testing.T) map[string][]*resource.Node {
	t.Helper()
	nodes := map[string][]*resource.Node{}
	for _, egress := range []config.Egress{config.EgressNATPerZone, config.EgressNone, config.EgressNATSingle} {
		cfg := config.Default()
		cfg.Network.Egress, cfg.Protect = egress, egress == config.EgressNone
		cfg.Monitoring.Notify = []string{"ops@example.com"}
		if egress == config.EgressNone {
			cfg.LoadBalancer.HTTPS = https("shop.example.localhost")
		}
		if egress == config.EgressNATSingle {
			cfg.Web.AutoScaling, cfg.Web.Image, cfg.Tags = scaling(), config.ImageLatest, map[string]string{"team": "blue"}
		}
		graph, err := blueprint.Build(cfg, blueprint.Facts{Zones: []blueprint.Zone{{Name: "us-east-1a", Letter: "a"}, {Name: "us-east-1b", Letter: "b", Slot: 1}}, ImageID: "ami-0123456789abcdef0"})
		if err != nil {
			t.Fatal(err)
		}
		for _, node := range graph.Nodes() {
			nodes[node.Key.Kind] = append(nodes[node.Key.Kind], node)
		}
	}
	return nodes
}

// lives are objects of a kind that are as no kind makes them: one without any value, and
// others of which every value is another one.
func lives(node *resource.Node) []any {
	live := node.Handler.Zero()
	all := []any{live}
	for _, on := range []bool{false, true} {
		other := reflect.New(reflect.TypeOf(live)).Elem()
		pervert(other, on, node.Handler.Compared, 0)
		all = append(all, other.Interface())
	}
	return all
}

// pervert fills a value with what nobody asks for. The attributes of an object are all that
// its kind declares.
func pervert(v reflect.Value, on bool, fields []resource.Field, depth int) {
	if depth > 6 || !v.CanSet() {
		return
	}
	switch v.Kind() {
	case reflect.String:
		v.SetString("other")
	case reflect.Bool:
		v.SetBool(on)
	case reflect.Int32, reflect.Int64, reflect.Int:
		v.SetInt(7)
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		pervert(v.Elem(), on, fields, depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		pervert(v.Index(0), on, fields, depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		if v.Type() != reflect.TypeFor[map[string]string]() {
			return
		}
		for _, field := range fields {
			for _, name := range field.AWSNames() {
				v.SetMapIndex(reflect.ValueOf(name), reflect.ValueOf("other"))
			}
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return
		}
		for i := range v.NumField() {
			pervert(v.Field(i), on, fields, depth+1)
		}
	default:
	}
}

// TestCompared_DeclaresEveryChange holds that a kind declares every field that its Diff or
// its Kept can name, and as what becomes of it: nothing that is compared is said not to be.
func TestCompared_DeclaresEveryChange(t *testing.T) {
	for kind, nodes := range compared(t) {
		t.Run(kind, func(t *testing.T) {
			seen := map[string]bool{}
			for _, node := range nodes {
				for _, live := range lives(node) {
					object := resource.Object{Key: node.Key, ID: "other", Live: live}
					check := func(changes []resource.Change, how resource.Treatment) {
						for _, change := range changes {
							field, declared := resource.FieldOf(node.Handler.Compared, change.Field)
							seen[field.Name] = true
							// What is stricter than asked is kept of a field that is repaired otherwise.
							if !declared || how == resource.Repaired && field.How != how || field.How == resource.Ignored {
								t.Errorf("%q is %s, and declared as: %+v", change.Field, how, field)
							}
						}
					}
					check(node.Handler.Diff(node, object, nil, nil), resource.Repaired)
					if node.Handler.Kept != nil {
						check(node.Handler.Kept(node, object), resource.Kept)
					}
				}
			}
			// What hangs on more than one object's own values, tests of its kind alone reach.
			elsewhere := []string{"network ACL", "description of *", "attributes", "state", "image", "description", "address type", "attached VPC", "tags of what is launched", "detailed monitoring of what is launched"}
			for _, field := range nodes[0].Handler.Compared {
				if field.How == resource.Repaired && !seen[field.Name] && !slices.Contains(elsewhere, field.Name) {
					t.Errorf("%q is declared as compared, and no object differs by it", field.Name)
				}
				if field.Name == "" || field.Why == "" {
					t.Errorf("a declaration lacks its name or its reason: %+v", field)
				}
			}
		})
	}
}

// TestCompared_DeclaresEveryFieldOfLiveObject holds that nothing that AWS tells of an object
// is passed over unsaid: a new field of the SDK fails it until somebody decides.
func TestCompared_DeclaresEveryFieldOfLiveObject(t *testing.T) {
	for kind, nodes := range compared(t) {
		declared := map[string]bool{}
		for _, field := range nodes[0].Handler.Compared {
			for _, name := range field.AWSNames() {
				if declared[name] && len(field.Of) > 0 {
					t.Errorf("%s: %s is declared twice", kind, name)
				}
				declared[name] = true
			}
		}
		for _, name := range fieldsOf(reflect.TypeOf(nodes[0].Handler.Zero())) {
			if !declared[name] {
				t.Errorf("%s: AWS's %s is declared neither as compared, nor as kept, nor as not looked at", kind, name)
			}
		}
	}
}

// fieldsOf are the names of a live object's exported fields, of those that it embeds, too.
func fieldsOf(t reflect.Type) []string {
	var names []string
	for _, f := range reflect.VisibleFields(t) {
		if f.IsExported() && !f.Anonymous {
			names = append(names, f.Name)
		}
	}
	return names
}

// undeclared are the attributes of an object that its kind doesn't declare.
func undeclared(object resource.Object, fields []resource.Field) []string {
	declared := map[string]bool{}
	for _, field := range fields {
		for _, name := range field.AWSNames() {
			declared[name] = true
		}
	}
	attributes := reflect.ValueOf(object.Live).FieldByName("Attributes")
	if !attributes.IsValid() || attributes.Type() != reflect.TypeFor[map[string]string]() {
		return nil
	}
	return slices.DeleteFunc(slices.Sorted(maps.Keys(attributes.Interface().(map[string]string))), func(name string) bool { return declared[name] })
}

const (
	tableBegins = "<!-- what is compared: begin -->\n"
	tableEnds   = "<!-- what is compared: end -->\n"
)

// TestDocuments_HaveWhatIsCompared compares the table in docs/operations.md with what the
// kinds declare.
func TestDocuments_HaveWhatIsCompared(t *testing.T) {
	const path = "../../docs/operations.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, begins := strings.Cut(string(text), tableBegins)
	was, after, ends := strings.Cut(rest, tableEnds)
	if !begins || !ends {
		t.Fatalf("%s lacks the comments around the table", path)
	}
	is := comparedTable()
	if flag.Lookup("update").Value.String() == "true" {
		if err := os.WriteFile(path, []byte(before+tableBegins+is+tableEnds+after), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := testenv.Diff(is, was); diff != "" {
		t.Errorf("docs/operations.md isn't what the kinds declare: make docs (-declared +written):\n%s", diff)
	}
}

// comparedTable has a line for what of a kind is treated alike for the same reason.
func comparedTable() string {
	var table strings.Builder
	table.WriteString("|Kind|Field|Is|Because|\n|---|---|---|---|\n")
	for _, kind := range blueprint.Kinds() {
		type alike struct {
			how resource.Treatment
			why string
		}
		var order []alike
		names := map[alike][]string{}
		for _, field := range kind.Compared {
			if field.Why == resource.Identity().Why {
				continue
			}
			of := alike{field.How, field.Why}
			if names[of] == nil {
				order = append(order, of)
			}
			names[of] = append(names[of], "`"+field.Name+"`")
		}
		name := "`" + kind.Name + "`"
		for _, of := range order {
			fmt.Fprintf(&table, "|%s|%s|%s|%s|\n", name, strings.Join(names[of], ", "), of.how, of.why)
			name = ""
		}
	}
	return table.String()
}
