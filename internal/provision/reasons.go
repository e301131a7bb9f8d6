package provision

import (
	"encoding/json"
	"reflect"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
	"github.com/platformctl/platformctl/internal/state"
)

// A plan says how objects differ from what they should be. Where that is because a person changed the configuration
// since the last up, the person is told which key, and of what only follows from that, what it follows from.

// Applied is a configuration as the state keeps it.
func Applied(cfg config.Config) ([]byte, error) {
	cfg.File = ""
	return json.Marshal(cfg)
}

// RecordApplied notes in the state which configuration the platform is made of.
func RecordApplied(store *state.Store, cfg config.Config) error {
	applied, err := Applied(cfg)
	if err != nil || string(store.Document().Applied) == string(applied) {
		return err
	}
	return store.Update(func(d *state.Document) { d.Applied = applied })
}

// explain rewrites the reasons of a view's plan. Where the state doesn't know the last configuration, only what follows
// from something else is said otherwise.
func explain(view *View, doc state.Document, available []string, facts blueprint.Facts) {
	e := explaining{view: view, ids: map[resource.Key]string{}, causes: map[resource.Key][]string{}}
	for _, step := range view.Plan.Steps {
		if step.Object != nil && step.Node != nil {
			e.ids[step.Key] = step.ID()
		}
	}
	before := config.Default()
	if doc.Applied != nil && json.Unmarshal(doc.Applied, &before) == nil {
		build := func(cfg config.Config) *resource.Graph {
			facts, err := blueprint.FactsOf(cfg, available, view.Observed.Objects, facts)
			if err != nil {
				return nil // what it asked for can't be had any more
			}
			graph, err := blueprint.Build(cfg, facts)
			if err != nil {
				return nil
			}
			return graph
		}
		e.compare(before, build)
	}
	for _, step := range view.Plan.Steps {
		e.explain(step)
	}
}

type explaining struct {
	view *View
	ids  map[resource.Key]string // of what is there
	// before is what the platform should have been, by the configuration of the last up; nil where that isn't known.
	before *resource.Graph
	owner  config.Config
	// causes are the changes of the configuration behind each object, and tags that of all objects' tags.
	causes map[resource.Key][]string
	tags   string
}

// compare finds out what each change of the configuration changes by itself.
func (e *explaining) compare(before config.Config, build func(config.Config) *resource.Graph) {
	if e.before = build(before); e.before == nil {
		return
	}
	e.owner = before
	changes := config.Changed(before, e.view.Config)
	for _, change := range changes {
		if change.Key == "tags" {
			e.tags = change.Text
		}
		with := build(change.With)
		if with == nil {
			continue
		}
		for _, key := range differing(e.before, with) {
			e.causes[key] = append(e.causes[key], change.Text)
		}
	}
	// What no change brings about by itself, several keys of a section do, such as a domain and its hosted zone.
	sections := map[string]string{}
	for _, kind := range blueprint.Kinds() {
		sections[kind.Name] = kind.AskedBy
	}
	for _, key := range differing(e.before, e.view.Graph) {
		if section := sections[key.Kind]; section != "" && e.causes[key] == nil {
			for _, change := range changes {
				if strings.HasPrefix(change.Key, section+".") {
					e.causes[key] = append(e.causes[key], change.Text)
				}
			}
		}
	}
}

// differing are the keys of the objects that two graphs don't share, or want otherwise.
func differing(a, b *resource.Graph) []resource.Key {
	var keys []resource.Key
	for _, node := range a.Nodes() {
		if other := b.Node(node.Key); other == nil || !reflect.DeepEqual(node.Spec, other.Spec) {
			keys = append(keys, node.Key)
		}
	}
	for _, node := range b.Nodes() {
		if a.Node(node.Key) == nil {
			keys = append(keys, node.Key)
		}
	}
	return keys
}

func (e *explaining) explain(step *plan.Step) {
	causes := e.causes[step.Key]
	switch step.Action {
	case plan.Create:
		if len(causes) > 0 {
			step.Reasons = causes
		}
	case plan.Delete:
		switch {
		case len(causes) == 0 || step.Completes:
		case step.Supersedes: // what an earlier run was to do for the same change, and didn't end
			step.Reasons = slices.Concat(causes, step.Reasons)
		default:
			step.Reasons = causes
		}
	case plan.Update, plan.Replace:
		step.Reasons = e.reasons(step, causes)
	}
}

// reasons are why an object is changed: what a person changed, what it is built on that is another one now, and
// what has changed by itself.
func (e *explaining) reasons(step *plan.Step, causes []string) []string {
	drift := e.drift(step)
	var meant, follows, rest []string
	for _, change := range step.Changes {
		unknown := strings.Contains(change.Want, resource.Unknown) || leaves(step, change)
		switch {
		case !unknown && slices.Contains(drift, change):
			rest = append(rest, change.String())
		case e.before != nil && change.Field == resource.TagsField && e.tags != "":
			meant = append(meant, e.tags)
		case len(causes) > 0:
			meant = append(meant, causes...)
		case unknown && e.follows(step) != "":
			follows = append(follows, e.follows(step))
		default:
			rest = append(rest, change.String())
		}
	}
	all := slices.Concat(step.Reasons[:len(step.Reasons)-len(step.Changes)], meant, follows, rest)
	step.Follows = len(follows) > 0 && len(all) == len(follows)
	var reasons []string
	for _, reason := range all {
		if !slices.Contains(reasons, reason) {
			reasons = append(reasons, reason)
		}
	}
	return reasons
}

// leaves reports whether a change only gives up what is replaced.
func leaves(step *plan.Step, change resource.Change) bool {
	return change.Want == "" && slices.ContainsFunc(step.Needs, func(need *plan.Step) bool {
		return need.Node != nil && need.Action == plan.Replace && strings.Contains(change.Have, need.ID())
	})
}

// drift are the changes that the last configuration would have wanted, too.
func (e *explaining) drift(step *plan.Step) []resource.Change {
	if e.before == nil {
		return nil
	}
	node := e.before.Node(step.Key)
	if node == nil {
		return nil
	}
	return node.Handler.Diff(node, *step.Object, e.ids, OwnerOf(e.owner, state.Document{}).StableTags(step.Key.String(), plan.TagName(step.Key)))
}

// follows names what a step's object is built on that is another one afterwards.
func (e *explaining) follows(step *plan.Step) string {
	var made, replaced []string
	for _, ref := range step.Node.Spec.Refs() {
		for _, need := range step.Needs {
			switch {
			case ref.IsZero() || need.Node == nil || need.Key != ref.Key():
			case need.Action == plan.Replace && !slices.Contains(replaced, need.Key.String()):
				replaced = append(replaced, need.Key.String())
			case need.Action == plan.Create && !slices.Contains(made, need.Key.String()):
				made = append(made, need.Key.String())
			}
		}
	}
	return strings.Join(slices.DeleteFunc([]string{verb(replaced, "replaced"), verb(made, "created")}, func(s string) bool { return s == "" }), ", ")
}

// verb is a sentence of what becomes of things.
func verb(names []string, done string) string {
	switch len(names) {
	case 0:
		return ""
	case 1:
		return names[0] + " is " + done
	default:
		return strings.Join(names[:len(names)-1], ", ") + " and " + names[len(names)-1] + " are " + done
	}
}
