package shell

import (
	"cmp"
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"mvdan.cc/sh/v3/expand"
	"mvdan.cc/sh/v3/syntax"
)

// A script may be nested so deep, in brackets that are open at once and in commands within commands.
const (
	mostBrackets = 400
	mostNesting  = 100
	mostBraced   = 1_000 // words that one word with braces becomes
)

// notSimulatedError names what of a script would need this machine, or too much of it.
type notSimulatedError struct{ what string }

func (e notSimulatedError) Error() string {
	return fmt.Sprintf("platformctl local cloud: %s is not simulated", e.what)
}

// prepare parses a text, refuses what isn't simulated, and lets it ask the budget before each expansion and in each round
// of a loop. Every text that is evaluated comes through here: scripts, and what eval, source and trap get.
func prepare(text, name string) (*syntax.File, error) {
	if len(text) > mostText {
		return nil, notSimulatedError{fmt.Sprintf("a script of more than %d bytes", mostText)}
	}
	if !utf8.ValidString(text) {
		return nil, notSimulatedError{"a script that isn't UTF-8"}
	}
	if brackets(text) > mostBrackets {
		return nil, notSimulatedError{fmt.Sprintf("a script with more than %d open brackets", mostBrackets)}
	}
	file, err := syntax.NewParser(syntax.Variant(syntax.LangBash)).Parse(strings.NewReader(text), name)
	if err != nil {
		return nil, err
	}
	if err := check(file); err != nil {
		return nil, err
	}
	if refused := instrument(file); refused != "" {
		return nil, notSimulatedError{refused}
	}
	return file, nil
}

// prepared is a text as eval and its like are to evaluate it. What has no syntax stays as it is: they say so themselves.
func prepared(text string) (string, error) {
	file, err := prepare(text, "sh")
	var refused notSimulatedError
	if errors.As(err, &refused) {
		return "", err
	}
	if err != nil {
		return text, nil //nolint:nilerr // see above
	}
	var b strings.Builder
	if err := syntax.NewPrinter().Print(&b, file); err != nil {
		return "", notSimulatedError{"this text of a script"}
	}
	return b.String(), nil
}

// brackets is the most brackets that are open at once, wherever they stand.
func brackets(text string) (most int) {
	open := 0
	for _, r := range text {
		switch r {
		case '(', '[', '{':
			open++
			most = max(most, open)
		case ')', ']', '}':
			open = max(0, open-1)
		}
	}
	return most
}

// check refuses what would need this machine: process substitution its file system, other users' homes its users, names
// of names its process numbers. And what would be too much for it.
func check(file *syntax.File) error {
	refused, depth, braced := "", 0, 0.0
	refuse := func(what string) {
		if refused == "" && what != "" {
			refused = what
		}
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		if n == nil {
			depth--
			return true
		}
		if depth++; depth > mostNesting*4 {
			refuse(fmt.Sprintf("a script with more than %d commands within each other", mostNesting))
		}
		refuse(unsound(n))
		switch n := n.(type) {
		case *syntax.ProcSubst:
			refuse("process substitution")
		case *syntax.ParamExp:
			switch {
			case n.Excl && n.Names == 0:
				refuse("indirect expansion")
			}
		case *syntax.DeclClause:
			refuse(declared(n))
		case *syntax.ArithmExp, *syntax.ArithmCmd, *syntax.CStyleLoop, *syntax.LetClause:
			ownParent(n)
		case *syntax.Word:
			refuse(home(n))
			words := bracedWords(n)
			if braced += words; words > mostBraced || braced > 10*mostBraced {
				refuse(fmt.Sprintf("a pattern of braces for more than %d words", mostBraced))
			}
		}
		return true
	})
	if refused != "" {
		return notSimulatedError{refused}
	}
	return nil
}

