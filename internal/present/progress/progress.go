package progress

import (
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/provision/apply"
	"github.com/platformctl/platformctl/internal/provision/plan"
)

// Progress shows on Err what runs: on a terminal as a block of lines that
// keeps itself up to date, below what went wrong; elsewhere, and beside the
// block where nothing is to be summed up, as a line for each thing that happens.
type Progress struct {
	live  *terminal.Live
	board board
}

// New begins to show the progress of what the title says, such as "up
// shop". The caller must call Stop, also after an error: until then the
// terminal's cursor is hidden.
func New(s terminal.Streams, title string) *Progress {
	p := newAt(s, title, time.Now)
	p.live.Start()
	return p
}

func newAt(s terminal.Streams, title string, now func() time.Time) *Progress {
	p := &Progress{board: board{title: title, since: now()}}
	p.live = terminal.NewLive(s, now, func(now time.Time, width, height int) []string {
		// The lines above are worth seeing, too: they tell of what went wrong.
		return p.board.block(p.live.Styles, now, width, max(height-height/6, 2))
	})
	return p
}

// Plan says which steps there are to do. Second is how long here takes what takes AWS a second.
func (p *Progress) Plan(steps []plan.Upcoming, second time.Duration) {
	p.live.Update(func() { p.board.plan(steps, second) })
}

// Note shows a phase of the run that is not a step, until the next one; ""
// ends it.
func (p *Progress) Note(text string) {
	p.live.Update(func() {
		if text = terminal.Sentence(text); text == p.board.note {
			return
		}
		p.board.note, p.board.noteSince = text, p.live.Now()
		if text != "" && !p.live.InPlace {
			p.live.Say(text)
		}
	})
}

// Event takes in what a step does. It is safe for concurrent use, and does
// nothing after Stop.
func (p *Progress) Event(e apply.Event) { p.live.Update(func() { p.event(e) }) }

func (p *Progress) event(e apply.Event) {
	key, verb := e.Key.String(), words(e.Action)
	switch e.Type {
	case apply.Started:
		p.board.note = "" // what came before the steps is over
		p.board.start(e)
		if !p.live.InPlace {
			p.live.Say(verb.doing + " " + key)
		}
	case apply.Waiting:
		if news := p.board.wait(e); news && !p.live.InPlace {
			p.live.Say(key + " is waiting: " + terminal.Sentence(e.Detail))
		}
	case apply.Done:
		p.board.end(e)
		if p.brief() {
			break // the block counts it, and Stop sums up
		}
		p.live.Say(p.mark(p.live.Styles.Good.Render(terminal.SymbolGood)) + key + " " + verb.did + p.named(e.ID) + p.took("in", e.Took))
	case apply.Erred:
		p.board.end(e)
		p.sentence(p.mark(p.live.Styles.Bad.Render(terminal.SymbolBad)) + key + " failed" + p.took("after", e.Took) + ": " + terminal.Sentence(e.Detail))
	}
}

// Line writes a line of its own, such as one of a log, without disturbing the
// block.
func (p *Progress) Line(text string) { p.live.Line(text) }

// Warn is Line for what should be known, and stopped nothing: it is marked.
func (p *Progress) Warn(text string) { p.live.Warn(text) }

// Stop ends the progress, and may be called again. Nothing of the block is
// left on the terminal but what it sums up to: what was done, and the steps
// that still ran, because the run was interrupted or another step failed, with
// what they waited for.
func (p *Progress) Stop() {
	p.live.Stop(func() {
		if p.brief() {
			p.sumUp()
		}
		p.unfinished()
	})
}

// brief says that steps which ended well have no line of their own.
func (p *Progress) brief() bool { return p.live.InPlace && !p.live.Streams.Full }

// sumUp says what was done, by action and kind.
func (p *Progress) sumUp() {
	all := map[plan.Action]*terminal.Groups[string]{}
	for _, t := range p.board.done {
		if all[t.action] == nil {
			all[t.action] = &terminal.Groups[string]{}
		}
		all[t.action].Add(t.key.Kind, t.key.String())
	}
	width, _ := p.live.Streams.WindowSize()
	for _, action := range []plan.Action{plan.Create, plan.Update, plan.Replace, plan.Delete, plan.Keep} {
		if done := all[action]; done != nil {
			head := p.mark(p.live.Styles.Good.Render(terminal.SymbolGood)) + words(action).did
			p.live.Say(terminal.Hanging(terminal.Pack(append([]string{head}, done.Parts()...), width-len(terminal.Gap)))...)
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
	var left terminal.Groups[like]
	first := map[like]*task{}
	for _, t := range p.board.running {
		alike := like{kind: t.key.Kind, waiting: t.waiting}
		if !p.brief() {
			alike.alone = t
		}
		if first[alike] == nil {
			first[alike] = t
		}
		left.Add(alike, t.key.String())
	}
	for _, alike := range left.Order {
		which := left.Of[alike].Long()
		line := which + " not finished" + p.took("after", p.live.Now().Sub(first[alike].began))
		if alike.waiting != "" {
			line += ", was waiting: " + alike.waiting
		}
		p.sentence(p.mark(p.live.Styles.Caution.Render(terminal.SymbolPaused)) + line)
	}
}

// sentence says a line that is too important to be cut off.
func (p *Progress) sentence(line string) {
	width := 0
	if p.live.InPlace {
		width, _ = p.live.Streams.WindowSize()
	}
	p.live.Say(terminal.Hang(line, width)...)
}

// mark is the symbol at the beginning of a line; plain lines have none.
func (p *Progress) mark(symbol string) string {
	if !p.live.InPlace {
		return ""
	}
	return symbol + " "
}

func (p *Progress) named(id string) string {
	if id == "" {
		return ""
	}
	return p.live.Styles.Muted.Render(" (" + terminal.ShortID(id) + ")")
}

func (p *Progress) took(preposition string, d time.Duration) string {
	return p.live.Styles.Muted.Render(" " + preposition + " " + terminal.Duration(d))
}
