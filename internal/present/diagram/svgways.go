package diagram

import (
	"math"
)

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
