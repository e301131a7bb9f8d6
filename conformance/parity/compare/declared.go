package compare

import (
	_ "embed" // declared.txt
	"fmt"
	"regexp"
	"strings"
)

//go:embed declared.txt
var declared string

// Declarations are the differences that are known.
type Declarations []declaration

type declaration struct {
	kind          Kind
	subject, what *regexp.Regexp
	reason        string
}

// Declared are those of this package.
func Declared() (Declarations, error) { return ParseDeclarations(declared) }

// ParseDeclarations reads one difference a line: kind, subject and what, "-" for none, and the reason. "*" stands for
// any text. Empty lines, and those that begin with "#", say nothing.
func ParseDeclarations(text string) (all Declarations, err error) {
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		words := strings.Fields(line)
		if len(words) < 4 {
			return nil, fmt.Errorf("declared differences, line %d: want kind, subject, what and a reason: %q", n, line)
		}
		if words[2] == "-" {
			words[2] = ""
		}
		all = append(all, declaration{Kind(words[0]), glob(words[1]), glob(words[2]), strings.Join(words[3:], " ")})
	}
	return all, nil
}

// glob matches a text in which "*" stands for any text, and "_" for a space.
func glob(text string) *regexp.Regexp {
	quoted := regexp.QuoteMeta(strings.ReplaceAll(text, "_", " "))
	return regexp.MustCompile("^" + strings.ReplaceAll(quoted, `\*`, ".*") + "$")
}

// reason is why a difference is known; "" where it isn't.
func (all Declarations) reason(d Difference) string {
	for _, known := range all {
		what := strings.ReplaceAll(d.What, "_", " ")
		if known.kind == d.Kind && known.subject.MatchString(strings.ReplaceAll(d.Subject, "_", " ")) && known.what.MatchString(what) {
			return known.reason
		}
	}
	return ""
}
