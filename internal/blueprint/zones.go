package blueprint

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/config"
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
}

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
			return nil, fmt.Errorf("the zone %s is not available in %s; network.zones can have %s",
				name, cfg.Region, strings.Join(region.Available, ", "))
		}
		if region.Offered != nil && !slices.Contains(region.Offered, name) {
			return nil, fmt.Errorf("the zone %s does not offer %s; network.zones can have %s, or choose another web.instance_type",
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
		return !ok || region.Offered != nil && !slices.Contains(region.Offered, name)
	})
	if len(usable) == 0 && region.Offered != nil {
		return nil, fmt.Errorf("no zone of %s offers web.instance_type %s: check its name (aws ec2 describe-instance-type-offerings lists those of a region), or choose another", cfg.Region, cfg.Web.InstanceType)
	}
	if len(usable) < cfg.Network.Zones.Count {
		return nil, fmt.Errorf("network.zones asks for %d zones, but only %d of %s offer %s: %s",
			cfg.Network.Zones.Count, len(usable), cfg.Region, cfg.Web.InstanceType, strings.Join(usable, ", "))
	}
	slices.SortStableFunc(usable, func(a, b string) int {
		return boolOrder(slices.Contains(region.InUse, a)) - boolOrder(slices.Contains(region.InUse, b))
	})
	return usable[:cfg.Network.Zones.Count], nil
}

// boolOrder sorts what is true first.
func boolOrder(b bool) int {
	if b {
		return 0
	}
	return 1
}
