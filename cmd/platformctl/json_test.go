package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// assertJSON is "json FILE PATH OP VALUE". The file, often stdout, must hold
// exactly one document. The path's parts have dots between them: a field's
// name, an index, NAME=VALUE for the first element whose field has that value,
// or # for the length. OP is ==, !=, <=, >= or ~ (a regular expression); => sets
// the environment variable that VALUE names. Without OP and VALUE the path
// must exist; "! json FILE PATH" says that it must not.
func assertJSON(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 4 && len(args) != 2 || neg && len(args) != 2 {
		ts.Fatalf("usage: json FILE PATH OP VALUE, or [!] json FILE PATH")
	}
	document, err := readDocument(ts.ReadFile(args[0]))
	if err != nil {
		ts.Fatalf("%s: %v", args[0], err)
	}
	value, err := walk(document, args[1])
	if neg {
		if err == nil {
			ts.Fatalf("%s is there: %s", args[1], show(value))
		}
		return
	}
	ts.Check(err)
	if len(args) == 2 {
		return
	}
	got, op, want := show(value), args[2], args[3]
	if op == "=>" {
		ts.Setenv(want, got)
		return
	}
	ok, err := holds(got, op, want)
	ts.Check(err)
	if !ok {
		ts.Fatalf("%s is %s, not %s %s", args[1], got, op, want)
	}
}

// readDocument reads text that is one JSON document and nothing else.
func readDocument(text string) (any, error) {
	decoder := json.NewDecoder(strings.NewReader(text))
	decoder.UseNumber()
	var document any
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("not a JSON document (%w): %q", err, text)
	}
	if err := decoder.Decode(new(any)); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("more than one JSON document: %q", text)
	}
	return document, nil
}

func walk(value any, path string) (any, error) {
	whole := path
	for path != "" {
		var part string
		part, path, _ = strings.Cut(path, ".")
		next, err := step(value, part)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", whole, err)
		}
		value = next
	}
	return value, nil
}

func step(value any, part string) (any, error) {
	switch value := value.(type) {
	case map[string]any:
		if part == "#" {
			return len(value), nil
		}
		if field, ok := value[part]; ok {
			return field, nil
		}
	case []any:
		if part == "#" {
			return len(value), nil
		}
		if i, err := strconv.Atoi(part); err == nil && i < len(value) {
			return value[i], nil
		}
		if name, want, ok := strings.Cut(part, "="); ok {
			for _, element := range value {
				if fields, ok := element.(map[string]any); ok && show(fields[name]) == want {
					return element, nil
				}
			}
		}
	}
	return nil, fmt.Errorf("there is no %q in %s", part, show(value))
}

// show is a text as it is, and anything else as JSON.
func show(value any) string {
	if text, ok := value.(string); ok {
		return text
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(value); err != nil {
		return err.Error()
	}
	return strings.TrimSpace(out.String())
}

func holds(got, op, want string) (bool, error) {
	switch op {
	case "==":
		return got == want, nil
	case "!=":
		return got != want, nil
	case "~":
		return regexp.MatchString(want, got)
	}
	a, err := strconv.ParseFloat(got, 64)
	if err != nil {
		return false, err
	}
	b, err := strconv.ParseFloat(want, 64)
	if err != nil {
		return false, err
	}
	switch op {
	case "<=":
		return a <= b, nil
	case ">=":
		return a >= b, nil
	}
	return false, fmt.Errorf("there is no operator %q", op)
}