// declared says what isn't simulated of a declaration: to print variables, to name one by another, and what could be
// either, a word that begins with a variable.
func declared(d *syntax.DeclClause) string {
	for _, a := range d.Args {
		if a.Name != nil || a.Value == nil || len(a.Value.Parts) == 0 {
			continue
		}
		first, literal := a.Value.Parts[0].(*syntax.Lit)
		if !literal {
			return d.Variant.Value + " of a computed name"
		}
		if strings.HasPrefix(first.Value, "-") && (len(a.Value.Parts) > 1 || strings.ContainsAny(first.Value, "pfn")) {
			return d.Variant.Value + " " + first.Value
		}
	}
	if d.Variant.Value == "nameref" || len(d.Args) == 0 {
		return d.Variant.Value
	}
	return ""
}

// home says which user's home directory a word means that isn't known in every instance.
func home(w *syntax.Word) string {
	if len(w.Parts) == 0 {
		return ""
	}
	literal, ok := w.Parts[0].(*syntax.Lit)
	if !ok || !strings.HasPrefix(literal.Value, "~") {
		return ""
	}
	name, _, _ := strings.Cut(literal.Value[1:], "/")
	if _, known := homes()[name]; name == "" || known {
		return ""
	}
	return "the home directory in ~" + name
}

// homes are those of the instance's users, as Amazon Linux 2023 has them.
func homes() map[string]string {
	return map[string]string{"root": "/root", "ec2-user": "/home/ec2-user", "nobody": "/", "nginx": "/var/lib/nginx"}
}

var (
	sequence = regexp.MustCompile(`\{(-?\w+)\.\.(-?\w+)(?:\.\.-?\w+)?\}`)
	braces   = regexp.MustCompile(`[{,]`)
)

// bracedWords is how many words a word becomes by its braces, at most.
func bracedWords(w *syntax.Word) float64 {
	words := 1.0
	for _, part := range w.Parts {
		literal, ok := part.(*syntax.Lit)
		if !ok || !strings.Contains(literal.Value, "{") {
			continue
		}
		for _, m := range sequence.FindAllStringSubmatch(literal.Value, -1) {
			from, errFrom := strconv.Atoi(m[1])
			to, errTo := strconv.Atoi(m[2])
			if errFrom != nil || errTo != nil {
				from, to = 0, 256 // letters
			}
			words *= math.Abs(float64(to)-float64(from)) + 1
		}
		groups := float64(strings.Count(literal.Value, "{"))
		alternatives := float64(len(braces.FindAllString(literal.Value, -1)))
		words *= math.Pow(alternatives/groups, groups) // no product of that sum is larger
	}
	return words
}

// stepPath is no file: to open it is to ask the budget. Behind it stand how often variables stand in the word, whether
// it replaces parts of one, and the length of a pattern.
const stepPath = "/.platformctl-step/"

// instrument puts a step before each word with variables, and into each loop. $(<file) is empty, has no status, and isn't
// shown by "set -x".
func instrument(file *syntax.File) (refused string) {
	var changes []func() // once all is read, the outer ones first
	step := func(w *syntax.Word, pattern uint) {
		if w != nil {
			changes = append(changes, func() { stepBefore(w, pattern) })
		}
	}
	test := func(x syntax.TestExpr) {
		if w, ok := x.(*syntax.Word); ok {
			step(w, 0)
		}
	}
	matched := func(w *syntax.Word, pattern uint) { // a pattern, for files' names or for a text
		if w == nil {
			return
		}
		ask, watch, what := question(w)
		refused = cmp.Or(refused, what)
		changes = append(changes, func() {
			before := len(w.Parts)
			stepBefore(w, pattern)
			if ask != nil {
				watch()
				w.Parts = slices.Insert(w.Parts, len(w.Parts)-before, syntax.WordPart(ask))
			}
		})
	}
	syntax.Walk(file, func(n syntax.Node) bool {
		switch n := n.(type) {
		case *syntax.CallExpr:
			for _, w := range n.Args {
				matched(w, 0)
			}
		case *syntax.Assign:
			step(n.Value, 0)
		case *syntax.ArrayElem:
			matched(n.Value, 0)
		case *syntax.WordIter:
			for _, w := range n.Items {
				matched(w, 0)
			}
		case *syntax.CaseClause:
			step(n.Word, 0)
		case *syntax.Redirect:
			step(n.Word, 0)
			step(n.Hdoc, 0)
		case *syntax.UnaryTest:
			test(n.X)
		case *syntax.BinaryTest:
			test(n.X)
			w, word := n.Y.(*syntax.Word)
			switch {
			case word && (n.Op == syntax.TsMatch || n.Op == syntax.TsMatchShort || n.Op == syntax.TsNoMatch):
				matched(w, length(w))
			case word && n.Op == syntax.TsReMatch:
				step(w, length(w)*8) // an expression may repeat its parts
			default:
				test(n.Y)
			}
		case *syntax.WhileClause:
			changes = append(changes, func() { n.Do = append([]*syntax.Stmt{stepAlone()}, n.Do...) })
		case *syntax.ForClause:
			changes = append(changes, func() { n.Do = append([]*syntax.Stmt{stepAlone()}, n.Do...) })
		case *syntax.CaseItem:
			for _, w := range n.Patterns {
				matched(w, length(w))
			}
		case *syntax.ParamExp:
			own(n)
			for _, w := range patternsOf(n) {
				matched(w, length(w))
			}
		}
		return true
	})
	for _, change := range changes {
		change()
	}
	return refused
}

