package apply_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/observe"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// memory is a cloud that holds objects of any kind in memory. Time in it is
// the test's, which runs in a synctest bubble.
type memory struct {
	mu      sync.Mutex
	objects map[string]*thing // by ID
	serial  int
	lists   map[string]int // list calls by kind
	log     []string
	making  time.Duration // from create to ready
	ending  time.Duration // from delete to gone
	fail    func(operation, key string) error
	hidden  time.Duration // how long a new object is not listed
	tokens  []string      // of all creations
	spent   map[string]bool
	// tokenless kinds ignore the token, so that each call makes an object.
	tokenless map[string]bool
	// lose says of a creation that was carried out that its reply gets lost.
	lose func(key string) error
	// sick are the keys whose next objects never become ready.
	sick map[string]bool
	// elsewhere says that what makes them so doesn't lie in them.
	elsewhere bool
	// dooms are why the next objects of a key fail once they are made, in order.
	dooms map[string][]string
}

// passing is the failure of an object after which another one may do well.
const passing = "it didn't know what it stands on yet"

// silence makes the objects of a key unready for good, or ready again.
func (m *memory) silence(key string, silent bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, t := range m.objects {
		if t.tags[awsapi.TagKey] != key {
			continue
		}
		t.ready = time.Now()
		if silent {
			t.ready = time.Now().Add(1000 * time.Hour)
		}
	}
}

type thing struct {
	id      string
	kind    string
	tags    map[string]string
	value   string
	fixed   string
	parents []string
	born    time.Time
	ready   time.Time
	gone    time.Time // zero: not being deleted
	failed  string
	token   string
}

type spec struct {
	Parents []resource.Ref
	Value   string // can be changed in place
	Fixed   string // can't
}

func (s spec) Refs() []resource.Ref { return s.Parents }

// kind is a kind of object in the memory cloud. It enforces what AWS enforces:
// parents exist, and what something stands on can't be deleted.
func (m *memory) kind(name string, options ...func(*resource.Kind[spec, thing])) resource.Kind[spec, thing] {
	k := resource.Kind[spec, thing]{
		Traits: resource.Traits{
			Name: name,
			Removal: resource.Removal{
				AsynchronousDelete: true,
				Delete: func(_ context.Context, _ *awsapi.Clients, r resource.Record) error {
					return m.delete(r)
				},
			},
		},
		Reading: resource.Reading[thing]{
			List: func(_ context.Context, _ *awsapi.Clients, owner awsapi.Owner) ([]thing, error) {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.lists[name]++
				m.settle()
				var found []thing
				for _, id := range slices.Sorted(maps.Keys(m.objects)) {
					if t := m.objects[id]; t.kind == name && owner.Owns(t.tags) && !time.Now().Before(t.born.Add(m.hidden)) {
						found = append(found, *t)
					}
				}
				return found, nil
			},
			ID:     func(t thing) string { return t.id },
			Tags:   func(t thing) map[string]string { return t.tags },
			Status: status,
		},
		Writing: resource.Writing[spec, thing]{
			Diff: func(s spec, t thing, ids resource.IDs) []resource.Change {
				var changes []resource.Change
				if s.Value != t.value {
					changes = append(changes, resource.Change{Field: "value", Want: s.Value, Have: t.value})
				}
				if s.Fixed != t.fixed {
					changes = append(changes, resource.Change{Field: "fixed", Want: s.Fixed, Have: t.fixed, Replace: true})
				}
				if want := ids.All(s.Parents); !slices.Equal(want, t.parents) {
					changes = append(changes, resource.Change{Field: "parents", Want: fmt.Sprint(want), Have: fmt.Sprint(t.parents), Replace: true})
				}
				return changes
			},
			Create: func(_ context.Context, call resource.Call[spec]) (string, error) {
				return m.create(name, call)
			},
			Update: func(_ context.Context, call resource.Call[spec], t thing, _ []resource.Change) error {
				m.mu.Lock()
				defer m.mu.Unlock()
				m.log = append(m.log, "update "+call.Key.String())
				m.objects[t.id].value = call.Spec.Value
				return nil
			},
		},
	}
	for _, option := range options {
		option(&k)
	}
	if k.NotIdempotent {
		m.tokenless[name] = true
	}
	return k
}

func status(t thing) resource.Status {
	switch now := time.Now(); {
	case !t.gone.IsZero():
		return resource.Status{Phase: resource.Deleting}
	case t.failed != "":
		return resource.Status{Phase: resource.Failed, Reason: t.failed, Transient: t.failed == passing}
	case now.Before(t.ready):
		return resource.Status{Phase: resource.Pending, Reason: "being made"}
	default:
		return resource.Status{Phase: resource.Ready}
	}
}

func newMemory() *memory {
	return &memory{objects: map[string]*thing{}, lists: map[string]int{}, tokenless: map[string]bool{}}
}

