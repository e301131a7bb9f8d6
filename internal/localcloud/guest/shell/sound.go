package shell

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// The interpreter panics at some of what a script may hold, also in goroutines of its own, for pipes and for what runs in
// the background, where nobody recovers. What is here refuses that before.

// builtinAt is where a command's own name stands, behind those that only run it.
func builtinAt(args []string) int {
	i := 0
	for i < len(args)-1 && slices.Contains([]string{"builtin", "command", "-p", "--"}, args[i]) {
		i++
	}
	return i
}

// sound refuses a command with its arguments as they were expanded.
func sound(args []string) error {
	for _, a := range args {
		if !isText(a) {
			return notSimulatedError{"an argument that isn't UTF-8"}
		}
	}
	at := builtinAt(args)
	name, rest := args[at], args[at+1:]
	switch name {
	case "shift":
		if len(rest) > 0 {
			if n, err := strconv.Atoi(rest[0]); err != nil || n < 0 {
				return notSimulatedError{"shift " + rest[0]}
			}
		}
	case "unset":
		for _, a := range rest {
			if _, index, ok := strings.Cut(a, "["); a == "" || ok && strings.ContainsAny(index, "[({$`'\"\\") {
				return notSimulatedError{"unset " + strconv.Quote(a)}
			}
		}
	case "test", "[":
		for i, a := range rest {
			if (a == "-v" || a == "-R") && (i+1 == len(rest) || rest[i+1] == "") {
				return notSimulatedError{"test " + a + " without a name"}
			}
		}
	}
	return nil
}

// unsound says what isn't simulated of a node, "" where all is.
func unsound(n syntax.Node) string {
	switch n := n.(type) {
	case *syntax.Word:
		return unsoundRange(n)
	case *syntax.SglQuoted:
		text, _, err := expand.Format(nil, n.Value, nil)
		if n.Dollar && (err != nil || !utf8.ValidString(text)) {
			return "a text that isn't UTF-8"
		}
	case *syntax.UnaryArithm:
		if (n.Op == syntax.Inc || n.Op == syntax.Dec) && !variable(n.X) {
			return n.Op.String() + " of what isn't a plain variable"
		}
	case *syntax.BinaryArithm:
		if assigns(n.Op) && !variable(n.X) {
			return n.Op.String() + " in arithmetic on what isn't a plain variable"
		}
	case *syntax.UnaryTest:
		if n.Op == syntax.TsVarSet || n.Op == syntax.TsRefVar {
			if w, ok := n.X.(*syntax.Word); !ok || w.Lit() == "" {
				return n.Op.String() + " of a computed name"
			}
		}
	case *syntax.BinaryTest:
		if w, ok := n.Y.(*syntax.Word); ok && (n.Op == syntax.TsMatch || n.Op == syntax.TsMatchShort || n.Op == syntax.TsNoMatch) {
			return unsoundPattern(w)
		}
	case *syntax.DeclClause:
		return unsoundMap(n)
	case *syntax.ArrayExpr:
		return unsoundArray(n)
	case *syntax.ParamExp:
		if _, word := n.Index.(*syntax.Word); n.Index != nil && !word {
			n.Index = &syntax.Word{Parts: []syntax.WordPart{&syntax.ArithmExp{X: n.Index}}} // as for a map's key, which has to be a word
		}
		if n.Exp != nil && n.Exp.Op == syntax.OtherParamOps && (n.Exp.Word == nil || !slices.Contains([]string{"Q", "E", "a", "A", "P", "U", "u", "L", "K", "k"}, n.Exp.Word.Lit())) {
			return "this operator of an expansion"
		}
		for _, w := range patternsOf(n) {
			if what := unsoundPattern(w); what != "" {
				return what
			}
		}
	case *syntax.CaseItem:
		for _, w := range n.Patterns {
			if what := unsoundPattern(w); what != "" {
				return what
			}
		}
	}
	return ""
}

// variable reports whether an operand is the name of a variable alone.
func variable(x syntax.ArithmExpr) bool {
	w, ok := x.(*syntax.Word)
	return ok && syntax.ValidName(w.Lit())
}

