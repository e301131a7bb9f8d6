package cli

import (
	"context"
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/provision/apply"
)

// refreshes knows whether an instance refresh is under way, which an up follows, and which goes on without it.
type refreshes struct {
	progress *progress.Progress

	mu       sync.Mutex
	underWay map[string]bool // by key
}

func (r *refreshes) hear(e apply.Event) {
	if e.Key.Kind != autoscaling.GroupKind().Name {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.underWay == nil {
		r.underWay = map[string]bool{}
	}
	r.underWay[e.Key.String()] = e.Type == apply.Waiting && strings.HasPrefix(e.Detail, autoscaling.RefreshWords)
}

// interrupted tells what goes on where a person has interrupted the up.
func (r *refreshes) interrupted(ctx context.Context) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if ctx.Err() == nil {
		return
	}
	for _, is := range r.underWay {
		if is {
			r.progress.Warn("the instance refresh goes on by itself, and is rolled back if it fails; platformctl status shows how far it is, and platformctl up follows it")
			return
		}
	}
}
