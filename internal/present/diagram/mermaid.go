package diagram

import (
	"fmt"
	"slices"
	"strings"
	"unicode"

	"github.com/platformctl/platformctl/internal/kinds/autoscaling"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// mostEdges is how many instances get arrows of their own: Mermaid draws no more
// than 500 edges by itself.
const mostEdges = 100

// Mermaid writes the platform as a Mermaid flowchart, without the fence around
// it.
func (p Platform) Mermaid() string {
	m := &mermaid{Platform: p}
	// IDs would be broken at their hyphens.
	m.put(0, `%%%%{init: {"flowchart": {"wrappingWidth": 400}}}%%%%`)
	m.put(0, "flowchart TB")
	_, how := p.lookOf()
	m.put(1, "%%%% %s (%s, %s): %s", terminal.OneLine(p.Name), p.Target, p.Region, how)
	m.put(1, "internet([\"the internet\"])")
	m.group(1, p.VPC, "VPC "+p.CIDR, func() {
		m.node(2, p.Gateway, "internet gateway")
		m.group(2, p.Balancer, "load balancer "+p.Balancer.Key.Name, func() {
			m.node(3, p.Listener, "listener "+p.Listener.Key.Name)
			m.node(3, p.TargetGroup, "target group "+p.TargetGroup.Key.Name)
		})
		for i, z := range p.Zones {
			m.zone(i, z)
		}
		if p.Endpoint != nil {
			m.node(2, *p.Endpoint, "S3 gateway endpoint "+p.Endpoint.Key.Name)
		}
		for _, o := range p.Scaling {
			m.node(2, o, kindInWords(o)+" "+o.Key.Name)
		}
		for _, g := range p.Groups {
			lines := append(entry(g.Object, "security group "+g.Key.Name), partLines(g.Rules, "rules")...)
			m.put(2, "%s[%s]", id(g.Object), label(textsOf(lines)...))
			m.mark(id(g.Object), g.State, g.Rules.State)
		}
	})
	m.edges()
	m.classes()
	return m.String()
}

// mermaid is a flowchart on its way.
type mermaid struct {
	Platform
	strings.Builder
	marked [Missing + 1][]string // IDs by the mark of their state
}

func (m *mermaid) put(depth int, format string, args ...any) {
	fmt.Fprintf(m, strings.Repeat("  ", depth)+format+"\n", args...)
}

// id is an object's name in the flowchart. It has the kind in it, so none is a
// word of Mermaid's own.
func id(o Object) string {
	name := func(r rune) rune {
		if r < unicode.MaxASCII && (unicode.IsLetter(r) || unicode.IsDigit(r)) {
			return r
		}
		return '_'
	}
	text := o.Key.String()
	if o.State.Word == surplusWord {
		text += "/" + o.ID // the key may be another object's, too
	}
	if o.Nth > 0 {
		text += fmt.Sprintf("/%d", o.Nth)
	}
	return strings.Map(name, text)
}

// label is a text of several lines, as Mermaid quotes it.
func label(lines ...string) string {
	lines = terminal.NotEmpty(lines...)
	for i := range lines {
		lines[i] = mermaidQuotes.Replace(terminal.OneLine(lines[i]))
	}
	return `"` + strings.Join(lines, "<br/>") + `"`
}

var mermaidQuotes = strings.NewReplacer(`"`, "#quot;", "<", "#lt;", ">", "#gt;", "`", "'")

func textsOf(lines []line) []string {
	var texts []string
	for _, l := range lines {
		texts = append(texts, l.text)
	}
	return texts
}

func (m *mermaid) node(depth int, o Object, name string) {
	m.put(depth, "%s[%s]", id(o), label(textsOf(entry(o, name))...))
	m.mark(id(o), o.State)
}

// mark notes the worst of an object's states, for its colour.
func (m *mermaid) mark(id string, states ...State) {
	worst := Planned
	for _, s := range states {
		worst = max(worst, s.Mark)
	}
	m.marked[worst] = append(m.marked[worst], id)
}

func (m *mermaid) zone(i int, z Zone) {
	mark := z.mark()
	m.put(2, "subgraph zone%d[%s]", i, label(strings.TrimSpace(z.Name+" · "+mark.Sign())+" "+instancesInWords(z, m.Planned())))
	m.subnet(z.Public, "public subnet", func() {
		if z.NAT != nil {
			m.node(4, *z.NAT, natName(z))
		}
	})
	m.subnet(z.Private, "private subnet", func() {
		for _, instance := range z.Instances {
			word := strings.TrimSpace(instance.State.Mark.Sign() + " " + instance.State.Word)
			m.put(4, "%s[%s]", id(instance), label(instance.Key.Name, word, instance.State.Note, instance.ID))
			m.mark(id(instance), instance.State)
		}
	})
	m.put(2, "end")
}

func (m *mermaid) subnet(s Subnet, name string, inside func()) {
	if s.Key.IsZero() { // of a zone that leaves
		inside()
		return
	}
	m.group(3, s.Object, name+" "+s.CIDR, func() {
		m.node(4, s.Table, "route table "+s.Table.Key.Name)
		inside()
	})
}

// group draws an object around others. Its name has one line: Mermaid draws more
// over what is inside.
func (m *mermaid) group(depth int, o Object, name string, inside func()) {
	m.put(depth, "subgraph %s[%s]", id(o), label(strings.Join(textsOf(entry(o, name)), " · ")))
	inside()
	m.put(depth, "end")
	if o.State.Mark > Good { // without a colour it has that of the page
		m.mark(id(o), o.State)
	}
}

func (m *mermaid) edges() {
	m.put(1, "internet -->|%s| %s --> %s --> %s", m.Listener.Detail[0], id(m.Gateway), id(m.Listener), id(m.TargetGroup))
	total := 0
	for _, z := range m.Zones {
		total += len(z.Instances)
	}
	for _, z := range m.Zones {
		if total > mostEdges && !z.leaves() {
			m.put(1, "%s --> %s", id(m.TargetGroup), id(z.Private.Object))
			continue
		}
		for _, instance := range z.Instances {
			switch {
			case instance.State.Word == surplusWord:
			case z.Out >= 0 || m.Endpoint != nil:
				m.put(1, "%s --> %s -.-> %s", id(m.TargetGroup), id(instance), id(z.Private.Table))
			default:
				m.put(1, "%s --> %s", id(m.TargetGroup), id(instance))
			}
		}
	}
	m.launches()
	for _, z := range m.Zones {
		switch {
		case z.Out >= 0:
			m.put(1, "%s -.->|way out| %s", id(z.Private.Table), id(*m.Zones[z.Out].NAT))
		case m.Endpoint != nil && !z.leaves():
			m.put(1, "%s -.->|S3 only| %s", id(z.Private.Table), id(*m.Endpoint))
		}
		if z.NAT != nil {
			m.put(1, "%s -.-> %s", id(*z.NAT), id(m.Gateway))
		}
	}
}

// launches leads from an Auto Scaling group to where it launches, and to the group from what it goes by.
func (m *mermaid) launches() {
	group := slices.IndexFunc(m.Scaling, func(o Object) bool { return o.Key.Kind == autoscaling.GroupKind().Name })
	if group < 0 {
		return
	}
	for i, o := range m.Scaling {
		if i != group {
			m.put(1, "%s -.-> %s", id(o), id(m.Scaling[group]))
		}
	}
	for _, z := range m.Zones {
		if !z.leaves() {
			m.put(1, "%s -.->|launches| %s", id(m.Scaling[group]), id(z.Private.Object))
		}
	}
}

// classes gives the marks their colours, which come with a text colour each, as
// the page that shows the flowchart may be light or dark.
func (m *mermaid) classes() {
	styles := [...]string{
		Good:    "fill:#ecfdf5,stroke:#047857,color:#0f172a",
		Waiting: "fill:#fff7ed,stroke:#a14a06,stroke-width:2px,color:#0f172a",
		Bad:     "fill:#fef2f2,stroke:#b91c1c,stroke-width:2px,color:#0f172a",
		Missing: "fill:#fef2f2,stroke:#b91c1c,stroke-width:2px,stroke-dasharray:5 4,color:#0f172a",
	}
	for mark := Good; mark <= Missing; mark++ {
		if ids := m.marked[mark]; len(ids) > 0 {
			m.put(1, "classDef %s %s", mark.class(), styles[mark])
			m.put(1, "class %s %s", strings.Join(ids, ","), mark.class())
		}
	}
}
