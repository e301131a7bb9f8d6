package diagram

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"
)

//go:embed diagram.css
var styleSheet string

// The lengths of the layout.
const (
	margin              = 24.0
	inset               = 20.0 // between the VPC's edge and what is in it
	laneGap             = 14.0
	laneLeft            = 10.0          // between a lane's edge and its subnets
	channel             = 22.0          // beside boxes, for lines that pass
	passage             = 2*channel + 6 // at the right of a lane, for both lines
	alley               = 40.0          // between rows, for lines that run across
	leastWide, laneWide = 716.0, 260.0
	instanceWide        = 150.0
	boxGap              = 8.0
)

// SVG draws the platform: Availability Zones as lanes, requests from top to
// bottom, the way out from bottom to top.
func (p Platform) SVG() string {
	d := &drawing{Platform: p}
	d.layOut()
	d.header()
	d.wayIn()
	d.lanes()
	d.endpoint()
	d.panels()
	d.wrong()
	d.legend()
	high := d.y + margin - boxGap
	head := &canvas{}
	wide := d.wide + 2*margin
	head.put("<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %g %g\" width=\"%g\" height=\"%g\" role=\"img\" aria-labelledby=\"name told\">\n", wide, high, wide, high)
	head.put("<title id=\"name\">The platform %s</title>\n<desc id=\"told\">%s</desc>\n<style>\n%s</style>\n", e(p.Name), e(p.described()), styleSheet)
	head.put("<defs>\n")
	for _, class := range []string{"request", "out"} {
		head.put("<marker id=\"%s\" viewBox=\"0 0 10 10\" refX=\"9\" refY=\"5\" markerWidth=\"6\" markerHeight=\"6\" orient=\"auto\"><path d=\"M0 0L10 5L0 10z\" class=\"head-%s\"/></marker>\n", class, class)
	}
	head.put("</defs>\n<rect width=\"%g\" height=\"%g\" class=\"ground\"/>\n", wide, high)
	head.rect(margin, d.vpcTop, d.wide, d.vpcBottom-d.vpcTop, "vpc "+d.VPC.State.Mark.class())
	return head.String() + d.String() + "</svg>\n"
}

// drawing is an SVG on its way.
type drawing struct {
	Platform
	canvas
	wide float64 // within the margins
	y    float64 // what is above it is drawn
	lane float64 // the width of each
	cols int     // of instances in a lane

	vpcTop, vpcBottom  float64
	lineY, outY        float64 // where the lines of requests and of the way out run across
	bottom             float64 // of the lanes
	gatewayX, gatewayY float64 // where the way out comes to the internet gateway
}

// layOut gives each lane its width. Lanes with many instances have more columns
// of them, so that the drawing doesn't become a ribbon.
func (d *drawing) layOut() {
	n := float64(max(len(d.Zones), 1))
	most := 0
	for _, zone := range d.Zones {
		most = max(most, len(zone.Instances))
	}
	inner := max(leastWide, n*laneWide+(n-1)*laneGap)
	columns := func(lane float64) int { return int((lane - 2*laneLeft - 2*pad + boxGap) / (instanceWide + boxGap)) }
	d.lane = (inner - (n-1)*laneGap) / n
	d.cols = max(1, min(columns(d.lane), most))
	if want := int(math.Ceil(math.Sqrt(float64(most) / 4))); want > d.cols {
		d.cols = want
		d.lane = max(d.lane, float64(want)*(instanceWide+boxGap)-boxGap+2*laneLeft+2*pad)
		inner = n*d.lane + (n-1)*laneGap
	}
	d.wide = inner + 2*inset
}

// laneX is a lane's left edge.
func (d *drawing) laneX(i int) float64 {
	return margin + inset + float64(i)*(d.lane+laneGap)
}

