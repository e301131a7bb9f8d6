package blueprint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/config"
	"github.com/platformctl/platformctl/internal/resource"
)

// Zone is an Availability Zone that the platform spans.
type Zone struct {
	// Name is AWS's, such as us-east-1a.
	Name string
	// Letter is the end of the name. It names the zone's objects.
	Letter string
	// Slot is the zone's place in the network's address plan.
	Slot int
}

// Region is what has to be asked of AWS before the zones can be chosen.
type Region struct {
	// Available are the region's Availability Zones.
	Available []string
	// Offered are those of them that offer the instance type. Nil: not asked.
	Offered []string
	// InUse are the zones that the platform spans now. They are kept where the
	// configuration leaves a choice.
	InUse []string
	// Refused are zones in which AWS refused to make something for the platform. They are
	// chosen by name alone.
	Refused []string
}

// ZonesError says why the zones that the configuration wants can't be had, and what to write
// instead. Nothing was touched.
type ZonesError struct{ Problem, Hint string }

// Error is the problem.
func (e *ZonesError) Error() string { return e.Problem }

func zonesError(hint, format string, args ...any) error {
	return &ZonesError{Problem: fmt.Sprintf(format, args...), Hint: hint}
}

// fewestZones is how many a load balancer demands.
const fewestZones = 2

// orOther is what to write where an instance type is the reason.
const orOther = "choose another web.instance_type"

// ChooseZones picks the zones: those that the configuration names, or as many
// as it wants, first those in use, then in the order of their names. A zone
// that doesn't exist, or that doesn't offer the instance type, is an error.
func ChooseZones(cfg config.Config, region Region) ([]Zone, error) {
	names := cfg.Network.Zones.Names
	if names == nil {
		var err error
		if names, err = pickZones(cfg, region); err != nil {
			return nil, err
		}
	}
	zones := make([]Zone, 0, len(names))
	for _, name := range names {
		if !slices.Contains(region.Available, name) {
			return nil, zonesError("choose among those in network.zones", "the zone %s is not available in %s; network.zones can have %s",
				name, cfg.Region, strings.Join(region.Available, ", "))
		}
		if region.Offered != nil && !slices.Contains(region.Offered, name) {
			return nil, zonesError("choose among those in network.zones, or "+orOther, "the zone %s does not offer %s; network.zones can have %s",
				name, cfg.Web.InstanceType, strings.Join(region.Offered, ", "))
		}
		slot, ok := config.ZoneSlot(name)
		if !ok {
			return nil, fmt.Errorf("the zone %s has no place in the address plan, which knows the letters a to f", name)
		}
		zones = append(zones, Zone{Name: name, Letter: name[len(name)-1:], Slot: slot})
	}
	slices.SortFunc(zones, func(a, b Zone) int { return a.Slot - b.Slot })
	return zones, nil
}

func pickZones(cfg config.Config, region Region) ([]string, error) {
	usable := slices.DeleteFunc(slices.Sorted(slices.Values(region.Available)), func(name string) bool {
		_, ok := config.ZoneSlot(name)
		return !ok || region.Offered != nil && !slices.Contains(region.Offered, name) || slices.Contains(region.Refused, name)
	})
	if len(usable) == 0 && region.Offered != nil {
		return nil, zonesError("check its name (aws ec2 describe-instance-type-offerings --location-type availability-zone lists those of a region), or "+orOther,
			"no zone of %s offers web.instance_type %s", cfg.Region, cfg.Web.InstanceType)
	}
	if want := cfg.Network.Zones.Count; len(usable) < want {
		hint := orOther
		if len(usable) >= fewestZones {
			hint = fmt.Sprintf("write network.zones: %d, or %s", len(usable), orOther)
		}
		refused := ""
		if len(region.Refused) > 0 {
			refused = "; AWS refused " + strings.Join(region.Refused, ", ")
		}
		return nil, zonesError(hint, "network.zones asks for %d zones, but only %d of %s offer %s: %s%s",
			want, len(usable), cfg.Region, cfg.Web.InstanceType, strings.Join(usable, ", "), refused)
	}
	slices.SortStableFunc(usable, func(a, b string) int {
		return boolOrder(slices.Contains(region.InUse, a)) - boolOrder(slices.Contains(region.InUse, b))
	})
	return usable[:cfg.Network.Zones.Count], nil
}

// RefusedZones are the zones in which AWS refused to make what the state still has an intent
// of. The last part of such an object's name but its number is the zone's letter.
func RefusedZones(records []resource.Record, available []string) []string {
	var refused []string
	for _, record := range records {
		if record.Refused == "" {
			continue
		}
		parts := strings.Split(record.Key.Name, "-")
		letter := parts[len(parts)-1]
		if of, ok := InstanceZone(record.Key); ok {
			letter = of
		}
		for _, zone := range available {
			if len(letter) == 1 && strings.HasSuffix(zone, letter) && !slices.Contains(refused, zone) {
				refused = append(refused, zone)
			}
		}
	}
	slices.Sort(refused)
	return refused
}

// Uneven says which of the platform's zones would have no instance, or that those of an Auto Scaling group that remain when a zone
// fails couldn't carry what the group carries at its target; "" where neither is so.
func Uneven(cfg config.Config, zones []Zone) string {
	if cfg.Web.AutoScaling.On() {
		return unstable(cfg.Web.AutoScaling, len(zones))
	}
	if cfg.Web.Instances >= len(zones) {
		return ""
	}
	var empty []string
	for _, zone := range zones[cfg.Web.Instances:] {
		empty = append(empty, zone.Name)
	}
	return fmt.Sprintf("web.instances is %d, for %d zones: there will be none in %s. Write web.instances: %d at least to serve on when a zone fails",
		cfg.Web.Instances, len(zones), strings.Join(empty, " and "), len(zones))
}

// full is all that an instance can do, in percent of its CPU.
const full = 100

// unstable says why a group would need new instances to survive the loss of a zone.
func unstable(group config.AutoScaling, zones int) string {
	if group.Min < zones {
		return fmt.Sprintf("web.auto_scaling.min is %d, for %d zones: there may be one without an instance. Write min: %d at least to serve on when a zone fails",
			group.Min, zones, zones)
	}
	if most := full * (zones - 1) / zones; group.CPU > most {
		return fmt.Sprintf("web.auto_scaling.cpu is %d, for %d zones: when one fails, the instances of the others would need %d percent of their CPU until "+
			"new ones serve. Write cpu: %d at most for them to carry it", group.CPU, zones, group.CPU*zones/(zones-1), most)
	}
	return ""
}

// boolOrder sorts what is true first.
func boolOrder(b bool) int {
	if b {
		return 0
	}
	return 1
}
