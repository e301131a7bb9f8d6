package session

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Ask asks a question and returns the line that answers it, without the space around it. The end of the input is io.EOF. What
// is typed can't be waited for under a context: an interrupt leaves the read behind.
func (g *Global) Ask(ctx context.Context, in *bufio.Reader, question string) (string, error) {
	if _, err := fmt.Fprint(g.Streams.Err, question+" "); err != nil {
		return "", err
	}
	type read struct {
		line string
		err  error
	}
	answers := make(chan read, 1)
	go func() {
		line, err := in.ReadString('\n')
		answers <- read{line, err}
	}()
	select {
	case <-ctx.Done():
		_, err := fmt.Fprintln(g.Streams.Err) // leave the line of the question
		return "", errors.Join(ctx.Err(), err)
	case answer := <-answers:
		if answer.err != nil && answer.line != "" {
			answer.err = nil // a last line without its end
		}
		return strings.TrimSpace(answer.line), answer.err
	}
}

// Confirm asks a question that is answered by yes or no. The end of the input is a no.
func (g *Global) Confirm(ctx context.Context, question string) (bool, error) {
	answer, err := g.Ask(ctx, bufio.NewReader(g.In), question+" [y/N]")
	if err != nil && !errors.Is(err, io.EOF) {
		return false, err
	}
	answer = strings.ToLower(answer)
	return answer == "y" || answer == "yes", nil
}
