package wire

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"
)

// Parameter is one parameter, or a structure or list of them: "Filter.1.Name=x" becomes
// Filter → 1 → Name → x. What else a request can be written in becomes the same tree.
type Parameter struct {
	Text   string
	Set    bool // has a value of its own
	List   bool // is certainly a list, of elements that are numbered from 1
	Hollow bool // is certainly a structure, or a null in a list of them
	Blob   bool // Text is the bytes themselves, not their base64

	More []*Parameter // further ones of the same name, of protocols that repeat names

	read     bool // a field of the request struct took it
	children map[string]*Parameter
}

// Element is an element of a list or an entry of a map, with its name in messages.
type Element struct {
	Name string
	*Parameter
}

// Child is the parameter of that name within this one. It is made where there is none.
func (p *Parameter) Child(name string) *Parameter {
	if p.children == nil {
		p.children = map[string]*Parameter{}
	}
	c := p.children[name]
	if c == nil {
		c = &Parameter{}
		p.children[name] = c
	}
	return c
}

// Lookup is the parameter of that name within this one; nil where there is none.
func (p *Parameter) Lookup(name string) *Parameter { return p.children[name] }

// Parent reports whether there are parameters within this one.
func (p *Parameter) Parent() bool { return len(p.children) > 0 }

// SetText gives the parameter a value.
func (p *Parameter) SetText(text string) { p.Text, p.Set = text, true }

// Take returns the value and marks it as read.
func (p *Parameter) Take() string {
	p.read = true
	return p.Text
}

// Fill makes the parameter of a value as codecs give it: nil, a number, a text, bytes, a
// time, a slice or a map of such values.
func (p *Parameter) Fill(value any) {
	switch v := value.(type) {
	case nil:
	case map[string]any:
		p.Hollow = true
		for name, member := range v {
			p.Child(name).Fill(member)
		}
	case []any:
		p.Set, p.List = len(v) == 0, true
		for i, element := range v {
			child := p.Child(strconv.Itoa(i + 1))
			child.Hollow = element == nil
			child.Fill(element)
		}
	case []byte:
		p.SetText(string(v))
		p.Blob = true
	case time.Time:
		p.SetText(v.UTC().Format(time.RFC3339Nano))
	case float64:
		p.SetText(strconv.FormatFloat(v, 'f', -1, 64))
	default:
		p.SetText(fmt.Sprint(v))
	}
}

// What a document may hold: values within others, and values all together, as many as net/url reads parameters.
const (
	MaxDepth  = 32
	MaxValues = 10_000
)

// Bounded refuses a document, as codecs give it, that holds more than a request may.
func Bounded(document any) error {
	if left := MaxValues; !within(document, MaxDepth, &left) {
		return fmt.Errorf("there are more than %d values, or more than %d within each other", MaxValues, MaxDepth)
	}
	return nil
}

// within reports whether a value keeps to so many levels, and to the number of values that is left.
func within(value any, levels int, left *int) bool {
	if *left--; levels < 0 || *left < 0 {
		return false
	}
	switch value := value.(type) {
	case map[string]any:
		for _, v := range value {
			if !within(v, levels-1, left) {
				return false
			}
		}
	case []any:
		for _, v := range value {
			if !within(v, levels-1, left) {
				return false
			}
		}
	}
	return true
}

// Numbered are the elements of a list whose names are their numbers, in order. What has
// no number is no element: nobody takes it, and so it is refused.
func (p *Parameter) Numbered() []Element {
	var elements []Element
	for name, child := range p.children {
		if i, err := strconv.Atoi(name); err == nil && i > 0 && name == strconv.Itoa(i) {
			elements = append(elements, Element{name, child})
		}
	}
	slices.SortFunc(elements, func(a, b Element) int {
		x, _ := strconv.Atoi(a.Name)
		y, _ := strconv.Atoi(b.Name)
		return x - y
	})
	return elements
}

// Members are the elements of a list, as messages of all services but EC2 name them.
func (p *Parameter) Members() []Element {
	elements := p.Numbered()
	for i := range elements {
		elements[i].Name += ".member"
	}
	return elements
}

func (p *Parameter) names() []string { return slices.Sorted(maps.Keys(p.children)) }

// unread finds a parameter that no field took, in a stable order.
func (p *Parameter) unread(path string) (string, bool) {
	if (p.Set || p.Hollow) && !p.read {
		return path, true
	}
	for _, name := range p.names() {
		if found, ok := p.children[name].unread(join(path, name)); ok {
			return found, true
		}
	}
	for _, another := range p.More {
		if found, ok := another.unread(path); ok {
			return found, true
		}
	}
	return "", false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
