// Package math is CloudWatch's metric math, as far as alarms and dashboards of web platforms need it: [Parse] reads an
// expression, and [Expression.Series] works it out over the series of other queries. What isn't here is refused by name when
// it is read.
//
// Source: CloudWatch User Guide, "Using math expressions with CloudWatch metrics".
package math