// entry is an object's lines: its sign and name, how it is where it isn't as it
// should be, what it is set to, and its ID.
func entry(o Object, name string) []line {
	class := "strong"
	if o.State.Mark != Planned && o.State.Mark != Good {
		class = o.State.Mark.class()
	}
	lines := []line{{strings.TrimSpace(o.State.Mark.Sign() + " " + name), class}}
	if o.State.Word != "" {
		lines = append(lines, line{o.State.Word, class})
	}
	for _, detail := range o.Detail {
		lines = append(lines, line{detail, "small"})
	}
	if o.ID != "" {
		lines = append(lines, line{short(o.ID), "mono"})
	}
	return lines
}

// short is an ID without what all of its kind have in common: of an ARN the
// name and the last part.
func short(id string) string {
	_, path, isARN := strings.Cut(id, ":listener/")
	if isARN {
		return "…/" + path[strings.LastIndex(path, "/")+1:]
	}
	if strings.HasPrefix(id, "arn:") {
		parts := strings.Split(id, "/")
		return strings.Join(parts[max(len(parts)-2, 0):], "/")
	}
	return id
}

// told is all that is known of an object, in a line.
func told(o Object) string {
	parts := []string{o.Key.String(), o.ID, strings.TrimSuffix(o.State.Word+": "+o.State.Note, ": ")}
	parts = slices.DeleteFunc(slices.Concat(parts, o.Detail), func(s string) bool { return s == "" })
	return strings.Join(parts, " · ")
}

func (d *drawing) entryBox(x, y, w, h float64, o Object, name string) {
	d.box(x, y, w, h, "box "+o.State.Mark.class(), told(o), entry(o, name))
}

// lookOf is a platform's health as a mark and in words.
func (p Platform) lookOf() (Mark, string) {
	switch p.Health {
	case "":
		return Planned, "as configured"
	case healthAbsent:
		return Planned, "absent: nothing of it is there, and platformctl up makes it so"
	case healthHealthy:
		if len(p.Wrong) > 0 {
			return Waiting, "healthy, but not all is as it should be"
		}
		return Good, p.Health
	case healthDegraded:
		return Waiting, p.Health
	default:
		return Bad, p.Health
	}
}

// described is the drawing in sentences, for those who can't see it.
func (p Platform) described() string {
	_, how := p.lookOf()
	var zones []string
	for _, z := range p.Zones {
		zones = append(zones, fmt.Sprintf("%s with %s", z.Name, instancesInWords(z, p.Planned())))
	}
	text := fmt.Sprintf("%s in %s: %s. Requests come over the internet gateway to a load balancer with a node in each zone, and go to healthy instances in private subnets: %s.",
		p.Name, p.Region, how, strings.Join(zones, ", "))
	if len(p.Wrong) > 0 {
		text += fmt.Sprintf(" Not as it should be: %d of %d objects.", len(p.Wrong), p.Total)
	}
	return text
}

func instancesInWords(z Zone, planned bool) string {
	switch {
	case planned:
		return count(len(z.Instances), "instance")
	case z.leaves():
		return surplusWord
	case len(z.Instances) == 0:
		return "no instance"
	default:
		return fmt.Sprintf("%d of %d healthy", z.healthyInstances(), len(z.Instances))
	}
}

