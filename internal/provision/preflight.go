package provision

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
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
}

// PreflightError holds all that was found. Nothing was touched.
type PreflightError struct{ Findings []Finding }

// Error is one line for each finding.
func (e *PreflightError) Error() string {
	lines := make([]string, 0, len(e.Findings)+1)
	lines = append(lines, "nothing was made, because AWS would refuse it half-way:")
	for _, f := range e.Findings {
		lines = append(lines, fmt.Sprintf("%s: %s; %s", f.Resource, f.Problem, f.Hint))
	}
	return strings.Join(lines, "\n")
}

// How long the questions may take. They are worth little enough that nobody
// should wait for one that AWS doesn't answer.
const (
	preflightPatience = 2 * time.Second // of each call
	preflightTime     = 10 * time.Second
)

// Preflight asks AWS, all at once, whether the account's quotas have room for
// what a plan would make, and whether the caller may carry it out. It makes no
// call where the plan makes nothing, and changes nothing. A question that isn't
// answered, because the caller may not ask or the endpoint doesn't know it, is
// told and skipped: then AWS's own refusal comes later. The error is a
// *PreflightError, or the context's.
func Preflight(ctx context.Context, view *View, tell func(string)) error {
	if view.Plan.Count(Create) == 0 && view.Plan.Count(Replace) == 0 {
		return nil
	}
	asking, cancel := context.WithTimeout(awsapi.WithPatience(ctx, preflightPatience), preflightTime)
	defer cancel()
	p := &preflight{clients: view.Observed.Clients(), view: view, tell: tell}
	p.askQuotas(asking)
	p.askPermissions(asking)
	p.all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if findings := p.inOrder(); len(findings) > 0 {
		return &PreflightError{findings}
	}
	return nil
}

// preflight is one round of questions.
type preflight struct {
	// clients are the observation's snapshot: what was listed for it isn't listed again.
	clients *awsapi.Clients
	view    *View
	tell    func(string)
	all     sync.WaitGroup

	mu       sync.Mutex
	findings map[resource.Key][]Finding
}

// ask asks one question beside the others.
func (p *preflight) ask(question string, ask func() error) {
	p.all.Go(func() {
		if err := ask(); err != nil {
			p.mu.Lock()
			defer p.mu.Unlock()
			p.tell(fmt.Sprintf("not checked beforehand: %s: %s", question, awsapi.Text(err)))
		}
	})
}

func (p *preflight) found(f Finding) {
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
	for _, step := range p.view.Plan.Steps {
		all = append(all, p.findings[step.Key]...)
		delete(p.findings, step.Key)
	}
	return all
}

// wave is what a plan makes of a kind before it deletes anything of it, and
// what it then deletes.
type wave struct {
	made []*resource.Node
	ends []resource.Object
}

// waves are what a plan makes of a kind beside what is there: first all that
// takes no turns, and then one turn after the other.
func (p *Plan) waves(kind string) []wave {
	var all []wave
	place := map[string]int{}
	for _, step := range p.Steps {
		beside := step.Action == Create || step.Action == Replace && !step.handler.DeleteBeforeCreate
		if step.Key.Kind != kind || !beside {
			continue
		}
		i, ok := place[step.Turn]
		if !ok {
			i = len(all)
			place[step.Turn], all = i, append(all, wave{})
		}
		all[i].made = append(all[i].made, step.node)
		if step.Turn != "" && step.object != nil {
			all[i].ends = append(all[i].ends, *step.object)
		}
	}
	if i, ok := place[""]; ok && i > 0 {
		first := all[i]
		all = slices.Insert(slices.Delete(all, i, i+1), 0, first)
	}
	return all
}
