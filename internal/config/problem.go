package config

import (
	"fmt"
	"strings"
)

// Problem is one thing that is wrong with the configuration, told so that the user can put it right without looking anything up.
type Problem struct {
	// Source is where the value was written: a file as the user named it, "PLATFORMCTL_WEB_INSTANCES=0" or "--target".
	Source string
	// Line and Column say where in a file, counted from 1. They are 0 for a variable, a flag, or a file as a whole.
	Line, Column int
	// Key is the configuration key, such as "web.instances"; "" where the problem belongs to no key.
	Key string
	// Message says what is wrong.
	Message string
	// Allowed says what would be right; "" where Message says it already.
	Allowed string
	// Suggestion is the known word nearest to the one written; "" where none is near.
	Suggestion string
}

// String returns the problem on one line: source:line:column: key: message; allowed: what is allowed.
func (p Problem) String() string {
	var text strings.Builder
	text.WriteString(p.Source)
	if p.Line > 0 {
		fmt.Fprintf(&text, ":%d:%d", p.Line, p.Column)
	}
	if p.Key != "" {
		text.WriteString(": " + p.Key)
	}
	text.WriteString(": " + p.Message)
	if p.Suggestion != "" {
		fmt.Fprintf(&text, " (did you mean %q?)", p.Suggestion)
	}
	if p.Allowed != "" {
		text.WriteString("; allowed: " + p.Allowed)
	}
	return text.String()
}

// Error is the only type of error that Load returns: every problem of the configuration, those of the file
// first and by line.
type Error struct {
	Problems []Problem
}

// Error returns one line per problem.
func (e *Error) Error() string {
	lines := make([]string, len(e.Problems))
	for i, problem := range e.Problems {
		lines[i] = problem.String()
	}
	return strings.Join(lines, "\n")
}
