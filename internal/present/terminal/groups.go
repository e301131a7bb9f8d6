package terminal

import (
	"cmp"
	"slices"
	"strings"
)

// Group is objects of one kind of which the same is to be said.
type Group struct {
	kind  string
	names []string
}

// add takes in an object by its key.
func (g *Group) add(key string) {
	kind, name, _ := strings.Cut(key, "/")
	g.kind, g.names = kind, append(g.names, name)
}

// Short is "vpc/main" of one object, "30 instances" of many.
func (g *Group) Short() string {
	if len(g.names) == 1 && g.names[0] != "" {
		return g.kind + "/" + g.names[0]
	}
	return Plural(len(g.names), g.kind)
}

// Long says which ones they are, too: "30 instances (web-a-1 … web-e-6)".
func (g *Group) Long() string {
	if len(g.names) < 2 {
		return g.Short()
	}
	names := inOrder(g.names)
	which := strings.Join(names, ", ")
	if len(names) > 3 {
		which = names[0] + " " + Ellipsis + " " + names[len(names)-1]
	}
	return g.Short() + " (" + which + ")"
}

// Groups are objects by some likeness, in the order in which they came.
type Groups[K comparable] struct {
	Order []K
	Of    map[K]*Group
}

// Add takes an object, by its key, into the group of its like.
func (g *Groups[K]) Add(like K, key string) {
	if g.Of == nil {
		g.Of = map[K]*Group{}
	}
	if g.Of[like] == nil {
		g.Of[like] = &Group{}
		g.Order = append(g.Order, like)
	}
	g.Of[like].add(key)
}

// List names all groups: "vpc/main, 10 subnets".
func (g *Groups[K]) List() string { return strings.Join(g.Parts(), " ") }

// Parts are the pieces of the list, between which a line can be broken.
func (g *Groups[K]) Parts() []string {
	var parts []string
	for i, like := range g.Order {
		part := g.Of[like].Short()
		if i < len(g.Order)-1 {
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
