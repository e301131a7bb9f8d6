package loadbalancing

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	ec2types "github.com/aws/aws-sdk-go-v2/service/ec2/types"
	elb "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2"
	"github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// Registration is an instance's place in a target group. It has no tags of its
// own: its name is that of its instance, and what is in the platform's target
// group is the platform's.
type Registration struct {
	TargetGroup resource.Ref
	// Instance must run before it is registered.
	Instance resource.Ref
	// Port is the port on which the instance gets the traffic.
	Port int32
}

// Refs implements resource.Spec.
func (r Registration) Refs() []resource.Ref { return []resource.Ref{r.TargetGroup, r.Instance} }

// LiveRegistration is a registered target, and how it is doing.
type LiveRegistration struct {
	RegistrationID
	// Zone is the instance's Availability Zone, "" where it isn't known.
	Zone string
	// State, Reason and Description are AWS's words, such as "unhealthy",
	// "Target.Timeout" and "Request timed out".
	State       string
	Reason      string
	Description string
	// Launched is when the instance was last switched on; zero where it is not
	// the platform's.
	Launched time.Time
	// Notice is how long the load balancer takes at most to call a target
	// healthy that has begun to answer.
	Notice time.Duration
	// Tags are those of the instance, or only the platform's own where the
	// instance is not the platform's.
	Tags map[string]string
	// Group is the name of the Auto Scaling group that has registered it; "" for none.
	Group string
}

// RegistrationID says what is registered where.
type RegistrationID struct {
	TargetGroup string // ARN
	Instance    string
	Port        int32
}

// String is the form that ParseRegistrationID reads. The port belongs to it,
// because an instance may be registered with several.
func (id RegistrationID) String() string {
	return fmt.Sprintf("%s|%s|%d", id.TargetGroup, id.Instance, id.Port)
}

// ParseRegistrationID reads the ID of a registration.
func ParseRegistrationID(s string) (RegistrationID, error) {
	parts := strings.Split(s, "|")
	if len(parts) == 3 && parts[0] != "" && parts[1] != "" {
		if port, err := strconv.ParseInt(parts[2], 10, 32); err == nil {
			return RegistrationID{TargetGroup: parts[0], Instance: parts[1], Port: int32(port)}, nil
		}
	}
	return RegistrationID{}, fmt.Errorf("%q is not the ID of a registration (target group ARN|instance|port)", s)
}

// invalidTarget is how ELBv2 refuses to take out an instance that is no more.
const invalidTarget = "InvalidTarget"

// notRegistered is the reason of a target that was asked about and isn't there.
const notRegistered = types.TargetHealthReasonEnumNotRegistered

// RegistrationKind is the kind "registration".
func RegistrationKind() resource.Kind[Registration, LiveRegistration] {
	return resource.Kind[Registration, LiveRegistration]{
		Traits: resource.Traits{
			Name:     "registration",
			Capacity: true,
			Actions: resource.Actions{
				Read:   []string{"elasticloadbalancing:DescribeTargetHealth", "elasticloadbalancing:DescribeTargetGroups", "ec2:DescribeInstances"},
				Make:   []string{"elasticloadbalancing:RegisterTargets"},
				Delete: []string{"elasticloadbalancing:DeregisterTargets"},
			},
			Compared: []resource.Field{
				resource.Identity("State", "Reason", "Description", "Zone", "Launched", "Notice", "Tags", "Group"),
				{Name: "target group", Of: []string{"TargetGroup"}, How: resource.Repaired, Why: "another registration takes its place; what else is in the target group is taken out"},
				{Name: "instance", Of: []string{"Instance"}, How: resource.Repaired, Why: "another registration takes its place; what else is in the target group is taken out"},
				{Name: "port", Of: []string{"Port"}, How: resource.Repaired, Why: "another registration takes its place; what else is in the target group is taken out"},
			},
			// An instance that isn't running yet.
			Propagating: []awsapi.Refusal{{Code: invalidTarget}},
			Serves: func(id string) string {
				registration, err := ParseRegistrationID(id)
				if err != nil {
					return ""
				}
				return resource.Handle(instanceKind, registration.Instance)
			},
			Waiting: resource.Waiting{
				// Where its instance serves already, it passes the first health check.
				Ready: resource.Expectation{Least: 200 * time.Millisecond, Most: 2 * time.Minute},
				// An instance installs Nginx before it passes its first health check,
				// and checks can be five minutes apart.
				Timeout:    15 * time.Minute,
				PollStatus: pollRegistrations,
			},
			Removal: resource.Removal{
				Delete:             deleteRegistration,
				AsynchronousDelete: true,
				// The deregistration delay can be an hour.
				DeleteTimeout: 65 * time.Minute,
				DeletedWith: func(id string) string {
					registration, err := ParseRegistrationID(id)
					if err != nil {
						return ""
					}
					return resource.Handle(TargetGroupKind().Name, registration.TargetGroup)
				},
			},
		},
		Reading: resource.Reading[LiveRegistration]{
			List:   listRegistrations,
			ID:     func(r LiveRegistration) string { return r.RegistrationID.String() },
			Tags:   func(r LiveRegistration) map[string]string { return r.Tags },
			Status: registrationStatus,
		},
		Writing: resource.Writing[Registration, LiveRegistration]{
			Diff:      diffRegistration,
			Create:    createRegistration,
			AsCreated: registrationAsCreated,
		},
		Stuck: stuck,
	}
}