// length is that of a pattern as it is written.
func length(w *syntax.Word) uint {
	if w == nil {
		return 0
	}
	return w.End().Offset() - w.Pos().Offset() + 1
}

// own gives a script its own process number, and its parent's.
func own(p *syntax.ParamExp) {
	if p.Param == nil {
		return
	}
	switch p.Param.Value {
	case "$":
		p.Param, p.Short = &syntax.Lit{Value: ownNumber}, false
	case "PPID":
		p.Param = &syntax.Lit{Value: parentNumber}
	}
}

// ownParent does so in arithmetic.
func ownParent(n syntax.Node) {
	syntax.Walk(n, func(n syntax.Node) bool {
		if l, ok := n.(*syntax.Lit); ok && l.Value == "PPID" {
			l.Value = parentNumber
		}
		return true
	})
}

const parentValue = "a variable that holds PPID"

// namesParent reports whether a variable has a value by which arithmetic would ask for the parent's number.
func namesParent(env expand.Environ) bool {
	for name, v := range env.Each {
		listed := slices.ContainsFunc(v.List, func(s string) bool { return strings.Contains(s, "PPID") })
		if listed || strings.Contains(v.Str, "PPID") && name != "PPID" {
			return true
		}
	}
	return false
}

// The variables that have the process numbers that every script sees: its own, and that of the agent that started it.
const (
	ownNumber    = "PLATFORMCTL_PID"
	parentNumber = "PLATFORMCTL_PPID"
)

func processNumbers() []string { return []string{ownNumber + "=2024", parentNumber + "=1702"} }

// shortPattern is the length of a pattern that any text may be held against.
const shortPattern = 16

// stepBefore puts a step before a word that has variables, or is a pattern of a length that isn't short.
func stepBefore(w *syntax.Word, pattern uint) {
	times, replaces := 0, false
	syntax.Walk(w, func(n syntax.Node) bool {
		if p, ok := n.(*syntax.ParamExp); ok {
			times++
			replaces = replaces || p.Repl != nil
			if p.Exp != nil && p.Exp.Op == syntax.OtherParamOps {
				times += 3 // quoted, a text is longer
			}
		}
		return true
	})
	if times > 0 || pattern > shortPattern {
		w.Parts = append([]syntax.WordPart{stepPart(times, replaces, pattern)}, w.Parts...)
	}
}

func stepPart(times int, replaces bool, pattern uint) *syntax.CmdSubst {
	path := fmt.Sprintf("%s%d/%t/%d", stepPath, times, replaces, pattern)
	return &syntax.CmdSubst{Stmts: []*syntax.Stmt{{Redirs: []*syntax.Redirect{{
		Op: syntax.RdrIn, Word: &syntax.Word{Parts: []syntax.WordPart{&syntax.Lit{Value: path}}},
	}}}}}
}

func stepAlone() *syntax.Stmt {
	return &syntax.Stmt{Cmd: &syntax.CallExpr{Args: []*syntax.Word{{Parts: []syntax.WordPart{stepPart(0, false, 0)}}}}}
}