func assigns(op syntax.BinAritOperator) bool {
	return slices.Contains([]syntax.BinAritOperator{
		syntax.Assgn, syntax.AddAssgn, syntax.SubAssgn, syntax.MulAssgn, syntax.QuoAssgn, syntax.RemAssgn,
		syntax.AndAssgn, syntax.OrAssgn, syntax.XorAssgn, syntax.ShlAssgn, syntax.ShrAssgn,
	}, op)
}

// unsoundArray refuses an array where some elements have a key and others have none, or one that isn't a word.
func unsoundArray(a *syntax.ArrayExpr) string {
	keys := 0
	for _, e := range a.Elems {
		if e.Index == nil {
			continue
		}
		keys++
		if _, word := e.Index.(*syntax.Word); !word {
			e.Index = &syntax.Word{Parts: []syntax.WordPart{&syntax.ArithmExp{X: e.Index}}}
		}
	}
	if keys > 0 && keys < len(a.Elems) {
		return "an array with and without keys"
	}
	return ""
}

// unsoundMap refuses declare -A where an element has no key.
func unsoundMap(d *syntax.DeclClause) string {
	keyed := slices.ContainsFunc(d.Args, func(a *syntax.Assign) bool {
		return a.Name == nil && a.Value != nil && strings.HasPrefix(a.Value.Lit(), "-") && strings.Contains(a.Value.Lit(), "A")
	})
	for _, a := range d.Args {
		if keyed && a.Array != nil && slices.ContainsFunc(a.Array.Elems, func(e *syntax.ArrayElem) bool { return e.Index == nil }) {
			return "an array of keys that has elements without keys"
		}
	}
	return ""
}

// patternsOf are the patterns of an expansion: in ${x%p}, ${x/p/y}, ${x^^p} and their like.
func patternsOf(p *syntax.ParamExp) (words []*syntax.Word) {
	if p.Repl != nil {
		words = append(words, p.Repl.Orig)
	}
	if p.Exp == nil || p.Exp.Word == nil {
		return words
	}
	switch p.Exp.Op {
	case syntax.RemSmallPrefix, syntax.RemLargePrefix, syntax.RemSmallSuffix, syntax.RemLargeSuffix,
		syntax.UpperFirst, syntax.UpperAll, syntax.LowerFirst, syntax.LowerAll:
		words = append(words, p.Exp.Word)
	}
	return words
}

// unsoundPattern refuses a pattern that only its expansion shows.
func unsoundPattern(w *syntax.Word) (what string) {
	if w == nil {
		return ""
	}
	syntax.Walk(w, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CmdSubst:
			what = "a command's output in a pattern"
		case *syntax.Lit:
			if strings.Contains(n.Value, `-\`) {
				what = "a pattern with a backslash behind -"
			}
		}
		return true
	})
	return what
}

// isText reports whether a value is UTF-8 without a null byte.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

// textOnly reports whether all variables are text.
func textOnly(env expand.Environ) bool {
	for _, v := range env.Each {
		if !isText(v.Str) || slices.ContainsFunc(v.List, func(s string) bool { return !isText(s) }) {
			return false
		}
		for key, s := range v.Map {
			if !isText(key) || !isText(s) {
				return false
			}
		}
	}
	return true
}

// special are the characters that are escaped in a pattern where they are quoted. Such a one can't end a range: in [a-\?].
const special = `?*[\`

// unsoundRange refuses a word whose pattern may have a range that a quoted character ends.
func unsoundRange(w *syntax.Word) string {
	const what = quotedRange
	bracket, open := false, false // a [ may stand before; a range may be open
	for _, part := range w.Parts {
		switch part := part.(type) {
		case *syntax.Lit:
			bracket = bracket || strings.Contains(part.Value, "[")
			if bracket && (strings.Contains(part.Value, `-\`) || open && strings.HasPrefix(part.Value, `\`)) {
				return what
			}
			open = strings.HasSuffix(part.Value, "-")
		case *syntax.SglQuoted:
			if bracket && open && (part.Dollar || part.Value != "" && strings.Contains(special, part.Value[:1])) {
				return what
			}
		case *syntax.DblQuoted:
			if bracket && open && len(part.Parts) > 0 {
				if l, ok := part.Parts[0].(*syntax.Lit); ok && l.Value != "" && strings.Contains(special, l.Value[:1]) {
					return what
				}
			}
		default:
			bracket, open = true, true
		}
	}
	return ""
}
