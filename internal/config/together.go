package config

import "fmt"

// checkTogether checks what no value can be asked alone. A default is never to blame: the problem is reported where one of the
// values was written.
func (r *reading) checkTogether(fields []field) {
	const timeout, interval = "load_balancer.health_check.timeout", "load_balancer.health_check.interval"
	if check := r.config.LoadBalancer.HealthCheck; !r.wrong[timeout] && !r.wrong[interval] && check.Timeout >= check.Interval {
		message := fmt.Sprintf("must be below the interval, got %s with an interval of %s", check.Timeout, check.Interval)
		key := timeout
		if _, ok := r.written[timeout]; !ok {
			key, message = interval, fmt.Sprintf("must be above the timeout, got %s with a timeout of %s", check.Interval, check.Timeout)
		}
		r.add(r.written[key].at, fieldOf(fields, key), fault{message: message})
	}

	r.checkAutoScaling(fields)
	instances, n := instancesKey, r.config.Web.Instances
	if group := r.config.Web.AutoScaling; group.On() {
		instances, n = sectionAutoScaling+"max", group.Max
	}
	if network := r.config.Network; !r.wrong[instances] && !r.wrong["network.cidr"] && !r.wrong["network.zones"] {
		zones := network.Zones.Count
		if most := zones * network.instancesPerZone(); n > most {
			r.add(r.written[instances].at, fieldOf(fields, instances), fault{message: fmt.Sprintf("must be at most %d in %d zones of %s, got %d: "+
				"new instances stand beside the old ones when they are replaced, and AWS keeps five addresses of each subnet", most, zones, network.CIDR, n)})
		}
	}

	r.checkHTTPS(fields)

	if region, ok := r.written["region"]; ok && !r.wrong["region"] && !r.wrong["target"] && r.config.Target == TargetAWS {
		if message := checkPartition(r.config.Region); message != "" {
			r.add(region.at, fieldOf(fields, "region"), fault{message: message})
		}
	}
	if r.wrong["region"] || r.wrong["network.zones"] {
		return
	}
	zones := r.written["network.zones"]
	for i, zone := range r.config.Network.Zones.Names {
		if region := zoneName.FindStringSubmatch(zone)[1]; region != r.config.Region {
			at := zones.at
			if zones.form == formList {
				at = zones.items[i].at
			}
			message := fmt.Sprintf("%s is not in the region %s", zone, r.config.Region)
			if region, ok := r.written["region"]; ok {
				message += " that " + region.at.source + " sets"
			}
			r.add(at, fieldOf(fields, "network.zones"), fault{message: message})
		}
	}
}
