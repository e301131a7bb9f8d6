// Package attempts remembers on disk what is under way that a caller asked for, so that what ends this program isn't run
// at every start. It knows nothing of what runs.
package attempts

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// Most is how often something is begun where this program ends in the middle each time: once is somebody's kill, or
// something else's doing; twice, and alone the second time, is its own.
const Most = 2

// ErrEndsProgram says that something isn't run again, because it ended this program.
var ErrEndsProgram = errors.New("platformctl: it isn't run again, because each time it ran the local cloud's process ended")

// Alone is held by what runs again after this program ended in the middle of it. Nil lets it run beside others.
type Alone chan struct{}

// NewAlone returns one that nobody holds. All that may have ended the program share it.
func NewAlone() Alone { return make(Alone, 1) }

// File is where an attempt is noted, in a directory.
func File(dir, what string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' {
			return r
		}
		return '_' // an ID needn't be a file's name
	}, what)
	return filepath.Join(dir, name)
}

// Begin notes in a directory that something begins. done notes that it has ended, well or not, and has to be called. The
// error is ErrEndsProgram, or ctx's where it ended while something else ran alone.
func Begin(ctx context.Context, dir, what string, alone Alone) (done func(), err error) {
	file := File(dir, what)
	before := 0
	if text, err := os.ReadFile(file); err == nil {
		before, _ = strconv.Atoi(strings.TrimSpace(string(text))) // half a number is none
	}
	if before >= Most {
		return nil, ErrEndsProgram
	}
	if before == 0 {
		alone = nil
	}
	if alone != nil {
		select {
		case alone <- struct{}{}:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	release := func() {
		if alone != nil {
			<-alone
		}
	}
	if err := errors.Join(os.MkdirAll(dir, 0o700), os.WriteFile(file, []byte(strconv.Itoa(before+1)), 0o600)); err != nil {
		release()
		return nil, fmt.Errorf("note that %s begins: %w", what, err)
	}
	return func() {
		_ = os.Remove(file) // what stays counts as one attempt more
		release()
	}, nil
}
