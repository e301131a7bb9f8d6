// Package scaling is an Auto Scaling group as a failover drill sees it: which instances it has, whether it will replace what is
// broken, and whether it has healed.
//
// It only looks. What a drill changes of a group is in fault, and how long the group takes in predict.
package scaling
