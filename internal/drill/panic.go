package drill

import (
	"context"
	"fmt"
	"runtime/debug"

	"github.com/platformctl/platformctl/internal/drill/measure"
)

// Panicked is a fault of this program itself. The fault was restored.
type Panicked struct {
	Value any
	Stack []byte
}

func (e *Panicked) Error() string {
	return fmt.Sprintf("this program broke down: %v\n%s", e.Value, e.Stack)
}

// catch is deferred: it hands over a panic, if there is one.
func catch(hand func(error)) {
	if value := recover(); value != nil {
		hand(&Panicked{value, debug.Stack()})
	}
}

// calm is a watcher whose panics end the drill, and not the program: the fault
// would stay behind.
type calm struct {
	Watcher
	end context.CancelCauseFunc
}

func (c calm) Phase(text string) {
	defer catch(c.end)
	c.Watcher.Phase(text)
}

func (c calm) Second(result measure.Result) {
	defer catch(c.end)
	c.Watcher.Second(result)
}
