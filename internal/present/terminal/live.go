package terminal

import (
	"sync"
	"time"
)

// redrawEvery is the time between two pictures on a terminal: quick enough to
// look alive, slow enough to cost nothing.
const redrawEvery = 100 * time.Millisecond

// Live shows on Err what goes on: on a terminal as a block of lines that is
// redrawn ten times a second, below the lines that stay; elsewhere there is no
// block, and the lines are written as they come. It is safe for concurrent use.
type Live struct {
	Streams Streams
	Styles  Styles // of Err
	// InPlace says that there is a block.
	InPlace bool
	// Now is the clock.
	Now func() time.Time

	block    func(now time.Time, width, height int) []string
	stopping sync.Once
	stop     chan struct{}

	mu       sync.Mutex
	over     bool
	screen   *Screen
	finished []string // lines for above the block, not yet written
}

// NewLive shows what block returns, which is called under Update's lock. Start
// begins to redraw it.
func NewLive(s Streams, now func() time.Time, block func(now time.Time, width, height int) []string) *Live {
	return &Live{
		Streams: s, Styles: s.errStyles(), InPlace: s.Terminal, Now: now, block: block,
		stop: make(chan struct{}), screen: NewScreen(s.Err, s.WindowSize),
	}
}

// Start redraws the block at each tick until Stop, which must be called,
// also after an error: until then the terminal's cursor is hidden.
func (l *Live) Start() {
	ticker := time.NewTicker(redrawEvery)
	go func() {
		defer ticker.Stop()
		for {
			select {
			case <-l.stop:
				return
			case <-ticker.C:
				l.Redraw()
			}
		}
	}()
}

// Redraw draws the block as it is now.
func (l *Live) Redraw() {
	l.Update(func() {
		if l.InPlace {
			width, height := l.Streams.WindowSize()
			l.draw(l.block(l.Now(), width, height))
		}
	})
}

// Update changes what the block is made of. It does nothing after Stop.
func (l *Live) Update(change func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.over {
		change()
	}
}

// Line writes a line of its own, such as one of a log, without disturbing the
// block, and also after Stop. One that is too long for the terminal is folded.
func (l *Live) Line(text string) { l.fold(Sentence(text)) }

// Warn is Line for what should be known, and stopped nothing: it is marked.
func (l *Live) Warn(text string) {
	l.fold(l.Styles.Caution.Render(SymbolWarning) + " " + Sentence(text))
}

func (l *Live) fold(line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.Say(Hang(line, l.Streams.OnErr().LineWidth())...)
	if l.over {
		l.flush()
	}
}

// Say writes lines: above the block at its next redraw, or at once. It is for
// those who hold Update's lock.
func (l *Live) Say(all ...string) {
	if l.InPlace {
		l.finished = append(l.finished, all...)
		return
	}
	Lines(l.Streams.Err, all...)
}

// Stop takes the block off the screen, after what last has to say. It may be
// called again.
func (l *Live) Stop(last func()) {
	l.stopping.Do(func() {
		close(l.stop)
		l.mu.Lock()
		defer l.mu.Unlock()
		l.over = true
		last()
		l.flush()
	})
}

// flush writes the lines that are left, and gives the cursor back.
func (l *Live) flush() {
	if !l.InPlace {
		return
	}
	if len(l.finished) > 0 || l.screen.hidden {
		l.draw(nil)
	}
	l.screen.Leave()
}

func (l *Live) draw(block []string) {
	l.screen.Draw(l.finished, block)
	l.finished = nil
}

// Spin is the frame of a spinner at a moment.
func (s Styles) Spin(now time.Time) string {
	frames := []rune(spinner)
	return s.Accent.Render(string(frames[now.UnixMilli()/redrawEvery.Milliseconds()%int64(len(frames))]))
}
