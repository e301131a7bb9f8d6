package cloudinit

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"
)

// What a cloud-config may need to be read: the parser of YAML takes time by the square of some of these.
const (
	mostBrackets   = 100     // open at once
	mostMarkers    = 30      // sequences that begin in one line
	mostIndicators = 4_000   // characters in one line that YAML gives a meaning
	mostLines      = 20_000  // outside of blocks of text
	mostExpanded   = 4 << 20 // bytes, aliases followed
	mostContent    = 4 << 20 // bytes of all files that are written
)

var (
	textBlock = regexp.MustCompile(`^( *(?:- +)*)([\w.-]+: +)?[|>][-+]?(?: *| +#.*)$`)
	markers   = regexp.MustCompile(`^\s*(?:[-?]\s+)+`)
)

func tooMuch(format string, args ...any) error {
	return fmt.Errorf("user data with more than "+format+": %w", append(args, ErrNotSimulated)...)
}

// bounded refuses what would take the parser's memory, or its time. It looks at lines outside of blocks of text.
func bounded(text string) error {
	open, lines, quoted := 0, 0, false
	var block textLines
	for line := range strings.Lines(strings.NewReplacer("\r\n", "\n", "\r", "\n").Replace(text)) {
		line = strings.TrimRight(line, "\n")
		if block.has(line) {
			continue
		}
		block = textLines{}
		quoted = quoted || mayQuote(line)
		if open == 0 && !quoted {
			block = begun(line)
		}
		if lines++; lines > mostLines {
			return tooMuch("%d lines", mostLines)
		}
		if len(strings.Fields(markers.FindString(line))) > mostMarkers {
			return tooMuch("%d lists within each other in a line", mostMarkers)
		}
		indicators := 0
		for _, r := range line {
			switch r {
			case '[', '{':
				open++
			case ']', '}':
				open = max(0, open-1)
			}
			if strings.ContainsRune(`:-?&*![]{}"',#|>%@`, r) {
				indicators++
			}
			if open > mostBrackets {
				return tooMuch("%d lists within each other", mostBrackets)
			}
		}
		if indicators > mostIndicators {
			return tooMuch("%d of YAML's characters in a line", mostIndicators)
		}
	}
	return nil
}

// textLines are the lines of a block of text. The zero value has none.
type textLines struct {
	begun                bool
	outside, indentation int // of the line that it belongs to, and of its first line; 0 while there is none
}

// begun is the block of text that a line begins. Only a form that can be nothing else counts: a block that the parser
// sees and this doesn't is bounded too much, one that only this sees would be bounded by nothing.
func begun(line string) textLines {
	m := textBlock.FindStringSubmatch(line)
	switch {
	case m == nil:
		return textLines{}
	case m[2] != "":
		return textLines{begun: true, outside: len(m[1])}
	case strings.Contains(m[1], "-"):
		return textLines{begun: true, outside: strings.LastIndex(m[1], "-")}
	}
	return textLines{}
}

// has reports whether a line is one of them.
func (b *textLines) has(line string) bool {
	indentation := len(line) - len(strings.TrimLeft(line, " "))
	switch {
	case !b.begun:
		return false
	case indentation == len(line):
		return true
	case b.indentation == 0 && indentation > b.outside:
		b.indentation = indentation
		return true
	}
	return b.indentation > 0 && indentation >= b.indentation
}

// mayQuote reports whether a quoted text may go on behind a line.
func mayQuote(line string) bool {
	double, single := strings.Count(line, `"`), strings.Count(line, "'")
	return double%2 == 1 || single%2 == 1 || double > 0 && (single > 0 || strings.Contains(line, `\`))
}

// aliases refuses a document that its aliases make too large. What has no syntax has no size.
func aliases(text []byte) error {
	if !strings.Contains(string(text), "*") {
		return nil
	}
	file, err := parser.ParseBytes(text, 0)
	if err != nil {
		return nil //nolint:nilerr // the decoder says what is wrong
	}
	sizes := anchors{}
	for _, document := range file.Docs {
		if sizes.of(document.Body) > mostExpanded {
			return tooMuch("%d bytes, aliases followed", mostExpanded)
		}
	}
	return nil
}

// anchors are the sizes of what aliases stand for, in bytes.
type anchors map[string]int64

// of is the size of a node with its aliases followed, or a little more than mostExpanded.
func (a anchors) of(n ast.Node) (size int64) {
	add := func(nodes ...ast.Node) {
		for _, n := range nodes {
			size = min(size+a.of(n), mostExpanded+1)
		}
	}
	switch n := n.(type) {
	case nil:
	case *ast.MappingNode:
		for _, v := range n.Values {
			add(v)
		}
	case *ast.MappingValueNode:
		add(n.Key, n.Value)
	case *ast.MappingKeyNode:
		add(n.Value)
	case *ast.SequenceNode:
		add(n.Values...)
	case *ast.TagNode:
		add(n.Value)
	case *ast.AnchorNode:
		add(n.Value)
		a[n.Name.GetToken().Value] = size
	case *ast.AliasNode:
		size = a[n.Value.GetToken().Value]
	default:
		if token := n.GetToken(); token != nil {
			size = int64(len(token.Value))
		}
	}
	return min(size+16, mostExpanded+1)
}
