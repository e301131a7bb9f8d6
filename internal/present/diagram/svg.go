package diagram

import (
	_ "embed"
	"fmt"
	"math"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/present/terminal"
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

// partLines are those of what is drawn in another's box, as a route table is in its
// subnet's: how it is, where it isn't as it should be, and what it is set to.
func partLines(o Object, name string) []line {
	class := "small"
	var lines []line
	if o.State.Mark > Good {
		class += " " + o.State.Mark.class()
		lines = append(lines, line{o.State.Mark.Sign() + " " + name + " " + o.State.Word, class})
	}
	for _, detail := range o.Detail {
		lines = append(lines, line{detail, class})
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
	return strings.Join(terminal.NotEmpty(slices.Concat(parts, o.Detail)...), " · ")
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
		return terminal.Plural(len(z.Instances), "instance")
	case z.leaves():
		return surplusWord
	case len(z.Instances) == 0:
		return "no instance"
	default:
		return fmt.Sprintf("%d of %d healthy", z.healthyInstances(), len(z.Instances))
	}
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
	d.text(center-30-width(d.Listener.Detail[0], "small")-8, top+alley/2+4, "small muted", d.Listener.Detail[0])

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
