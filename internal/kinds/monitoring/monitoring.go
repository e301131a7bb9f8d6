// Package monitoring holds the kinds by which people are told of a platform, and look at it: the key of what alarms say, and the
// dashboard.
//
// One file is one AWS object, or a part of one. Which instances, zones and gateways there are to be seen is for the blueprint
// to say.
package monitoring

// section is what of the configuration asks for these kinds.
const section = "monitoring"
