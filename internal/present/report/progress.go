package report

import (
	"sync"
	"time"

	"github.com/platformctl/platformctl/internal/provision"
)

// redrawEvery is the time between two pictures on a terminal: quick enough to
// look alive, slow enough to cost nothing.
const redrawEvery = 100 * time.Millisecond

// Progress shows on Err what runs: on a terminal as a block of lines that
// keeps itself up to date, below what went wrong; elsewhere, and beside the
// block where nothing is to be summed up, as a line for each thing that happens.
type Progress struct {
	streams Streams
	styles  styles
	live    bool
	now     func() time.Time

	stopping sync.Once
	stop     chan struct{}

	mu       sync.Mutex
	over     bool
	board    board
	screen   screen
	finished []string // lines for above the block, not yet written
}

// NewProgress begins to show the progress of what the title says, such as "up
// shop". Whoever begins it must call Stop, also after an error: until then the
// terminal's cursor is hidden.
func NewProgress(s Streams, title string) *Progress {
	ticker := time.NewTicker(redrawEvery)
	p := newProgress(s, title, time.Now)
	go func() {
		defer ticker.Stop()
		p.run(ticker.C)
	}()
	return p
}

func newProgress(s Streams, title string, now func() time.Time) *Progress {
	return &Progress{
		streams: s,
		styles:  s.errStyles(),
		live:    s.Terminal,
		now:     now,
		stop:    make(chan struct{}),
		board:   board{title: title, since: now()},
		screen:  screen{out: s.Err, size: s.size},
	}
}

// run draws at each tick until Stop.
func (p *Progress) run(ticks <-chan time.Time) {
	for {
		select {
		case <-p.stop:
			return
		case <-ticks:
			p.redraw()
		}
	}
}

func (p *Progress) redraw() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.live || p.over {
		return
	}
	// The lines above are worth seeing, too: they tell of what went wrong.
	width, height := p.streams.size()
	p.screen.draw(p.finished, p.board.block(p.styles, p.now(), width, max(height-height/6, 2)))
	p.finished = nil
}

// Plan says which steps there are to do.
func (p *Progress) Plan(steps []provision.Ahead) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.board.plan(steps)
}

// Note shows a phase of the run that is not a step, until the next one; ""
// ends it.
func (p *Progress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	if text = oneLine(text); text == p.board.note {
		return
	}
	p.board.note, p.board.noteSince = text, p.now()
	if text != "" && !p.live {
		p.say(text)
	}
}

// Event takes in what a step does. It is safe for concurrent use, and does
// nothing after Stop.
func (p *Progress) Event(e provision.Event) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	key, verb := e.Key.String(), words(e.Action)
	switch e.Type {
	case provision.Started:
		p.board.note = "" // what came before the steps is over
		p.board.start(e)
		if !p.live {
			p.say(verb.doing + " " + key)
		}
	case provision.Waiting:
		if news := p.board.wait(e); news && !p.live {
			p.say(key + " is waiting: " + oneLine(e.Detail))
		}
	case provision.Done:
		p.board.end(e)
		if p.brief() {
			break // the block counts it, and Stop sums up
		}
		p.say(p.mark(p.styles.good.Render(symbolGood)) + key + " " + verb.did + p.named(e.ID) + p.took("in", e.Took))
	case provision.Erred:
		p.board.end(e)
		p.sentence(p.mark(p.styles.bad.Render(symbolBad)) + key + " failed" + p.took("after", e.Took) + ": " + oneLine(e.Detail))
	}
}

// Line writes a line of its own, such as one of a log, without disturbing the
// block.
func (p *Progress) Line(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.say(oneLine(text))
	if p.over {
		p.flush()
	}
}

// Stop ends the progress, and may be called again. Nothing of the block is
// left on the terminal but what it sums up to: what was done, and the steps
// that still ran, because the run was interrupted or another step failed, with
// what they waited for.
func (p *Progress) Stop() {
	p.stopping.Do(func() {
		close(p.stop)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		if p.brief() {
			p.sumUp()
		}
		p.unfinished()
		p.flush()
	})
}

// brief says that steps which ended well have no line of their own.
func (p *Progress) brief() bool { return p.live && !p.streams.Full }

// sumUp says what was done, by action and kind.
func (p *Progress) sumUp() {
	all := map[provision.Action]*groups[string]{}
	for _, t := range p.board.done {
		if all[t.action] == nil {
			all[t.action] = &groups[string]{}
		}
		all[t.action].add(t.key.Kind, t.key.String())
	}
	width, _ := p.streams.size()
	for _, action := range []provision.Action{provision.Create, provision.Update, provision.Replace, provision.Delete, provision.Keep} {
		if done := all[action]; done != nil {
			head := p.mark(p.styles.good.Render(symbolGood)) + words(action).did
			p.say(hanging(pack(append([]string{head}, done.parts()...), width-len(gap)))...)
		}
	}
}

// unfinished names the steps that still run; those that wait for the same
// together, where steps are summed up.
func (p *Progress) unfinished() {
	type like struct {
		kind, waiting string
		alone         *task
	}
	var left groups[like]
	first := map[like]*task{}
	for _, t := range p.board.running {
		alike := like{kind: t.key.Kind, waiting: t.waiting}
		if !p.brief() {
			alike.alone = t
		}
		if first[alike] == nil {
			first[alike] = t
		}
		left.add(alike, t.key.String())
	}
	for _, alike := range left.order {
		which := left.of[alike].long()
		line := which + " not finished" + p.took("after", p.now().Sub(first[alike].began))
		if alike.waiting != "" {
			line += ", was waiting: " + alike.waiting
		}
		p.sentence(p.mark(p.styles.caution.Render(symbolPaused)) + line)
	}
}

// flush writes the lines that are left, and takes the block off the screen.
func (p *Progress) flush() {
	if p.live {
		if len(p.finished) > 0 || p.screen.hidden {
			p.screen.draw(p.finished, nil)
		}
		p.finished = nil
		p.screen.leave()
	}
}

// say writes lines: above the block at its next redraw, or at once.
func (p *Progress) say(all ...string) {
	if p.live {
		p.finished = append(p.finished, all...)
		return
	}
	lines(p.streams.Err, all...)
}

// sentence says a line that is too important to be cut off.
func (p *Progress) sentence(line string) {
	width := 0
	if p.live {
		width, _ = p.streams.size()
	}
	p.say(hang(line, width)...)
}

// mark is the symbol at the beginning of a line; plain lines have none.
func (p *Progress) mark(symbol string) string {
	if !p.live {
		return ""
	}
	return symbol + " "
}

func (p *Progress) named(id string) string {
	if id == "" {
		return ""
	}
	return p.styles.muted.Render(" (" + short(id) + ")")
}

func (p *Progress) took(preposition string, d time.Duration) string {
	return p.styles.muted.Render(" " + preposition + " " + duration(d))
}
