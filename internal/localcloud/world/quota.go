package world

import "cmp"

// Quota is a limit of the account. The kind of what it limits lists it, and from there the
// faults have its key and Service Quotas the rest.
type Quota struct {
	Key                        string // by which users know it, such as "nat_gateways_per_zone"
	Service, ServiceName, Code string // as Service Quotas has them: "vpc", "Amazon Virtual …", "L-FE5A380F"
	Name                       string // such as "NAT gateways per Availability Zone"
	Default                    int    // AWS's
	Fixed                      bool   // nobody can have it increased
}

// Quotas are the account's limits by their keys, or by AWS's codes. Those that are absent or 0 are AWS's
// defaults.
type Quotas map[string]int

// SetQuotas replaces the account's limits. What is there already stays, also when it is
// more than is allowed from now on.
func (w *World) SetQuotas(q Quotas) { w.quotas.Store(&q) }

// Limit is the limit that a quota sets at the moment.
func (tx *Tx) Limit(q Quota) int {
	limits := *tx.w.quotas.Load()
	return cmp.Or(limits[q.Key], limits[q.Code], q.Default)
}

// Quotas lists the quotas of all kinds.
func (tx *Tx) Quotas() []Quota { return tx.w.limits }