func count(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

func (d *drawing) header() {
	mark, how := d.lookOf()
	d.y = margin
	d.text(margin, d.y+16, "large", d.Name)
	d.text(margin+width(d.Name, "large")+12, d.y+16, "muted", d.Target+", "+d.Region)
	d.y += 38
	class := "muted"
	if mark != Planned {
		class = mark.class()
	}
	d.text(margin, d.y, class, strings.TrimSpace(mark.Sign()+" "+how))
	if d.URL != "" {
		at := margin + width("~ "+how, class) + 16
		if at+width(d.URL, "") > margin+d.wide {
			at = margin
			d.y += lineHigh
		}
		d.text(at, d.y, "muted", d.URL)
	}
	d.y += 14
}

// wayIn draws the internet, the internet gateway and the load balancer.
func (d *drawing) wayIn() {
	center := margin + d.wide/2
	top := d.y + 30
	d.box(center-70, d.y, 140, 30, "box planned", "", []line{{"the internet", "strong"}})
	d.vpcTop = top + alley
	edge := d.vpcTop + 14
	gateway := entry(d.Gateway, "internet gateway")
	d.entryBox(center-110, edge, 220, high(len(gateway)), d.Gateway, "internet gateway")
	d.lines(margin+inset, edge+4, d.wide/2-150, entry(d.VPC, "VPC "+d.CIDR))
	d.arrow("request", center-30, top, center-30, edge)
	d.text(center-30-width("HTTP 80", "small")-8, top+alley/2+4, "small muted", "HTTP 80")

	bottom := edge + high(len(gateway))
	d.arrow("request", center-30, bottom, center-30, bottom+30)
	d.y = bottom + 30
	right := margin + d.wide - inset
	if d.hasNAT() {
		d.arrow("out", center+30, edge, center+30, top)
		d.gatewayX, d.gatewayY = center+110, edge+high(len(gateway))/2
	}
	d.loadBalancer(right - channel)
}

// hasNAT says whether any zone has a way out to the internet.
func (d *drawing) hasNAT() bool {
	return slices.ContainsFunc(d.Zones, func(z Zone) bool { return z.Out >= 0 })
}

// loadBalancer draws it with its listener and target group, up to the right edge.
func (d *drawing) loadBalancer(right float64) {
	left := margin + inset
	const link = 30.0
	third := (right - left - 2*pad - 2*link) / 3
	balancer := entry(d.Balancer, "load balancer "+d.Balancer.Key.Name)
	listener := entry(d.Listener, "listener "+d.Listener.Key.Name)
	group := entry(d.TargetGroup, "target group "+d.TargetGroup.Key.Name)
	inside := high(max(len(listener), len(group), len(balancer)))
	d.box(left, d.y, right-left, inside+2*pad, "box "+d.Balancer.State.Mark.class(), told(d.Balancer), nil)
	d.lines(left+pad, d.y+2*pad, third, balancer)
	x, y := left+pad+third+link, d.y+pad
	d.entryBox(x, y, third, inside, d.Listener, "listener "+d.Listener.Key.Name)
	d.arrow("request", x-link, y+inside/2, x, y+inside/2)
	x += third + link
	d.arrow("request", x-link, y+inside/2, x, y+inside/2)
	d.entryBox(x, y, third, inside, d.TargetGroup, "target group "+d.TargetGroup.Key.Name)
	d.y += inside + 2*pad
	d.lineY = d.y + alley/2 - 4
	d.wire("request", margin+d.wide/2-30, d.y, margin+d.wide/2-30, d.lineY)
}

// subnetLines are a subnet's lines, with its route table's.
func subnetLines(s Subnet, name string) []line {
	lines := entry(Object{Key: s.Key, ID: s.ID, State: s.State, Detail: []string{s.CIDR}}, name)
	class := "small"
	if s.Table.State.Mark > Good {
		class = "small " + s.Table.State.Mark.class()
		lines = append(lines, line{s.Table.State.Mark.Sign() + " route table " + s.Table.State.Word, class})
	}
	if len(s.Table.Detail) == 0 {
		lines = append(lines, line{"no route out of the VPC", "small muted"})
	}
	for _, route := range s.Table.Detail {
		lines = append(lines, line{route, class})
	}
	return lines
}

// compact is the number of instances in a zone above which each has less room.
const compact = 8

// instanceLines are an instance's lines.
func (d *drawing) instanceLines(o Object, many bool) []line {
	class := "strong"
	if o.State.Mark != Planned {
		class = o.State.Mark.class()
	}
	room := instanceWide - 2*pad
	if many {
		name := strings.TrimSpace(o.State.Mark.Sign() + " " + o.Key.Name)
		if o.State.Mark > Good {
			name += " " + o.State.Word
		}
		return append([]line{{name, class}}, mono(o.ID)...)
	}
	lines := []line{{o.Key.Name, "strong"}}
	lines = append(lines, wrap(o.State.Mark.Sign()+" "+o.State.Word, room, class, 2)...)
	lines = append(lines, wrap(o.State.Note, room, "small", 3)...)
	for _, detail := range o.Detail {
		lines = append(lines, line{detail, "small muted"})
	}
	return append(lines, mono(o.ID)...)
}

// mono is an ID's line, where there is one.
func mono(id string) []line {
	if id == "" {
		return nil
	}
	return []line{{id, "mono"}}
}

// lanes draws the zones.
func (d *drawing) lanes() {
	top := d.y + alley + 8
	many := slices.ContainsFunc(d.Zones, func(z Zone) bool { return len(z.Instances) > compact })
	var publicHead, privateHead, natLines, cell, rows int
	for _, z := range d.Zones {
		publicHead = max(publicHead, len(subnetLines(z.Public, "public subnet")))
		privateHead = max(privateHead, len(subnetLines(z.Private, "private subnet")))
		if z.NAT != nil {
			natLines = max(natLines, len(entry(*z.NAT, natName(z))))
		}
		for _, i := range z.Instances {
			cell = max(cell, len(d.instanceLines(i, many)))
		}
		rows = max(rows, (len(z.Instances)+d.cols-1)/d.cols)
	}
	node := high(1)
	publicHigh := high(publicHead) + node + pad
	if natLines > 0 {
		publicHigh += high(natLines) + boxGap
	}
	cellHigh := high(cell)
	privateHigh := high(privateHead) + float64(max(rows, 1))*(cellHigh+boxGap) - boxGap + pad
	publicY := top + 46
	privateY := publicY + publicHigh + alley
	d.bottom = privateY + privateHigh + laneLeft
	d.outY = top - 14

	for i, z := range d.Zones {
		x := d.laneX(i)
		d.rect(x, top, d.lane, d.bottom-top, "zone")
		mark := z.mark()
		class := "small muted"
		if mark != Planned {
			class = "small " + mark.class()
		}
		d.lines(x+laneLeft, top+6, d.lane-2*laneLeft-passage, []line{
			{z.Name, "strong"}, {strings.TrimSpace(mark.Sign() + " " + instancesInWords(z, d.Planned())), class},
		})
		x += laneLeft
		w := d.lane - 2*laneLeft
		if z.leaves() {
			d.instances(z, x+pad, privateY+high(privateHead), cellHigh, many)
			continue
		}
		d.box(x, publicY, w, publicHigh, "public "+z.Public.State.Mark.class(), told(z.Public.Object), nil)
		d.lines(x+pad, publicY+pad, w-pad-passage, subnetLines(z.Public, "public subnet"))
		d.box(x, privateY, w, privateHigh, "private "+z.Private.State.Mark.class(), told(z.Private.Object), subnetLines(z.Private, "private subnet"))
		nodeY := publicY + high(publicHead)
		d.box(x+pad, nodeY, w-2*pad-channel, node, "box "+d.Balancer.State.Mark.class(), told(d.Balancer), []line{{"load balancer node", ""}})
		if z.NAT != nil {
			d.entryBox(x+pad+channel, nodeY+node+boxGap, w-2*pad-channel, high(natLines), *z.NAT, natName(z))
		}
		d.instances(z, x+pad, privateY+high(privateHead), cellHigh, many)
		if len(z.Instances) == 0 {
			d.lines(x+pad, privateY+high(privateHead), w-2*pad, []line{{"no instance", "muted"}})
		}
	}
	d.requests(publicY+high(publicHead), node, privateY)
	d.waysOut(publicY+high(publicHead), node, natLines, privateY)
	d.y = d.bottom + alley/2
}

// leaves says that the configuration doesn't have the zone any more.
func (z Zone) leaves() bool { return z.Private.Key.IsZero() }

// mark is a zone's: good where all its instances serve, else that of the worst
// that doesn't.
func (z Zone) mark() Mark {
	if z.leaves() || len(z.Instances) == 0 {
		return Bad
	}
	mark := Good
	for _, i := range z.Instances {
		switch {
		case i.State.Mark == Planned:
			return Planned
		case !i.Serves:
			mark = max(mark, i.State.Mark)
		}
	}
	return mark
}

func natName(z Zone) string { return "NAT gateway " + z.NAT.Key.Name }

func (d *drawing) instances(z Zone, x, y, cellHigh float64, many bool) {
	wide := (d.lane - 2*laneLeft - 2*pad + boxGap) / float64(d.cols)
	for i, instance := range z.Instances {
		d.box(x+float64(i%d.cols)*wide, y+float64(i/d.cols)*(cellHigh+boxGap), wide-boxGap, cellHigh,
			"box "+instance.State.Mark.class(), told(instance), d.instanceLines(instance, many))
	}
}

// requests draws the lines from the load balancer to its node in each zone, and
// on to the instances.
func (d *drawing) requests(nodeY, node, privateY float64) {
	first, last := math.Inf(1), math.Inf(-1)
	for i, z := range d.Zones {
		if z.leaves() {
			continue
		}
		x := d.laneX(i) + d.lane - laneLeft - pad - channel - 6
		first, last = min(first, x), max(last, x)
		d.arrow("request", x, d.lineY, x, nodeY)
		left := d.laneX(i) + laneLeft + pad + channel/2
		d.arrow("request", left, nodeY+node, left, privateY)
	}
	center := margin + d.wide/2 - 30
	d.wire("request", min(first, center), d.lineY, max(last, center), d.lineY)
}

// waysOut draws the instances' lines to their NAT gateway, and the gateways' to
// the internet gateway.
func (d *drawing) waysOut(nodeY, node float64, natLines int, privateY float64) {
	if !d.hasNAT() {
		return
	}
	right := margin + d.wide - inset - 12
	natBottom := nodeY + node + boxGap + high(natLines)
	across := privateY - alley/2 // for those who use another zone's gateway
	exit := func(i int) float64 { return d.laneX(i) + d.lane - laneLeft - pad - channel/2 }
	first, from, to := right, math.Inf(1), math.Inf(-1)
	for i, z := range d.Zones {
		if z.NAT != nil {
			first = min(first, exit(i))
			d.arrow("out", exit(i), nodeY+node+boxGap, exit(i), d.outY)
		}
		if z.Out < 0 {
			continue
		}
		if z.Out == i {
			d.arrow("out", exit(i), privateY, exit(i), natBottom)
			continue
		}
		d.wire("out", exit(i), privateY, exit(i), across)
		from, to = min(from, exit(i), exit(z.Out)), max(to, exit(i), exit(z.Out))
	}
	if from < to {
		d.wire("out", from, across, to, across)
	}
	d.arrow("out", first, d.outY, right, d.outY, right, d.gatewayY, d.gatewayX, d.gatewayY)
}

// endpoint draws the S3 gateway endpoint, and the private subnets' way to it.
func (d *drawing) endpoint() {
	if d.Endpoint != nil {
		lines := entry(*d.Endpoint, "S3 gateway endpoint "+d.Endpoint.Key.Name)
		top := d.bottom + alley
		wide := d.wide - 2*inset
		d.box(margin+inset, top, wide, high(len(lines)), "box "+d.Endpoint.State.Mark.class(), told(*d.Endpoint), lines)
		for i, z := range d.Zones {
			if z.leaves() {
				continue
			}
			x := d.laneX(i) + d.lane - laneLeft - pad - channel/2
			d.arrow("out", x, d.bottom-laneLeft, x, top)
		}
		d.y = top + high(len(lines)) + alley/2
	}
	d.vpcBottom = d.y
	d.y += margin / 2
}

// panels draws what has no place: security groups, and what the instances may do.
func (d *drawing) panels() {
	type panel struct {
		told, class string
		lines       []line
	}
	var panels []panel
	for _, g := range d.Groups {
		lines := entry(g.Object, "security group "+g.Key.Name)
		class := "small"
		if g.Rules.State.Mark > Good {
			class = "small " + g.Rules.State.Mark.class()
			lines = append(lines, line{g.Rules.State.Mark.Sign() + " rules " + g.Rules.State.Word, class})
		}
		for _, rule := range g.Rules.Detail {
			lines = append(lines, line{rule, class})
		}
		state := max(g.State.Mark, g.Rules.State.Mark)
		panels = append(panels, panel{told(g.Object), state.class(), lines})
	}
	if len(d.Identity) > 0 {
		var identity panel
		worst := Planned
		for _, o := range d.Identity {
			worst = max(worst, o.State.Mark)
			identity.lines = append(identity.lines, entry(o, strings.ReplaceAll(o.Key.Kind, "-", " ")+" "+o.Key.Name)...)
		}
		identity.class = worst.class()
		panels = append(panels, identity)
	}
	for _, o := range d.Others {
		panels = append(panels, panel{told(o), o.State.Mark.class(), entry(o, strings.ReplaceAll(o.Key.Kind, "-", " ")+" "+o.Key.Name)})
	}
	each := 230.0
	perRow := max(1, int((d.wide+boxGap)/(each+boxGap)))
	each = (d.wide+boxGap)/float64(min(perRow, max(len(panels), 1))) - boxGap
	for row := range slices.Chunk(panels, perRow) {
		most := 0
		for _, p := range row {
			most = max(most, len(p.lines))
		}
		for i, p := range row {
			d.box(margin+float64(i)*(each+boxGap), d.y, each, high(most), "box "+p.class, p.told, p.lines)
		}
		d.y += high(most) + boxGap
	}
}

// mostDifferences is how many are listed; `platformctl status` has them all.
const mostDifferences = 40

// wrong lists what isn't as it should be, with the reasons.
func (d *drawing) wrong() {
	if len(d.Wrong) == 0 {
		return
	}
	d.y += 8
	d.lines(margin, d.y, d.wide, []line{{fmt.Sprintf("Not as it should be: %d of %s", len(d.Wrong), count(d.Total, "object")), "strong"}})
	d.y += lineHigh + 2
	column := 0.0
	for _, w := range d.Wrong[:min(len(d.Wrong), mostDifferences)] {
		column = max(column, width("✗ "+w.Key.String(), "bad")+8)
	}
	column = min(column, d.wide/3)
	for i, w := range d.Wrong {
		if i == mostDifferences {
			d.lines(margin, d.y, d.wide, []line{{fmt.Sprintf("… and %d more: platformctl status", len(d.Wrong)-i), "muted"}})
			d.y += lineHigh
			break
		}
		name := w.State.Mark.Sign() + " " + w.Key.String()
		d.lines(margin, d.y, d.wide, []line{{name, w.State.Mark.class()}})
		text := strings.Join(w.Reasons, "; ")
		if w.ID != "" {
			text = short(w.ID) + "  " + text
		}
		if width(name, "bad")+8 > column {
			d.y += lineHigh
		}
		lines := wrap(text, d.wide-column, "small", 4)
		d.lines(margin+column, d.y, d.wide-column, lines)
		d.y += float64(max(len(lines), 1)) * lineHigh
	}
}

// legend explains lines and signs, as far as they occur.
func (d *drawing) legend() {
	d.y += 12
	x := margin
	item := func(class, text string) {
		wide := width(text, "small") + 16
		if class != "" {
			wide += 38
		}
		if x+wide-16 > margin+d.wide {
			x, d.y = margin, d.y+lineHigh+4
		}
		if class != "" {
			d.arrow(class, x, d.y+8, x+30, d.y+8)
			d.text(x+38, d.y+12, "small muted", text)
		} else {
			d.text(x, d.y+12, "small muted", text)
		}
		x += wide
	}
	item("request", "requests and health checks; each node sends them to healthy instances in every zone")
	if d.hasNAT() {
		item("out", "the instances' way out")
	} else if d.Endpoint != nil {
		item("out", "the instances' way to S3, and to nothing else")
	}
	if !d.Planned() {
		item("", "✓ as it should be")
		item("", "~ on its way, or unwell")
		item("", "✗ drifted, missing or failed")
	}
	d.y += lineHigh + boxGap
}
