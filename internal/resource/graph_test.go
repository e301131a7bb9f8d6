package resource

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// part is a spec that refers to others.
type part struct{ refs []Ref }

func (p part) Refs() []Ref { return p.refs }

var parts = Kind[part, any]{Traits: Traits{Name: "part"}}

func TestParseKey_RoundTrips(t *testing.T) {
	for text, want := range map[string]Key{
		"subnet/private-a": {"subnet", "private-a"},
		"part/a/b":         {"part", "a/b"}, // as a registration's, which has an ARN in it
	} {
		got, err := ParseKey(text)
		if err != nil || got != want || got.String() != text {
			t.Errorf("%q reads as %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "/", "subnet", "subnet/", "/private-a", "subnet/a b", "subnet/a\n", "subnet/\x1b[31m", "subnet/\u202ea", "subnet/\u009b"} {
		if key, err := ParseKey(text); err == nil {
			t.Errorf("%q was read as %+v", text, key)
		}
	}
	before := map[Key]int{{"a", "b"}: 1}
	text, err := json.Marshal(before)
	if err != nil || string(text) != `{"a/b":1}` {
		t.Errorf("as JSON it is %s, %v", text, err)
	}
	var after map[Key]int
	if err := json.Unmarshal(text, &after); err != nil || !reflect.DeepEqual(before, after) {
		t.Errorf("it comes back as %v, %v", after, err)
	}
	if !(Key{}).IsZero() || (Key{Kind: "a"}).IsZero() {
		t.Error("the zero key is told apart wrongly")
	}
}

func TestAdd_CollectsNeeds(t *testing.T) {
	g := &Graph{}
	base := Add(g, parts, "base", part{})
	side := Add(g, parts, "side", part{})
	Add(g, parts, "roof", part{[]Ref{base, {}, base}}, side, base)
	if err := g.Err(); err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff([]Key{base.Key(), side.Key()}, g.Node(Key{"part", "roof"}).Needs); diff != "" {
		t.Error(diff)
	}
	var order []string
	for _, node := range g.Nodes() {
		order = append(order, node.Key.Name)
	}
	if diff := testenv.Diff([]string{"base", "side", "roof"}, order); diff != "" {
		t.Error(diff)
	}
	if g.Node(Key{"part", "cellar"}) != nil {
		t.Error("there is a node that nobody added")
	}
}

func TestGraphErr_ReportsMistakes(t *testing.T) {
	other := Add(&Graph{}, parts, "elsewhere", part{})
	for name, test := range map[string]struct {
		build func(*Graph)
		want  string
	}{
		"a name used twice": {func(g *Graph) {
			Add(g, parts, "a", part{})
			Add(g, parts, "a", part{})
		}, "part/a is in the graph twice"},
		"a reference of another graph": {func(g *Graph) { Add(g, parts, "a", part{[]Ref{other}}) },
			"part/a refers to part/elsewhere, which is not in the graph"},
		"after what is not there": {func(g *Graph) { Add(g, parts, "a", part{}, other) },
			"part/a refers to part/elsewhere, which is not in the graph"},
	} {
		t.Run(name, func(t *testing.T) {
			g := &Graph{}
			test.build(g)
			if err := g.Err(); err == nil || err.Error() != test.want {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
	if err := (&Graph{}).Err(); err != nil || len((&Graph{}).Nodes()) != 0 {
		t.Errorf("the empty graph is a mistake: %v", err)
	}
}

func TestIDs_ResolveNamedReferences(t *testing.T) {
	g := &Graph{}
	made, planned, hidden := Add(g, parts, "made", part{}), Add(g, parts, "planned", part{}), Add(g, parts, "hidden", part{})
	ids := ResolveFor(part{[]Ref{made, planned}}, map[Key]string{made.Key(): "p-1", hidden.Key(): "p-2"})
	if diff := testenv.Diff([]string{"p-1", Unknown, ""}, ids.All([]Ref{made, planned, {}})); diff != "" {
		t.Error(diff)
	}
	defer func() {
		if r, _ := recover().(string); !strings.Contains(r, "reads part/hidden without naming it in Refs") {
			t.Errorf("reading what was not named: %q", r)
		}
	}()
	ids.Of(hidden)
}
