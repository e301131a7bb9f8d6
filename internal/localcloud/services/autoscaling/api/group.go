package api

import (
	"cmp"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) groupOperations() []wire.Operation {
	return []wire.Operation{
		does(h, "CreateAutoScalingGroup", createGroup),
		does(h, "UpdateAutoScalingGroup", updateGroup),
		does(h, "DeleteAutoScalingGroup", func(tx *world.Tx, in *deleteGroupInput) error { return model.DeleteGroup(tx, in.Name, in.Force) }),
		does(h, "SetDesiredCapacity", func(tx *world.Tx, in *setDesiredInput) error {
			return model.SetDesired(tx, in.Name, in.Desired, model.ByUser(tx))
		}),
		view(h, "DescribeAutoScalingGroups", describeGroups),
		view(h, "DescribeAccountLimits", func(tx *world.Tx, _ *wire.Call, _ *struct{}) (*limits, error) {
			return &limits{model.GroupsLimit(tx), 200, len(world.All[model.Group](tx)), 0}, nil
		}),
		view(h, "DescribeTerminationPolicyTypes", func(*world.Tx, *wire.Call, *struct{}) (*terminationPolicies, error) {
			return &terminationPolicies{terminations()}, nil
		}),
	}
}

type limits struct {
	Groups                 int `xml:"MaxNumberOfAutoScalingGroups"`
	Configurations         int `xml:"MaxNumberOfLaunchConfigurations"`
	NumberOfGroups         int `xml:"NumberOfAutoScalingGroups"`
	NumberOfConfigurations int `xml:"NumberOfLaunchConfigurations"`
}

type terminationPolicies struct {
	Types wire.Members[string] `xml:"TerminationPolicyTypes"`
}

type createGroupInput struct {
	Name string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	settings
	Min          int         `query:"MinSize,required" min:"0"`
	Max          int         `query:"MaxSize,required" min:"0"`
	Desired      *int        `query:"DesiredCapacity" min:"0"`
	TargetGroups []string    `query:"TargetGroupARNs"`
	Traffic      []traffic   `query:"TrafficSources"`
	Hooks        []hookInput `query:"LifecycleHookSpecificationList"`
	Tags         []groupTag  `query:"Tags"`
}

// createGroup has the defaults of the API, which aren't those of the console.
func createGroup(tx *world.Tx, in *createGroupInput) error {
	if in.Template == nil {
		return model.Invalid("Valid requests must contain either LaunchTemplate, LaunchConfigurationName, InstanceId or MixedInstancesPolicy parameter.")
	}
	s := model.Settings{Min: in.Min, Max: in.Max, Cooldown: 300, HealthCheckType: "EC2", Distribution: "balanced-best-effort", DeletionProtection: "none",
		Impairment: model.Impairment{ZonalShift: new(bool), Behavior: "ReplaceUnhealthy"}, TargetGroups: in.TargetGroups,
		ServiceLinkedRole: "arn:aws:iam::" + world.AccountID + ":role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling"}
	for _, t := range in.Traffic {
		if err := t.check(); err != nil {
			return err
		}
		s.TargetGroups = append(s.TargetGroups, t.Identifier)
	}
	if err := in.apply(tx, &s); err != nil {
		return err
	}
	tags, propagate, err := tagsOf(in.Tags)
	if err != nil {
		return err
	}
	var hooks []model.Hook
	for _, hook := range in.Hooks {
		hooks = append(hooks, hook.hook())
	}
	return model.CreateGroup(tx, in.Name, s, in.Desired, tags, propagate, hooks)
}

type updateGroupInput struct {
	Name string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	settings
	Min     *int `query:"MinSize" min:"0"`
	Max     *int `query:"MaxSize" min:"0"`
	Desired *int `query:"DesiredCapacity" min:"0"`
}

func updateGroup(tx *world.Tx, in *updateGroupInput) error {
	var wrong error
	err := model.UpdateGroup(tx, in.Name, func(s *model.Settings) {
		set(&s.Min, in.Min)
		set(&s.Max, in.Max)
		wrong = in.apply(tx, s)
	}, in.Desired)
	return cmp.Or(wrong, err)
}

type deleteGroupInput struct {
	Name  string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Force bool   `query:"ForceDelete"`
}

type setDesiredInput struct {
	Name    string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Desired int    `query:"DesiredCapacity,required" min:"0"`
	Honor   bool   `query:"HonorCooldown"`
}

type describeGroupsInput struct {
	paging
	Names     []string `query:"AutoScalingGroupNames"`
	Instances *bool    `query:"IncludeInstances"`
	Filters   []filter `query:"Filters"`
}

type describeGroupsOutput struct {
	Groups wire.Members[groupItem] `xml:"AutoScalingGroups"`
	Next   string                  `xml:"NextToken,omitempty"`
}

func describeGroups(tx *world.Tx, _ *wire.Call, in *describeGroupsInput) (out *describeGroupsOutput, err error) {
	var all []*model.Group
	for _, g := range world.Described[model.Group](tx) {
		wanted, err := matches(g, in.Filters)
		if err != nil {
			return nil, err
		}
		if wanted && (len(in.Names) == 0 || slices.Contains(in.Names, g.ID)) {
			all = append(all, g)
		}
	}
	out = &describeGroupsOutput{}
	out.Groups, out.Next, err = page(all, in.paging, 100, func(g *model.Group) groupItem { return renderGroup(tx, g, in.Instances == nil || *in.Instances) })
	return out, err
}

// matches applies filters by tags.
func matches(g *model.Group, filters []filter) (bool, error) {
	for _, f := range filters {
		has := false
		switch key, byKey := strings.CutPrefix(f.Name, "tag:"); {
		case byKey:
			value, ok := g.Tags[key]
			has = ok && slices.Contains(f.Values, value)
		case f.Name == "tag-key":
			has = slices.ContainsFunc(f.Values, func(key string) bool { _, ok := g.Tags[key]; return ok })
		case f.Name == "tag-value":
			for _, value := range g.Tags {
				has = has || slices.Contains(f.Values, value)
			}
		default:
			return false, model.Invalid("Filter type %s is not correct. Allowed Filter types are: tag-key tag-value tag:<key>", f.Name)
		}
		if !has {
			return false, nil
		}
	}
	return true, nil
}
