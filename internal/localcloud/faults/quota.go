package faults

import (
	"fmt"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// quotaKeys lists the keys of all quotas, and after them their codes, which do as well.
func quotaKeys(services []service.Service) (keys []string) {
	var codes []string
	for _, k := range service.Kinds(services) {
		for _, q := range k.About().Quotas {
			keys = append(keys, q.Key)
			if q.Code != "" {
				codes = append(codes, q.Code)
			}
		}
	}
	return append(keys, codes...)
}

// SetQuota sets the quota of a key, such as "vpcs", or of AWS's code, such as "L-F678F1CE", to a limit from 1.
func (c *Config) SetQuota(services []service.Service, key string, limit int) error {
	keys := quotaKeys(services)
	switch {
	case !slices.Contains(keys, key):
		return fmt.Errorf("there is no quota %q; allowed: %s", key, strings.Join(keys, ", "))
	case limit < 1:
		return fmt.Errorf("quota %s: %d is no limit; allowed: a number from 1", key, limit)
	case c.Quotas == nil:
		c.Quotas = world.Quotas{}
	}
	c.Quotas[key] = limit
	return nil
}
