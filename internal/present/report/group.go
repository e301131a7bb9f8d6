package report

import (
	"cmp"
	"slices"
	"strings"
)

// group is objects of one kind of which the same is to be said.
type group struct {
	kind  string
	names []string
}

// add takes in an object by its key.
func (g *group) add(key string) {
	kind, name, _ := strings.Cut(key, "/")
	g.kind, g.names = kind, append(g.names, name)
}

// short is "vpc/main" of one object, "30 instances" of many.
func (g *group) short() string {
	if len(g.names) == 1 && g.names[0] != "" {
		return g.kind + "/" + g.names[0]
	}
	return plural(len(g.names), g.kind)
}

// long says which ones they are, too: "30 instances (web-a-1 … web-e-6)".
func (g *group) long() string {
	if len(g.names) < 2 {
		return g.short()
	}
	names := inOrder(g.names)
	which := strings.Join(names, ", ")
	if len(names) > 3 {
		which = names[0] + " " + ellipsis + " " + names[len(names)-1]
	}
	return g.short() + " (" + which + ")"
}

// groups are objects by some likeness, in the order in which they came.
type groups[K comparable] struct {
	order []K
	of    map[K]*group
}

func (g *groups[K]) add(like K, key string) {
	if g.of == nil {
		g.of = map[K]*group{}
	}
	if g.of[like] == nil {
		g.of[like] = &group{}
		g.order = append(g.order, like)
	}
	g.of[like].add(key)
}

// list names all groups: "vpc/main, 10 subnets".
func (g *groups[K]) list() string { return strings.Join(g.parts(), " ") }

// parts are the pieces of the list, between which a line can be broken.
func (g *groups[K]) parts() []string {
	var parts []string
	for i, like := range g.order {
		part := g.of[like].short()
		if i < len(g.order)-1 {
			part += ","
		}
		parts = append(parts, part)
	}
	return parts
}

// inOrder are names in the order of people: web-a-2 before web-a-10.
func inOrder(names []string) []string {
	sorted := slices.Clone(names)
	slices.SortStableFunc(sorted, natural)
	return sorted
}

// natural compares texts, and the numbers in them by their value.
func natural(a, b string) int {
	for a != "" && b != "" {
		partA, partB := leading(a), leading(b)
		a, b = a[len(partA):], b[len(partB):]
		if isDigit(rune(partA[0])) && isDigit(rune(partB[0])) {
			if order := cmp.Compare(len(partA), len(partB)); order != 0 {
				return order
			}
		}
		if order := strings.Compare(partA, partB); order != 0 {
			return order
		}
	}
	return cmp.Compare(len(a), len(b))
}

// leading is the digits that text begins with, or else what comes before any.
func leading(text string) string {
	number := isDigit(rune(text[0]))
	end := strings.IndexFunc(text, func(r rune) bool { return isDigit(r) != number })
	if end < 0 {
		return text
	}
	return text[:end]
}

func isDigit(r rune) bool { return r >= '0' && r <= '9' }
