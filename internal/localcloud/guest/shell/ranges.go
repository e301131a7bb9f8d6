package shell

import (
	"context"
	"encoding/hex"
	"io"
	"os"
	"strconv"
	"strings"

	"mvdan.cc/sh/v3/interp"
	"mvdan.cc/sh/v3/syntax"
)

// The interpreter panics at a pattern with a range that an escaped character ends, as in [A-\?]: one that is quoted, or
// has a backslash. What a pattern becomes shows when its variables are expanded. So a word that is a pattern asks first,
// with what its parts are at that moment, and whether they are quoted.

// Paths that are no files: to open the first is to ask about a pattern, to write to the second is to write into a word.
const (
	patternPath = "/.platformctl-pattern/"
	outputPath  = "/.platformctl-output"
)

// segment begins a part of a word in a patternPath, followed by its kind. No text has this character: it is of Unicode's
// private use, and a text that has it is refused.
const segment = "\uE002"

// The kinds of parts: text in hexadecimal, a value, both unquoted; a value that is quoted; and a command's output or the
// like, which isn't known yet.
const (
	plainText   = "t"
	plainValue  = "v"
	quotedValue = "q"
	unknown     = "u"
)

const quotedRange = "a pattern with a quoted character behind -"

// question is what a word that is a pattern, or may become one, asks before it is expanded; nil where it needn't ask. What
// is given is what isn't simulated of the word. The word isn't changed, but what its commands write is looked at once watch
// is called.
func question(w *syntax.Word) (ask *syntax.CmdSubst, watch func(), refused string) {
	var commands []*syntax.CmdSubst
	dynamic := false
	path := []syntax.WordPart{nil}
	number := 0
	add := func(kind, text string, parts ...syntax.WordPart) {
		number++
		path = append(append(path, &syntax.Lit{Value: segment + kind + hex.EncodeToString([]byte(text))}), parts...)
	}
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			add(plainText, part.Value)
			dynamic = dynamic || strings.Contains(part.Value, "{") // braces become several words
			continue
		case *syntax.SglQuoted:
			add(quotedValue, "", part)
			continue
		case *syntax.ExtGlob:
			add(plainText, part.Op.String()+part.Pattern.Value+")")
		case *syntax.DblQuoted:
			switch {
			case assigned(part):
				return nil, nil, "an expansion that assigns a command's output"
			case runs(part):
				add(unknown, "")
			default:
				add(quotedValue, "", part)
			}
		case *syntax.ArithmExp:
			if runs(part) {
				return nil, nil, "a command within arithmetic that isn't quoted"
			}
			add(plainValue, "", part)
		case *syntax.CmdSubst:
			commands = append(commands, part)
			add(unknown, "")
		case *syntax.ParamExp:
			if runs(part) {
				return nil, nil, "a command within an expansion that isn't quoted"
			}
			add(plainValue, "", part)
		}
		dynamic = true
	}
	if !dynamic {
		return nil, nil, "" // unsoundRange has looked at it
	}
	path[0] = &syntax.Lit{Value: patternPath + strconv.Itoa(number)}
	return readOf(path...), func() {
		for _, c := range commands {
			watchOutput(c)
		}
	}, ""
}

// readOf opens a path in a shell of its own. One redirection alone would be $(<file), in which the interpreter mixes a
// path of several parts up with what it reads.
func readOf(path ...syntax.WordPart) *syntax.CmdSubst {
	open := func(parts ...syntax.WordPart) *syntax.Stmt {
		return &syntax.Stmt{Redirs: []*syntax.Redirect{{Op: syntax.RdrIn, Word: &syntax.Word{Parts: parts}}}}
	}
	return &syntax.CmdSubst{Stmts: []*syntax.Stmt{open(path...), open(&syntax.Lit{Value: "/dev/null"})}}
}

