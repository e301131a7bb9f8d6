package wire

import (
	"maps"
	"slices"
	"strconv"
)

// Parameter is one parameter, or a structure or list of them: "Filter.1.Name=x" becomes
// Filter → 1 → Name → x. What else a request can be written in becomes the same tree.
type Parameter struct {
	Text   string
	Set    bool // has a value of its own
	List   bool // is certainly a list, of elements that are numbered from 1
	Hollow bool // is certainly a structure, or a null in a list of them

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

// SetText gives the parameter a value.
func (p *Parameter) SetText(text string) { p.Text, p.Set = text, true }

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
	return "", false
}

func join(path, name string) string {
	if path == "" {
		return name
	}
	return path + "." + name
}
