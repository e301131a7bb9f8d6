package loadbalancing

import (
	"context"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// instanceKind is the first part of the keys of what is registered.
const instanceKind = "instance"

// stuck diagnoses a target that fails its health checks although its instance has finished
// booting: nothing more will start on it. That the cause lies in the instance is known where
// something of it answered, and wrongly, where AWS's own status checks of it fail, or where
// its console tells of a failure. Silence alone can be the network's.
func stuck(ctx context.Context, c *awsapi.Clients, r LiveRegistration) (resource.Diagnosis, error) {
	if types.TargetHealthStateEnum(r.State) != types.TargetHealthStateEnumUnhealthy || r.Launched.IsZero() {
		return resource.Diagnosis{}, nil
	}
	console, err := awsapi.ConsoleOutput(ctx, c, r.Instance)
	if err != nil {
		return resource.Diagnosis{}, err
	}
	finished, ok := bootFinished(console)
	// The console may be of the boot before this one. Its time is to the second.
	if !ok || finished.Before(r.Launched.Truncate(time.Second)) {
		return resource.Diagnosis{}, nil
	}
	diagnosis := resource.Diagnosis{
		Reason:  "instance " + r.Instance + " has ended its boot and doesn't become healthy: " + registrationStatus(r).Reason,
		Confirm: r.Notice,
	}
	if types.TargetHealthReasonEnum(r.Reason) != types.TargetHealthReasonEnumTimeout {
		diagnosis.Own = true // it refused the connection, or answered otherwise than it should
		return diagnosis, nil
	}
	checks := "AWS's own checks of it pass"
	impaired, err := awsapi.ImpairedChecks(ctx, c, r.Instance)
	if err != nil {
		checks = "AWS doesn't tell of its own checks (" + awsapi.Text(err) + ")"
	}
	switch failure := bootFailure(console, r.Launched); {
	case impaired != "":
		diagnosis.Reason += "; AWS's own checks of it fail: " + impaired
		diagnosis.Own = true
	case failure != "":
		diagnosis.Reason += "; its console says: " + failure
		diagnosis.Own = true
	default:
		diagnosis.Reason += "; " + checks + ", its console tells of no failure: " +
			"the cause isn't known to lie in the instance, so it stays"
	}
	return diagnosis, nil
}

// bootFailure is the line by which a console tells that the boot of an instance that was launched at a time didn't do all that was
// asked for; "" where there is none. What a boot before it wrote, which a console can still have, doesn't count.
// Source: the words of cloud-init's util.logexc ("Running module … failed", "Failed to run module …"), of
// systemd on a console ("[FAILED] Failed to start …") and of nginx ("nginx: [emerg] …").
func bootFailure(console string, launched time.Time) string {
	for line := range strings.Lines(lastBoot(console)) {
		if at, ok := timeOf(line); ok && at.Before(launched.Truncate(time.Second)) {
			continue
		}
		for _, sign := range []string{"] Failed to start ", "nginx: [emerg]", "[WARNING]: Running module ", "[WARNING]: Failed to run module "} {
			if strings.Contains(line, sign) {
				return strings.TrimSpace(line)
			}
		}
	}
	return ""
}

// lastBoot is what the last boot that ended wrote on a console, and what came after it: from the kernel's first line, or,
// where the kernel is quiet, from the end of the boot before.
func lastBoot(console string) string {
	begins := strings.LastIndex(console, "Linux version ")
	if end := strings.LastIndex(console, finishedAt); end >= 0 {
		if before := strings.LastIndex(console[:end], finishedAt); before >= 0 {
			begins = max(begins, before+len(finishedAt))
		}
	}
	return console[max(begins, 0):]
}

// timeOf is the time at which cloud-init wrote a line, such as "… 2026-01-01 00:00:42,123 - util.py[WARNING]: …"; false
// where the line has none. Its log is in UTC.
func timeOf(line string) (time.Time, bool) {
	before, _, ok := strings.Cut(line, " - ")
	const form = "2006-01-02 15:04:05"
	comma := strings.LastIndexByte(before, ',')
	if !ok || comma < len(form) {
		return time.Time{}, false
	}
	at, err := time.Parse(form, before[comma-len(form):comma])
	return at, err == nil
}

// notice is how long a target that answers may still count as unhealthy: so
// many checks must pass in a row, and the one before them may have just failed.
func notice(group types.TargetGroup) time.Duration {
	interval := time.Duration(aws.ToInt32(group.HealthCheckIntervalSeconds)) * time.Second
	timeout := time.Duration(aws.ToInt32(group.HealthCheckTimeoutSeconds)) * time.Second
	return time.Duration(aws.ToInt32(group.HealthyThresholdCount)+1)*interval + timeout
}

// finishedAt is in the line with which cloud-init ends its work.
const finishedAt = " finished at "

// bootFinished reads off a console when cloud-init last ended its work, such as
// "Cloud-init v. 22.2.2 finished at Thu, 01 Jan 2026 00:00:42 +0000." It says so
// whether the work went well or not.
// Source: cloud-init documentation, module "Final Message".
func bootFinished(console string) (time.Time, bool) {
	i := strings.LastIndex(console, finishedAt)
	if i < 0 || !strings.Contains(console[max(0, i-len("Cloud-init v. 22.2.2-0ubuntu0~22.04.1~")):i], "Cloud-init v. ") {
		return time.Time{}, false
	}
	at, _, _ := strings.Cut(console[i+len(finishedAt):], ". ")
	finished, err := time.Parse(time.RFC1123Z, at)
	return finished, err == nil
}