// runs reports whether a part runs a command. All else is asked about in a shell of its own, where it changes nothing.
func runs(part syntax.WordPart) (found bool) {
	syntax.Walk(part, func(n syntax.Node) bool {
		_, command := n.(*syntax.CmdSubst)
		found = found || command
		return !found
	})
	return found
}

// assigned reports whether an expansion within a part assigns what a command writes.
func assigned(part syntax.WordPart) (found bool) {
	syntax.Walk(part, func(n syntax.Node) bool {
		p, ok := n.(*syntax.ParamExp)
		found = found || ok && p.Exp != nil && (p.Exp.Op == syntax.AssignUnset || p.Exp.Op == syntax.AssignUnsetOrNull) && runs(p)
		return !found
	})
	return found
}

// watchOutput lets what a command writes into a word that isn't quoted be looked at.
func watchOutput(c *syntax.CmdSubst) {
	if len(c.Stmts) == 1 && c.Stmts[0].Cmd == nil { // $(<file)
		text := &syntax.Word{Parts: []syntax.WordPart{&syntax.DblQuoted{Parts: []syntax.WordPart{&syntax.CmdSubst{Stmts: c.Stmts}}}}}
		c.Stmts = []*syntax.Stmt{{Cmd: &syntax.CallExpr{Args: []*syntax.Word{word("printf"), word("%s"), text}}}}
	}
	c.Stmts = []*syntax.Stmt{{
		Cmd:    &syntax.Block{Stmts: c.Stmts},
		Redirs: []*syntax.Redirect{{Op: syntax.RdrOut, Word: word(outputPath)}},
	}}
}

func word(text string) *syntax.Word {
	return &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: text}}}
}

// pattern answers a word that asks.
func (f files) pattern(ctx context.Context, what string) error {
	if namesParent(interp.HandlerCtx(ctx).Env) {
		return f.budget.refuse(notSimulatedError{parentValue})
	}
	number, rest, _ := strings.Cut(what, segment)
	parts := strings.Split(rest, segment)
	if number != strconv.Itoa(len(parts)) {
		return f.budget.refuse(notSimulatedError{"a character of Unicode's private use in a pattern"})
	}
	bracket, hyphen, unsure, braces := false, false, false, false // an open [ may stand before; so may a - right before
	for _, part := range parts {
		kind, text := part[:1], part[1:]
		if kind == plainText {
			plain, err := hex.DecodeString(text)
			if err != nil {
				return os.ErrNotExist
			}
			text = string(plain)
		}
		unsure = unsure || kind == unknown
		escaped := false
		for _, r := range text {
			quoted := escaped || kind == quotedValue && strings.ContainsRune(special, r)
			switch {
			case bracket && hyphen && (quoted || kind != quotedValue && r == '\\'):
				return f.budget.refuse(notSimulatedError{quotedRange})
			case kind != quotedValue && r == '\\' && !escaped:
				escaped = true
				continue
			case kind != quotedValue && r == '[' && !escaped:
				bracket = true
			}
			braces = braces || r == '{' && kind == plainText
			hyphen = r == '-' || hyphen && braces // what is in braces, between - and what follows it, may go away
			escaped = false
		}
	}
	if bracket && unsure {
		return f.budget.refuse(notSimulatedError{"a command's output in a pattern"})
	}
	return nil
}

// output is where a command writes to whose output goes into a word.
func (f files) output(ctx context.Context) io.ReadWriteCloser {
	return intoWord{f.budget, interp.HandlerCtx(ctx).Stdout}
}

// intoWord refuses output that could be a pattern.
type intoWord struct {
	*budget
	to io.Writer
}

func (w intoWord) Read([]byte) (int, error) { return 0, io.EOF }
func (w intoWord) Close() error             { return nil }
func (w intoWord) Write(p []byte) (int, error) {
	if strings.Contains(string(p), "[") {
		return 0, w.refuse(notSimulatedError{"a command's output in a pattern"})
	}
	return w.to.Write(p)
}
