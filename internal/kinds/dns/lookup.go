package dns

import (
	"context"

	"github.com/platformctl/platformctl/internal/awsapi"
	lookup "github.com/platformctl/platformctl/internal/dns"
)

// resolver asks the DNS that an endpoint's users ask. It is nil for an emulator without a DNS server: the world knows nothing of its
// zones.
func resolver(ctx context.Context, c *awsapi.Clients) *lookup.Resolver {
	switch {
	case c.DNS != "":
		return lookup.At(c.DNS)
	case c.Emulated:
		return nil
	}
	return lookup.System(ctx)
}
