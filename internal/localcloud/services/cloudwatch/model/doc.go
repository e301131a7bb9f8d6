// Package model holds CloudWatch's dashboards and alarms, and AWS's rules about them: what a dashboard's body may hold, how
// alarms are set, what state the metrics put them into, and what has happened to them. The metrics themselves are package
// metrics'.
//
// [Evaluate] is what becomes of alarms every minute. What an alarm's actions do is up to those whose actions they are: they
// look for alarms with [Alarm.Due].
package model

import (
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Kinds are all kinds of object of this package.
func Kinds() []world.AnyKind { return []world.AnyKind{alarmKind(), itemKind(), dashboardKind()} }

// Invalid is the refusal of values that a call's model lets through.
func Invalid(format string, args ...any) *refuse.Error {
	return refuse.New("ValidationError", format, args...)
}

// ARN is that of the alarm of a name.
func ARN(tx *world.Tx, name string) string {
	return "arn:" + region.Partition(tx.Region()) + ":cloudwatch:" + tx.Region() + ":" + world.AccountID + ":alarm:" + name
}
