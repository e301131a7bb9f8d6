package runbook

import (
	"fmt"
	"strings"
)

// recipe is a section: one thing that happens, and what is done about it.
type recipe struct {
	title string
	// notice is how the operator learns of it; users what those see meanwhile.
	notice, users string
	look, do      []step
	verify        []step
	// dont is what makes it worse.
	dont []string
}

// step is something to do, with the command lines for it.
type step struct {
	say string
	run []string
}

// run is a step.
func run(say string, lines ...string) step { return step{say, lines} }

// The parts of a recipe, in their order.
const (
	partNotice = "How you notice"
	partUsers  = "What users see"
	partLook   = "Look"
	partDo     = "Do"
	partVerify = "Verify"
	partDont   = "Don't"
)

func (r recipe) write(b *strings.Builder) {
	fmt.Fprintf(b, "\n## %s\n\n**%s.** %s\n\n**%s.** %s\n", r.title, partNotice, r.notice, partUsers, r.users)
	for _, part := range []struct {
		name  string
		steps []step
	}{{partLook, r.look}, {partDo, r.do}, {partVerify, r.verify}} {
		if len(part.steps) > 0 {
			fmt.Fprintf(b, "\n### %s\n", part.name)
		}
		for _, s := range part.steps {
			fmt.Fprintf(b, "\n%s\n", s.say)
			if len(s.run) > 0 {
				b.WriteString("\n" + block(s.run...))
			}
		}
	}
	fmt.Fprintf(b, "\n### %s\n\n", partDont)
	for _, d := range r.dont {
		fmt.Fprintf(b, "- %s\n", d)
	}
}

// block is a fenced block of command lines. Its mark says to the tests of the
// documents that they need AWS, or an object's ID.
func block(lines ...string) string { return "```sh aws\n" + strings.Join(lines, "\n") + "\n```\n" }

// anchor is a title as GitHub links to it.
func anchor(title string) string {
	return strings.ReplaceAll(strings.ToLower(strings.Map(func(r rune) rune {
		if strings.ContainsRune("',()`", r) {
			return -1
		}
		return r
	}, title)), " ", "-")
}
