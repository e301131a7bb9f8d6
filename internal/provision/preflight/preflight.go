// Package preflight asks AWS, before the first object of a plan is made, whether the
// account's quotas have room for it and its policies allow it. It changes nothing.
package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/provision/plan"
	"github.com/platformctl/platformctl/internal/resource"
)

// Finding is one thing for which a plan can't be carried out, seen before the
// first object of it was made.
type Finding struct {
	// Resource is the key of the first object that would be refused.
	Resource resource.Key
	// Problem says what is short or missing, Hint what to do about it.
	Problem string
	Hint    string
	// Configuration says that the configuration is at fault, and not the account.
	Configuration bool
}

// Error holds all that was found. Nothing was touched.
type Error struct{ Findings []Finding }

// Configuration reports whether the configuration is at fault for any of it.
func (e *Error) Configuration() bool {
	return slices.ContainsFunc(e.Findings, func(f Finding) bool { return f.Configuration })
}

// Error is one line for each finding.
func (e *Error) Error() string {
	lines := make([]string, 0, len(e.Findings)+1)
	lines = append(lines, "nothing was made, because AWS would refuse it half-way:")
	for _, f := range e.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", f.Resource, f.Problem, f.Hint))
	}
	return strings.Join(lines, "\n")
}

// Subject is what a plan is for, and the plan.
type Subject struct {
	// Clients are the observation's: what was listed for it isn't listed again.
	Clients *awsapi.Clients
	Owner   awsapi.Owner
	Graph   *resource.Graph
	Plan    *plan.Plan
	Kinds   []resource.Handler
	// Budget is how long the questions may take whose answers are advice. Zero: Budget.
	Budget time.Duration
}

// Check asks AWS, all at once, whether the account's quotas have room for what a plan would
// make, whether the caller may carry it out, and whether AWS can make it at all. It makes no
// call where the plan makes nothing, and changes nothing. A question that isn't answered,
// because the caller may not ask, the endpoint doesn't know it, or it takes too long, is told
// and skipped: then AWS's own refusal comes later. The error is a *Error, or the context's.
func Check(ctx context.Context, s Subject, teller Teller) error {
	if !slices.ContainsFunc(s.Plan.Steps, isAskedAbout) {
		return nil
	}
	p := &preflight{subject: s, changes: map[string]bool{}, advice: newAdvice(ctx, s.Budget, teller)}
	p.askQuotas()
	p.askPermissions(ctx)
	p.askKinds(ctx)
	for _, step := range s.Plan.Refused() {
		p.found(findingOf(*step.Refused))
	}
	p.wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if findings := p.inOrder(); len(findings) > 0 {
		return &Error{findings}
	}
	return nil
}

// isAskedAbout reports whether a step makes something, or makes a change that can't be made of everything.
func isAskedAbout(step *plan.Step) bool {
	return step.Action == plan.Create || step.Action == plan.Replace || step.Action == plan.Update &&
		slices.ContainsFunc(step.Changes, func(c resource.Change) bool { return slices.Contains(step.Handler.Unchangeable, c.Field) })
}

// preflight is one round of questions.
type preflight struct {
	*advice
	subject Subject
	changes map[string]bool // actions that the plan needs for what is there already

	mu       sync.Mutex
	findings map[resource.Key][]Finding
}

// askKinds has each kind look at what is to be made of it.
func (p *preflight) askKinds(ctx context.Context) {
	for _, kind := range p.subject.Kinds {
		if kind.Unmakeable == nil {
			continue
		}
		var nodes []*resource.Node
		for _, step := range p.subject.Plan.Steps {
			if step.Key.Kind == kind.Name && isAskedAbout(step) {
				nodes = append(nodes, step.Node)
			}
		}
		if len(nodes) == 0 {
			continue
		}
		p.askLong(ctx, "whether AWS can make each "+kind.Name, func(ctx context.Context) error {
			problems, err := kind.Unmakeable(ctx, p.subject.Clients, nodes)
			for _, problem := range problems {
				p.found(findingOf(problem))
			}
			return err
		})
	}
}

func findingOf(p resource.Problem) Finding {
	return Finding{Resource: p.Key, Problem: p.Text, Hint: p.Hint, Configuration: p.Configuration}
}

func (p *preflight) found(f Finding) {
	for _, kind := range p.subject.Kinds {
		if kind.Name == f.Resource.Kind && kind.AskedBy != "" && !f.Configuration {
			f.Configuration = true
			f.Hint += ", or leave " + kind.AskedBy + " out"
		}
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.findings == nil {
		p.findings = map[resource.Key][]Finding{}
	}
	p.findings[f.Resource] = append(p.findings[f.Resource], f)
}

// inOrder are the findings in the order of the plan.
func (p *preflight) inOrder() []Finding {
	var all []Finding
	for _, step := range p.subject.Plan.Steps {
		all = append(all, p.findings[step.Key]...)
		delete(p.findings, step.Key)
	}
	return all
}