// listRegistrations leaves out those that an Auto Scaling group makes and ends.
func listRegistrations(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveRegistration, error) {
	all, err := allRegistrations(ctx, c, owner)
	return slices.DeleteFunc(all, func(r LiveRegistration) bool { return r.Group != "" }), err
}

// GroupRegistrations are the targets that Auto Scaling groups have registered with the owner's target groups.
func GroupRegistrations(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveRegistration, error) {
	all, err := allRegistrations(ctx, c, owner)
	return slices.DeleteFunc(all, func(r LiveRegistration) bool { return r.Group == "" }), err
}

// allRegistrations are all targets of the owner's target groups.
func allRegistrations(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) ([]LiveRegistration, error) {
	var tags tagSets
	var members map[string]string
	var health map[string][]types.TargetHealthDescription
	var instances []ec2types.Instance
	var groups []types.TargetGroup
	var g errgroup.Group // others share the reads
	g.Go(func() (err error) { members, err = groupMembers(ctx, c, owner); return err })
	g.Go(func() (err error) { tags, err = tagsOfBoth(ctx, c, owner); return err })
	g.Go(func() (err error) { health, err = eachOf(ctx, c, owner, targetGroups(), healthOf); return err })
	g.Go(func() (err error) { instances, err = awsapi.Instances(ctx, c, owner); return err })
	g.Go(func() (err error) { groups, err = targetGroups().of(ctx, c, owner); return err })
	if err := g.Wait(); err != nil {
		return nil, err
	}
	var live []LiveRegistration
	for _, group := range groups {
		if arn := aws.ToString(group.TargetGroupArn); owner.Owns(tags[arn]) {
			of := awsapi.Owner{Platform: tags[arn][awsapi.TagPlatform], Region: owner.Region}
			live = append(live, registrations(of, group, health[arn], instances)...)
		}
	}
	for i := range live {
		if live[i].Group == "" {
			live[i].Group = members[live[i].Instance]
		}
	}
	return live, nil
}

// groupMembers are the names of the owner's Auto Scaling groups, by the instances that they have: the list of instances may not
// show a new one yet.
func groupMembers(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner) (map[string]string, error) {
	groups, err := awsapi.AutoScalingGroups(ctx, c, owner)
	members := map[string]string{}
	for _, group := range groups {
		for _, instance := range group.Instances {
			members[aws.ToString(instance.InstanceId)] = aws.ToString(group.AutoScalingGroupName)
		}
	}
	return members, err
}

// RegistrationsOf are the targets of one target group, without what only lists of instances tell of them.
func RegistrationsOf(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, targetGroup string) ([]LiveRegistration, error) {
	targets, err := healthOf(ctx, c, targetGroup)
	if awsapi.IsNotFound(err) {
		return nil, nil // they ended with their group
	}
	return registrations(owner, types.TargetGroup{TargetGroupArn: &targetGroup}, targets, nil), err
}

// IsHealthy reports whether the load balancer sends requests to a target because it passes its checks.
func (r LiveRegistration) IsHealthy() bool {
	return r.State == string(types.TargetHealthStateEnumHealthy)
}

// IsDraining reports whether a target is on its way out.
func (r LiveRegistration) IsDraining() bool {
	return r.State == string(types.TargetHealthStateEnumDraining) || r.State == string(types.TargetHealthStateEnumUnhealthyDraining)
}

func healthOf(ctx context.Context, c *awsapi.Clients, group string) ([]types.TargetHealthDescription, error) {
	out, err := c.ELB.DescribeTargetHealth(ctx, &elb.DescribeTargetHealthInput{TargetGroupArn: &group})
	if err != nil {
		return nil, err
	}
	return out.TargetHealthDescriptions, nil
}

// pollRegistrations asks for the health of the target group alone. Whose the
// group is, and in which zones its instances are, List has told.
func pollRegistrations(ctx context.Context, c *awsapi.Clients, owner awsapi.Owner, id string) (map[string]resource.Status, error) {
	registration, err := ParseRegistrationID(id)
	if err != nil {
		return nil, err
	}
	statuses := map[string]resource.Status{}
	targets, err := healthOf(ctx, c, registration.TargetGroup)
	if err != nil {
		if awsapi.IsNotFound(err) { // they ended with their group
			return statuses, nil
		}
		return nil, err
	}
	for _, live := range registrations(owner, types.TargetGroup{TargetGroupArn: &registration.TargetGroup}, targets, nil) {
		statuses[live.String()] = registrationStatus(live)
	}
	return statuses, nil
}

