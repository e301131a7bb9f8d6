package faults

import (
	"fmt"
	"reflect"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// quota is a field of world.Quotas, by the name that users know.
type quota struct {
	name  string
	field int
}

func (q quota) of(all *world.Quotas) int {
	return int(reflect.ValueOf(all).Elem().Field(q.field).Int())
}

func (q quota) set(all *world.Quotas, limit int) {
	reflect.ValueOf(all).Elem().Field(q.field).SetInt(int64(limit))
}

// quotaNames lists all quotas.
func quotaNames() (all []quota) {
	for _, f := range reflect.VisibleFields(reflect.TypeFor[world.Quotas]()) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		all = append(all, quota{name, f.Index[0]})
	}
	return all
}

// SetQuota sets the quota of a name, such as "vpcs", to a limit from 1.
func SetQuota(q *world.Quotas, name string, limit int) error {
	var names []string
	for _, quota := range quotaNames() {
		if quota.name == name {
			if limit < 1 {
				return fmt.Errorf("quota %s: %d is no limit; allowed: a number from 1", name, limit)
			}
			quota.set(q, limit)
			return nil
		}
		names = append(names, quota.name)
	}
	return fmt.Errorf("there is no quota %q; allowed: %s", name, strings.Join(names, ", "))
}

// QuotasOver returns the quotas: those that are configured, and the given ones for the
// rest.
func (c Config) QuotasOver(rest world.Quotas) world.Quotas {
	for _, q := range quotaNames() {
		if limit := q.of(&c.Quotas); limit != 0 {
			q.set(&rest, limit)
		}
	}
	return rest
}
