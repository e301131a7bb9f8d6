// Package monitoring holds the kinds by which people are told of a platform, and look at it: the alarms, the topic that they tell with
// its key and those who subscribe to it, and the dashboard.
//
// One file is one AWS object, or a part of one. Which alarms there are, and which instances, zones and gateways there are to be
// seen, is for the blueprint to say.
//
// It has more than 1,500 lines because what an alarm needs to be heard is five objects, none of which is of use without the others.
package monitoring

import "github.com/platformctl/platformctl/internal/resource"

// section is what of the configuration asks for these kinds.
const section = "monitoring"

// Kinds are the kinds of this package, each after those that it is built on.
func Kinds() []resource.Handler {
	return []resource.Handler{KeyKind().Handler(), TopicKind().Handler(), SubscriptionKind().Handler(), AlarmKind().Handler(), DashboardKind().Handler()}
}