func (m *memory) create(kind string, call resource.Call[spec]) (string, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	if m.fail != nil {
		if err := m.fail("create", call.Key.String()); err != nil {
			return "", err
		}
	}
	for _, t := range m.objects {
		if t.token == call.Token && !m.tokenless[kind] {
			if t.fixed != call.Spec.Fixed {
				return "", &smithy.GenericAPIError{Code: "IdempotentParameterMismatch", Message: "the token was used with other parameters"}
			}
			return t.id, nil
		}
	}
	if m.spent[call.Token] {
		return "", fmt.Errorf("the token of %s was used for an object that is gone", call.Key)
	}
	m.tokens = append(m.tokens, call.Token)
	parents := call.IDs.All(call.Spec.Parents)
	for _, id := range parents {
		if parent := m.objects[id]; parent == nil || time.Now().Before(parent.ready) {
			return "", fmt.Errorf("%s was created before %q was ready", call.Key, id)
		}
	}
	m.serial++
	t := &thing{
		id: fmt.Sprintf("%s-%04d", kind, m.serial), kind: kind, tags: maps.Clone(call.Tags), fixed: call.Spec.Fixed,
		parents: parents, born: time.Now(), ready: time.Now().Add(m.making), token: call.Token,
	}
	if m.sick[call.Key.String()] {
		t.ready = time.Now().Add(1000 * time.Hour)
	}
	if dooms := m.dooms[call.Key.String()]; len(dooms) > 0 {
		t.failed, m.dooms[call.Key.String()] = dooms[0], dooms[1:]
	}
	m.objects[t.id] = t
	m.log = append(m.log, fmt.Sprintf("create %s@%d", call.Key, call.Generation))
	if m.lose != nil {
		if err := m.lose(call.Key.String()); err != nil {
			return "", err
		}
	}
	return t.id, nil
}

func (m *memory) delete(r resource.Record) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	if m.fail != nil {
		if err := m.fail("delete", r.Key.String()); err != nil {
			return err
		}
	}
	t := m.objects[r.ID]
	if t == nil {
		return &smithy.GenericAPIError{Code: "Thing.NotFound", Message: "no " + r.ID}
	}
	for _, other := range m.objects {
		if slices.Contains(other.parents, r.ID) {
			return &smithy.GenericAPIError{Code: "DependencyViolation", Message: other.id + " stands on it"}
		}
	}
	t.gone = time.Now().Add(m.ending)
	m.log = append(m.log, fmt.Sprintf("delete %s@%d", r.Key, r.Generation))
	m.settle()
	return nil
}

// settle removes what has gone by now.
func (m *memory) settle() {
	for id, t := range m.objects {
		if !t.gone.IsZero() && !time.Now().Before(t.gone) {
			delete(m.objects, id)
		}
	}
}

// alive are the keys of the objects that are there, sorted.
func (m *memory) alive() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.settle()
	keys := []string{}
	for _, t := range m.objects {
		keys = append(keys, t.tags[awsapi.TagKey])
	}
	slices.Sort(keys)
	return keys
}

// platform is a memory cloud with a state, for one owner.
type platform struct {
	*memory
	t      testing.TB
	owner  awsapi.Owner
	store  *state.Store
	kinds  []resource.Handler
	events []apply.Event
	evMu   sync.Mutex
}

func newPlatform(t testing.TB, m *memory, kinds ...resource.Kind[spec, thing]) *platform {
	t.Helper()
	store, err := state.Open("", state.Identity{Platform: "test"})
	if err != nil {
		t.Fatal(err)
	}
	p := &platform{memory: m, t: t, owner: awsapi.Owner{Platform: "test"}, store: store}
	for _, k := range kinds {
		p.kinds = append(p.kinds, k.Handler())
	}
	return p
}

func (p *platform) plan(ctx context.Context, graph *resource.Graph) *plan.Plan {
	p.t.Helper()
	if err := graph.Err(); err != nil {
		p.t.Fatal(err)
	}
	observed, err := observe.All(ctx, &awsapi.Clients{}, p.owner, p.kinds)
	if err != nil {
		p.t.Fatal(err)
	}
	return plan.Make(graph, p.kinds, p.owner, observed, p.store.Document())
}

func (p *platform) apply(ctx context.Context, plan *plan.Plan) (*apply.Result, error) {
	run := &apply.Run{Clients: &awsapi.Clients{}, Owner: p.owner, Store: p.store, Events: func(e apply.Event) {
		p.evMu.Lock()
		defer p.evMu.Unlock()
		p.events = append(p.events, e)
	}}
	return run.Apply(ctx, plan)
}

func (p *platform) up(ctx context.Context, graph *resource.Graph) *apply.Result {
	p.t.Helper()
	result, err := p.apply(ctx, p.plan(ctx, graph))
	if err != nil {
		p.t.Fatal(err)
	}
	return result
}

var errRefused = errors.New("refused")

// violation is how AWS refuses to delete what is in use.
func violation() error {
	return &smithy.GenericAPIError{Code: "DependencyViolation", Message: "it is in use"}
}
