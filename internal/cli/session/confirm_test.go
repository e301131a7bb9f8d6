package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

func TestConfirm(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want bool
	}{
		{"y\n", true}, {"Y\n", true}, {" yes \n", true}, {"y", true},
		{"n\n", false}, {"\n", false}, {"", false}, {"yess\n", false}, {"yep\n", false},
	} {
		var asked bytes.Buffer
		g := &Global{Environment: Environment{In: strings.NewReader(tt.in), Streams: terminal.Streams{Err: &asked}}}
		if got, err := g.Confirm(t.Context(), "Sure?"); got != tt.want || err != nil {
			t.Errorf("%q means %t, %v, want %t", tt.in, got, err, tt.want)
		}
		if asked.String() != "Sure? [y/N] " {
			t.Errorf("it asked %q", asked.String())
		}
	}
}

// A user who is asked and presses Ctrl-C gets an answer at once, though nothing
// was typed.
func TestConfirm_EndsWithContext(t *testing.T) {
	silent, typed := io.Pipe()
	defer typed.Close()
	ctx, cancel := context.WithCancel(t.Context())
	g := &Global{Environment: Environment{In: silent, Streams: terminal.Streams{Err: writer(func([]byte) { cancel() })}}}
	if yes, err := g.Confirm(ctx, "Sure?"); yes || !errors.Is(err, context.Canceled) {
		t.Errorf("it means %t, %v, want an interrupt", yes, err)
	}
}

// writer is told of each write.
type writer func([]byte)

func (w writer) Write(b []byte) (int, error) {
	w(b)
	return len(b), nil
}
