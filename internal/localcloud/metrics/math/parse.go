package math

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Expression is an expression that has been read.
type Expression struct {
	root node
	ids  []string
}

// IDs are those of the queries whose series the expression needs, sorted.
func (e *Expression) IDs() []string { return e.ids }

// node is a part of an expression.
type node struct {
	kind  kind
	text  string // a number, the ID of a query, an operator, a function's name, or the text of a literal
	parts []node
}

type kind int

const (
	number kind = iota
	query
	operator // with one part or two
	call
	list
)

// NotSimulated says that an expression has what metric math has and isn't here.
type NotSimulated struct{ What string }

// Error names it.
func (n *NotSimulated) Error() string { return n.What + " in metric math is not simulated" }

// The bounds of an expression.
const (
	maxLength = 2048 // bytes; source: API reference of MetricDataQuery
	maxDepth  = 32
)

// Parse reads an expression. The error says what is wrong with it, or is a *NotSimulated.
func Parse(text string) (*Expression, error) {
	if len(text) > maxLength {
		return nil, fmt.Errorf("an expression has at most %d characters", maxLength)
	}
	if fields := strings.Fields(text); len(fields) > 1 && strings.EqualFold(fields[0], "SELECT") {
		return nil, &NotSimulated{"a Metrics Insights query"}
	}
	p := &parser{rest: text}
	if err := p.next(); err != nil {
		return nil, err
	}
	root, err := p.expression(0, 0)
	if err != nil {
		return nil, err
	}
	if p.token != "" {
		return nil, fmt.Errorf("unexpected %q", p.token)
	}
	e := &Expression{root: root}
	root.collect(&e.ids)
	slices.Sort(e.ids)
	e.ids = slices.Compact(e.ids)
	return e, nil
}

func (n node) collect(ids *[]string) {
	if n.kind == query {
		*ids = append(*ids, n.text)
	}
	for _, part := range n.parts {
		part.collect(ids)
	}
}

// parser reads a text token by token.
type parser struct {
	rest  string
	token string // the one that is next; "" at the end
}

// next reads the next token.
func (p *parser) next() error {
	p.rest = strings.TrimLeftFunc(p.rest, unicode.IsSpace)
	p.token = ""
	if p.rest == "" {
		return nil
	}
	length := 1
	switch c := p.rest[0]; {
	case c >= '0' && c <= '9' || c == '.':
		length = span(p.rest, func(c byte) bool { return c >= '0' && c <= '9' || c == '.' })
	case isLetter(c):
		length = span(p.rest, func(c byte) bool { return isLetter(c) || c >= '0' && c <= '9' || c == '_' })
	case c == '\'' || c == '"':
		return &NotSimulated{"text"}
	case strings.ContainsRune("=!<>&|", rune(c)):
		if len(p.rest) > 1 && slices.Contains([]string{"==", "!=", "<=", ">=", "&&", "||"}, p.rest[:2]) {
			length = 2
		}
	case !strings.ContainsRune("+-*/%^(),[]", rune(c)):
		return fmt.Errorf("unexpected %q", p.rest[:1])
	}
	p.token, p.rest = p.rest[:length], p.rest[length:]
	return nil
}

func isLetter(c byte) bool { return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' }

func span(text string, in func(byte) bool) (n int) {
	for n < len(text) && in(text[n]) {
		n++
	}
	return n
}

// binds says how tightly an operator between two parts binds; 0: it is none.
func binds(token string) int {
	switch token {
	case "OR", "||":
		return 1
	case "AND", "&&":
		return 2
	case "==", "!=":
		return 3
	case "<", ">", "<=", ">=":
		return 4
	case "+", "-":
		return 5
	case "*", "/", "%":
		return 6
	case "^":
		return 7
	}
	return 0
}

// expression reads what binds more tightly than an operator.
func (p *parser) expression(least, depth int) (node, error) {
	if depth > maxDepth {
		return node{}, fmt.Errorf("an expression is at most %d deep", maxDepth)
	}
	left, err := p.operand(depth)
	for err == nil && binds(p.token) > least {
		token := p.token
		if err = p.next(); err != nil {
			break
		}
		below := binds(token)
		if token == "^" {
			below-- // from the right
		}
		var right node
		if right, err = p.expression(below, depth+1); err == nil {
			left = node{operator, token, []node{left, right}}
		}
	}
	return left, err
}

func (p *parser) operand(depth int) (node, error) {
	token := p.token
	if err := p.next(); err != nil {
		return node{}, err
	}
	switch {
	case token == "":
		return node{}, fmt.Errorf("the expression ends too early")
	case token == "-":
		inner, err := p.expression(binds("*"), depth+1)
		return node{operator, token, []node{inner}}, err
	case token == "(":
		inner, err := p.expression(0, depth+1)
		if err != nil {
			return node{}, err
		}
		return inner, p.expect(")")
	case token == "[":
		parts, err := p.parts("]", depth)
		return node{list, "", parts}, err
	case token[0] == '.' || token[0] >= '0' && token[0] <= '9':
		if _, err := strconv.ParseFloat(token, 64); err != nil {
			return node{}, fmt.Errorf("%q is no number", token)
		}
		return node{number, token, nil}, nil
	case p.token == "(":
		return p.call(token, depth)
	case token[0] >= 'a' && token[0] <= 'z':
		return node{query, token, nil}, nil
	case token == "REPEAT" || token == "LINEAR":
		return node{list, token, nil}, nil
	}
	return node{}, fmt.Errorf("unexpected %q", token)
}

func (p *parser) expect(token string) error {
	if p.token != token {
		return fmt.Errorf("%q is missing", token)
	}
	return p.next()
}

func (p *parser) parts(end string, depth int) (parts []node, err error) {
	for p.token != end {
		if len(parts) > 0 {
			if err := p.expect(","); err != nil {
				return nil, err
			}
		}
		part, err := p.expression(0, depth+1)
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
	}
	return parts, p.next()
}

func (p *parser) call(name string, depth int) (node, error) {
	upper := strings.ToUpper(name)
	least, most, known := arity(upper)
	if !known {
		return node{}, &NotSimulated{"the function " + name}
	}
	if err := p.next(); err != nil {
		return node{}, err
	}
	parts, err := p.parts(")", depth)
	if err == nil && (len(parts) < least || len(parts) > most) {
		err = fmt.Errorf("%s has %d parameters, not %d", upper, least, len(parts))
	}
	return node{call, upper, parts}, err
}

// arity says how many parameters a function has.
func arity(name string) (least, most int, known bool) {
	switch name {
	case "ABS", "CEIL", "FLOOR", "SUM", "AVG", "MIN", "MAX", "PERIOD":
		return 1, 1, true
	case "FILL":
		return 2, 2, true
	case "IF":
		return 2, 3, true
	}
	return 0, 0, false
}
