package cli

import (
	"slices"
	"sync"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/kinds/dns"
	"github.com/platformctl/platformctl/internal/present/progress"
	"github.com/platformctl/platformctl/internal/provision/apply"
)

// proofs are the DNS records that a person has to make before a certificate is issued: where the configuration names no hosted
// zone, an up tells of them, and waits.
type proofs struct {
	https    config.HTTPS
	progress *progress.Progress

	mu     sync.Mutex
	needed []dns.Needed
}

// hear tells of the records that an event names, each set once.
func (p *proofs) hear(e apply.Event) {
	p.progress.Event(e)
	if p.https.HostedZone != "" || e.Key.Kind != dns.ValidationKind().Name {
		return
	}
	needed := dns.NeededIn(e.Detail)
	if e.Type == apply.Done {
		needed = nil
	} else if e.Type != apply.Waiting || len(needed) == 0 {
		return
	}
	p.mu.Lock()
	told := slices.Equal(needed, p.needed)
	p.needed = needed
	p.mu.Unlock()
	if told || len(needed) == 0 {
		return
	}
	p.progress.Warn("make these DNS records where " + p.https.Domain + " is kept; up waits until ACM has found them, and goes on from there when it is run again:")
	for _, record := range needed {
		p.progress.Line("  " + record.String())
	}
}

// with adds the records that are still to be made to an error.
func (p *proofs) with(err error) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if err == nil || len(p.needed) == 0 {
		return err
	}
	return &dns.Unproven{Records: p.needed, Err: err}
}
