package wire

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// node is one parameter, or a structure or list of them: "Filter.1.Name=x" becomes
// Filter → 1 → Name → x. JSON requests become the same tree, with elements of an
// array numbered from 1.
type node struct {
	value    string
	set      bool // has a value of its own
	list     bool // is an array of JSON
	hollow   bool // is an object of JSON, or a null in an array of it
	read     bool // a field of the request struct took it
	children map[string]*node
}

func (n *node) child(name string) *node {
	if n.children == nil {
		n.children = map[string]*node{}
	}
	c := n.children[name]
	if c == nil {
		c = &node{}
		n.children[name] = c
	}
	return c
}

func parametersOfForm(form url.Values) *node {
	root := &node{}
	for key, values := range form {
		n := root
		for part := range strings.SplitSeq(key, ".") {
			n = n.child(part)
		}
		if len(values) > 0 {
			n.value, n.set = values[0], true
		}
	}
	return root
}

func parametersOfJSON(body []byte) (*node, error) {
	root := &node{}
	if len(bytes.TrimSpace(body)) == 0 {
		return root, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("decode JSON request: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decode JSON request: there is more than one document")
	}
	root.fill(document)
	return root, nil
}

func (n *node) fill(value any) {
	switch v := value.(type) {
	case nil:
	case map[string]any:
		n.child("").read = true // makes the structure present even when empty
		delete(n.children, "")
		n.hollow = true
		for name, member := range v {
			n.child(name).fill(member)
		}
	case []any:
		n.set, n.list = len(v) == 0, true
		for i, element := range v {
			child := n.child(strconv.Itoa(i + 1))
			child.hollow = element == nil
			child.fill(element)
		}
	default:
		n.value, n.set = fmt.Sprint(v), true
	}
}

// elements are the children of a list in the order of their numbers.
func (n *node) elements(p protocol) ([]*node, []string) {
	if p.kind == query {
		if member := n.children["member"]; member != nil {
			n = member
		}
	}
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		// What has no number is no element: nobody takes it, and so it is refused.
		if i, err := strconv.Atoi(name); err == nil && i > 0 && name == strconv.Itoa(i) {
			names = append(names, name)
		}
	}
	slices.SortFunc(names, func(a, b string) int {
		x, _ := strconv.Atoi(a)
		y, _ := strconv.Atoi(b)
		return x - y
	})
	nodes := make([]*node, len(names))
	for i, name := range names {
		nodes[i] = n.children[name]
	}
	return nodes, names
}

// unread finds a parameter that no field took, in a stable order.
func (n *node) unread(path string) (string, bool) {
	if (n.set || n.hollow) && !n.read {
		return path, true
	}
	names := make([]string, 0, len(n.children))
	for name := range n.children {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		full := name
		if path != "" {
			full = path + "." + name
		}
		if found, ok := n.children[name].unread(full); ok {
			return found, true
		}
	}
	return "", false
}
