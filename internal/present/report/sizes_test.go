package report_test

import "fmt"

// size is a terminal's.
type size struct{ width, height int }

func (s size) String() string { return fmt.Sprintf("%dx%d", s.width, s.height) }

// sizes are a narrow window, the smallest usual one, and a large one.
var sizes = []size{{40, 24}, {80, 24}, {80, 50}, {200, 24}, {200, 50}}