// registrations joins the targets of one of the owner's groups with the
// owner's instances.
func registrations(owner awsapi.Owner, group types.TargetGroup, targets []types.TargetHealthDescription, instances []ec2types.Instance) []LiveRegistration {
	byID := map[string]ec2types.Instance{}
	for _, instance := range instances {
		byID[aws.ToString(instance.InstanceId)] = instance
	}
	var live []LiveRegistration
	for _, target := range targets {
		if target.Target == nil || target.TargetHealth == nil || target.TargetHealth.Reason == notRegistered {
			continue
		}
		r := LiveRegistration{
			RegistrationID: RegistrationID{
				TargetGroup: aws.ToString(group.TargetGroupArn),
				Instance:    aws.ToString(target.Target.Id),
				Port:        aws.ToInt32(target.Target.Port),
			},
			Zone:        aws.ToString(target.Target.AvailabilityZone),
			State:       string(target.TargetHealth.State),
			Reason:      string(target.TargetHealth.Reason),
			Description: aws.ToString(target.TargetHealth.Description),
			Notice:      notice(group),
			Tags:        map[string]string{awsapi.TagPlatform: owner.Platform},
		}
		if instance, ok := byID[r.Instance]; ok {
			r.Tags = awsapi.FromEC2(instance.Tags)
			r.Launched = aws.ToTime(instance.LaunchTime)
			r.Group = awsapi.GroupOf(instance)
			if instance.Placement != nil {
				r.Zone = aws.ToString(instance.Placement.AvailabilityZone)
			}
		}
		live = append(live, r)
	}
	return live
}

func registrationStatus(r LiveRegistration) resource.Status {
	reason := r.Reason
	if r.Description != "" {
		reason += ": " + r.Description
	}
	switch types.TargetHealthStateEnum(r.State) {
	case types.TargetHealthStateEnumHealthy:
		return resource.Status{Phase: resource.Ready}
	case types.TargetHealthStateEnumDraining, types.TargetHealthStateEnumUnhealthyDraining:
		return resource.Status{Phase: resource.Deleting, Reason: reason}
	default:
		return resource.Status{Phase: resource.Pending, Reason: strings.TrimPrefix(reason, ": ")}
	}
}

func diffRegistration(spec Registration, live LiveRegistration, ids resource.IDs) []resource.Change {
	return slices.Concat(
		resource.Fixed("target group", ids.Of(spec.TargetGroup), live.TargetGroup),
		resource.Fixed("instance", ids.Of(spec.Instance), live.Instance),
		resource.Fixed("port", strconv.Itoa(int(spec.Port)), strconv.Itoa(int(live.Port))),
	)
}

func createRegistration(ctx context.Context, call resource.Call[Registration]) (string, error) {
	id := RegistrationID{
		TargetGroup: call.IDs.Of(call.Spec.TargetGroup),
		Instance:    call.IDs.Of(call.Spec.Instance),
		Port:        call.Spec.Port,
	}
	_, err := call.Clients.ELB.RegisterTargets(ctx, &elb.RegisterTargetsInput{
		TargetGroupArn: &id.TargetGroup, Targets: id.targets(),
	})
	return id.String(), err
}

// registrationAsCreated is a target as RegisterTargets leaves it: not checked yet.
func registrationAsCreated(call resource.Call[Registration], id string) LiveRegistration {
	registration, err := ParseRegistrationID(id)
	if err != nil { // createRegistration made it
		panic(err)
	}
	return LiveRegistration{
		RegistrationID: registration,
		State:          string(types.TargetHealthStateEnumInitial),
		Reason:         string(types.TargetHealthReasonEnumRegistrationInProgress),
		Description:    "Target registration is in progress",
		Tags:           call.Tags,
	}
}

func (id RegistrationID) targets() []types.TargetDescription {
	return []types.TargetDescription{{Id: &id.Instance, Port: &id.Port}}
}

// deleteRegistration takes the target out. It is listed, as draining, until the
// group's deregistration delay is over.
func deleteRegistration(ctx context.Context, c *awsapi.Clients, record resource.Record) error {
	id, err := ParseRegistrationID(record.ID)
	if err != nil {
		return err
	}
	_, err = c.ELB.DeregisterTargets(ctx, &elb.DeregisterTargetsInput{
		TargetGroupArn: &id.TargetGroup, Targets: id.targets(),
	})
	if awsapi.Code(err) == invalidTarget {
		return nil
	}
	return err
}
