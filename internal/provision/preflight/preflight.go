// Package preflight asks AWS, before the first object of a plan is made, whether the
// account's quotas have room for it and its policies allow it. It changes nothing.
package preflight

import (
	"context"
	"fmt"
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
}

// Error holds all that was found. Nothing was touched.
type Error struct{ Findings []Finding }

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
}

// How long the questions may take. They are worth little enough that nobody
// should wait for one that AWS doesn't answer.
const (
	patience = 2 * time.Second // of each call
	longest  = 10 * time.Second
)

// Check asks AWS, all at once, whether the account's quotas have room for
// what a plan would make, and whether the caller may carry it out. It makes no
// call where the plan makes nothing, and changes nothing. A question that isn't
// answered, because the caller may not ask or the endpoint doesn't know it, is
// told and skipped: then AWS's own refusal comes later. The error is a
// *Error, or the context's.
func Check(ctx context.Context, s Subject, tell func(string)) error {
	if s.Plan.Count(plan.Create) == 0 && s.Plan.Count(plan.Replace) == 0 {
		return nil
	}
	asking, cancel := context.WithTimeout(awsapi.WithPatience(ctx, patience), longest)
	defer cancel()
	p := &preflight{clients: s.Clients, subject: s, tell: tell}
	p.askQuotas(asking)
	p.askPermissions(asking)
	p.all.Wait()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if findings := p.inOrder(); len(findings) > 0 {
		return &Error{findings}
	}
	return nil
}

// preflight is one round of questions.
type preflight struct {
	clients *awsapi.Clients
	subject Subject
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
	for _, step := range p.subject.Plan.Steps {
		all = append(all, p.findings[step.Key]...)
		delete(p.findings, step.Key)
	}
	return all
}
