package config

import (
	"fmt"
	"strconv"
	"strings"
)

// origin is where a value was written.
type origin struct {
	source       string // as Problem.Source
	line, column int    // 0 outside of a file
	directory    string // what a path in the value is relative to
}

// form is how a value was written. A file tells a number from a text; a variable and a flag hold plain text that can be either.
type form int

const (
	formPlain form = iota // from a variable or a flag
	formText
	formNumber
	formTruth // true, false
	formOther // null, .inf: of no use to any key
	formList
	formMapping
)

// setting is one value as it was written, not yet read as what its key wants.
type setting struct {
	at      origin
	form    form
	text    string    // of a scalar, as it was written
	decimal string    // of a whole number in a file: its value to YAML, where it is written in another way
	items   []setting // of a list
	entries []entry   // of a mapping
}

// entry is one pair of a mapping; its value's origin is that of its key.
type entry struct {
	key   string
	value setting
}

// got describes the setting for a message that ends "got …".
func (s setting) got() string {
	switch s.form {
	case formText, formPlain:
		return quote(s.text)
	case formList:
		return "a list"
	case formMapping:
		return "a mapping"
	default:
		return s.text
	}
}

// number tells whether the setting can be read as a number, and scalar whether as a text.
func (s setting) number() bool { return s.form == formNumber || s.form == formPlain }
func (s setting) scalar() bool { return s.form == formText || s.form == formPlain }

// problem makes a Problem of what was written here.
func (o origin) problem(key, message string) Problem {
	return Problem{Source: o.source, Line: o.line, Column: o.column, Key: key, Message: message}
}

// quote shows what the user wrote on one line of bearable length.
func quote(text string) string {
	const longest = 60
	if len(text) > longest {
		text = strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return strconv.Quote(text)
}

// inQuotes says how a scalar that YAML takes for something else becomes a text; "" for what is none.
func (s setting) inQuotes() string {
	if s.form == formNumber || s.form == formTruth {
		return fmt.Sprintf(": put it in quotes, %q", s.text)
	}
	return ""
}

// whole reads a whole number. shown is it as written, with what it is to YAML where a reader may take it for another.
func (s setting) whole() (value int, shown string, err error) {
	text, shown := s.text, s.text
	if s.decimal != "" {
		text, shown = s.decimal, s.text+", which is "+s.decimal+" in YAML"
	}
	value, err = strconv.Atoi(text)
	return value, shown, err
}

// mustBe words the commonest message.
func mustBe(what string, s setting) string { return fmt.Sprintf("must be %s, got %s", what, s.got()) }

// nothing is the text of a key without a value.
const nothing = "nothing"
