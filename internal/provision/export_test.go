package provision

import "github.com/platformctl/platformctl/internal/resource"

// MaybeGoing lets a test see what LookAgain goes by.
func (p *Plan) MaybeGoing() (resource.Key, bool) { return p.maybeGoing() }
