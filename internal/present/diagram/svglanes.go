package diagram

import (
	"slices"
	"strings"
)

// subnetLines are a subnet's lines, with its route table's.
func subnetLines(s Subnet, name string) []line {
	lines := entry(Object{Key: s.Key, ID: s.ID, State: s.State, Detail: []string{s.CIDR}}, name)
	lines = append(lines, partLines(s.Table, "route table")...)
	if len(s.Table.Detail) == 0 {
		lines = append(lines, line{"no route out of the VPC", "small muted"})
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
