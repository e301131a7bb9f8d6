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
// keeps itself up to date, elsewhere as a line for each thing that happens.
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
		live:    s.liveErr(),
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
	// Half of the window at most: the lines above are worth seeing, too.
	_, height := p.streams.size()
	p.screen.draw(p.finished, p.board.block(p.styles, p.now(), max(height/2, 2)))
	p.finished = nil
}

// Total says how many steps there are to do.
func (p *Progress) Total(steps int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.board.total = steps
}

// Note shows a phase of the run that is not a step, until the next one; ""
// ends it.
func (p *Progress) Note(text string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.over {
		return
	}
	p.board.note = oneLine(text)
	if p.board.note != "" && !p.live {
		p.say(p.board.note)
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
		p.say(p.mark(p.styles.good.Render(symbolGood)) + key + " " + verb.did + p.named(e.ID) + p.took("in", e.Took))
	case provision.Erred:
		p.board.end(e)
		p.say(p.mark(p.styles.bad.Render(symbolBad)) + key + " failed" + p.took("after", e.Took) + ": " + oneLine(e.Detail))
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
// left on the terminal; a step that still ran, because the run was interrupted
// or another step failed, is named with what it waited for.
func (p *Progress) Stop() {
	p.stopping.Do(func() {
		close(p.stop)
		p.mu.Lock()
		defer p.mu.Unlock()
		p.over = true
		for _, t := range p.board.running {
			line := t.key + " not finished" + p.took("after", p.now().Sub(t.began))
			if t.waiting != "" {
				line += ", was waiting: " + t.waiting
			}
			p.say(p.mark(p.styles.caution.Render(symbolPaused)) + line)
		}
		p.flush()
	})
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

// say writes a line: above the block at its next redraw, or at once.
func (p *Progress) say(line string) {
	if p.live {
		p.finished = append(p.finished, line)
		return
	}
	lines(p.streams.Err, line)
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
