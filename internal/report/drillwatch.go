package report

// DrillWatch shows a drill while it runs.
type DrillWatch struct {
	streams Streams
	doc     Drill
}

// NewDrillWatch makes a watch that writes to Err.
func NewDrillWatch(s Streams) *DrillWatch { return &DrillWatch{streams: s} }

// Begin shows what is planned and predicted.
func (w *DrillWatch) Begin(doc Drill) { w.doc = doc }

// Phase says what is being done now.
func (w *DrillWatch) Phase(text string) { lines(w.streams.Err, text) }

// Line writes a line that stays.
func (w *DrillWatch) Line(text string) { lines(w.streams.Err, text) }

// Show shows what was measured so far.
func (w *DrillWatch) Show(timeline List[DrillSecond]) { w.doc.Timeline = timeline }

// Stop leaves what was shown last.
func (w *DrillWatch) Stop() {}
