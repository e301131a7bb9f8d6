// Package logging holds the kinds that keep what was seen of a platform's traffic: the platform's bucket, to which the load balancer's
// access logs are delivered. The platform's site is in it, too. What a load balancer logs is an attribute of its own, in package loadbalancing.
package logging

import "github.com/platformctl/platformctl/internal/resource"

// section is what of the configuration asks for these kinds.
const section = "logs"

// Kinds are the kinds of this package, each after those that it is built on.
func Kinds() []resource.Handler { return []resource.Handler{BucketKind().Handler()} }
