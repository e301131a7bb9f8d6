package preflight

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Budget is how long all questions together may take whose answers are only advice: AWS's own
// refusal comes later, where one would have said no. Nobody should wait longer for them.
const Budget = 2 * time.Second

// Teller hears of what couldn't be asked.
type Teller struct {
	// Detail has each question, and why it wasn't answered. Both may be nil.
	Detail func(string)
	// Say is for one line that everybody should see: that AWS didn't answer in time.
	Say func(string)
}

func (t Teller) detail(line string) {
	if t.Detail != nil {
		t.Detail(line)
	}
}

// advice is a round of questions with one budget.
type advice struct {
	ctx    context.Context //nolint:containedctx // the budget of all questions, which begins with the round
	cancel context.CancelFunc
	budget time.Duration
	teller Teller
	all    sync.WaitGroup

	mu   sync.Mutex
	late []string
}

func newAdvice(ctx context.Context, budget time.Duration, teller Teller) *advice {
	if budget == 0 {
		budget = Budget
	}
	asking, cancel := context.WithTimeout(awsapi.WithPatience(ctx, budget), budget)
	return &advice{ctx: asking, cancel: cancel, budget: budget, teller: teller}
}

// ask asks one question beside the others, within the budget.
func (a *advice) ask(question string, ask func(context.Context) error) {
	a.askLong(a.ctx, question, ask)
}

// askLong asks one that is worth more time than the budget.
func (a *advice) askLong(ctx context.Context, question string, ask func(context.Context) error) {
	a.all.Go(func() {
		err := ask(ctx)
		if err == nil {
			return
		}
		a.mu.Lock()
		defer a.mu.Unlock()
		if a.ctx.Err() != nil || awsapi.IsGivenUp(err) {
			a.late = append(a.late, question)
		}
		a.teller.detail(fmt.Sprintf("not checked beforehand: %s: %s", question, awsapi.Text(err)))
	})
}

// wait ends with the last answer, or with the budget.
func (a *advice) wait() {
	a.all.Wait()
	a.cancel()
	if len(a.late) > 0 && a.teller.Say != nil {
		slices.Sort(a.late)
		a.teller.Say(fmt.Sprintf("not checked beforehand, since AWS didn't answer within %s: %s", a.budget, strings.Join(slices.Compact(a.late), ", ")))
	}
}
