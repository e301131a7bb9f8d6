package api

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) refreshOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "StartInstanceRefresh", startInstanceRefresh),
		change(h, "CancelInstanceRefresh", cancelInstanceRefresh),
		change(h, "RollbackInstanceRefresh", rollbackInstanceRefresh),
		view(h, "DescribeInstanceRefreshes", describeInstanceRefreshes),
	}
}

type refreshPreferences struct {
	MinHealthy      *int   `query:"MinHealthyPercentage" min:"0" max:"100"`
	MaxHealthy      *int   `query:"MaxHealthyPercentage" min:"100" max:"200"`
	Warmup          *int   `query:"InstanceWarmup" min:"0"`
	Checkpoints     []int  `query:"CheckpointPercentages" eachmin:"1" eachmax:"100"`
	CheckpointDelay int    `query:"CheckpointDelay" min:"0" max:"172800"`
	SkipMatching    bool   `query:"SkipMatching"`
	AutoRollback    bool   `query:"AutoRollback"`
	Protected       string `query:"ScaleInProtectedInstances" enum:"Refresh|Ignore|Wait"`
	Standby         string `query:"StandbyInstances" enum:"Terminate|Ignore|Wait"`
	BakeTime        int    `query:"BakeTime" min:"0" max:"172800"`
}

// preferences are those that are given, with AWS's defaults and the group's for the others.
// Source: Amazon EC2 Auto Scaling User Guide, "Understand the default values for an instance refresh".
func (p refreshPreferences) preferences(m model.Maintenance) (model.Preferences, error) {
	all := model.Preferences{MinHealthy: 90, MaxHealthy: 100, Warmup: p.Warmup, Checkpoints: p.Checkpoints, CheckpointDelay: p.CheckpointDelay,
		SkipMatching: p.SkipMatching, AutoRollback: p.AutoRollback, Protected: p.Protected, Standby: p.Standby, BakeTime: p.BakeTime}
	if all.Protected == "" {
		all.Protected = "Wait"
	}
	if all.Standby == "" {
		all.Standby = "Wait"
	}
	if m.MinHealthy != nil && *m.MinHealthy >= 0 {
		all.MinHealthy, all.MaxHealthy = *m.MinHealthy, *m.MaxHealthy
	}
	if p.MaxHealthy != nil && p.MinHealthy == nil {
		return all, model.Invalid("If you specify MaxHealthyPercentage, you must also specify MinHealthyPercentage.")
	}
	if p.MinHealthy != nil {
		all.MinHealthy, all.MaxHealthy = *p.MinHealthy, 100
	}
	if p.MaxHealthy != nil {
		all.MaxHealthy = *p.MaxHealthy
	}
	return all, nil
}

type startInstanceRefreshInput struct {
	Group         string    `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	_             wire.Only `query:"Strategy" only:"Rolling" enum:"Rolling|ReplaceRootVolume"`
	Configuration struct {
		Template templateSpec `query:"LaunchTemplate"`
	} `query:"DesiredConfiguration"`
	Preferences refreshPreferences `query:"Preferences"`
}

type instanceRefreshOutput struct {
	ID string `xml:"InstanceRefreshId"`
}

func startInstanceRefresh(tx *world.Tx, _ *wire.Call, in *startInstanceRefreshInput) (*instanceRefreshOutput, error) {
	g, err := model.FindLiveGroup(tx, in.Group)
	if err != nil {
		return nil, err
	}
	p, err := in.Preferences.preferences(g.Maintenance)
	if err != nil {
		return nil, err
	}
	var configuration *compute.TemplateRef
	if t := in.Configuration.Template; t != (templateSpec{}) {
		configuration = &compute.TemplateRef{ID: t.ID, Name: t.Name, Version: t.Version}
	}
	id, err := model.StartRefresh(tx, in.Group, configuration, p)
	return &instanceRefreshOutput{id}, err
}

type cancelInstanceRefreshInput struct {
	Group string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	Waits *bool  `query:"WaitForTransitioningInstances"`
}

func cancelInstanceRefresh(tx *world.Tx, _ *wire.Call, in *cancelInstanceRefreshInput) (*instanceRefreshOutput, error) {
	id, err := model.CancelRefresh(tx, in.Group, in.Waits == nil || *in.Waits)
	return &instanceRefreshOutput{id}, err
}

type rollbackInstanceRefreshInput struct {
	Group string `query:"AutoScalingGroupName,required" min:"1" max:"255"`
}

func rollbackInstanceRefresh(tx *world.Tx, _ *wire.Call, in *rollbackInstanceRefreshInput) (*instanceRefreshOutput, error) {
	id, err := model.RollbackRefresh(tx, in.Group)
	return &instanceRefreshOutput{id}, err
}

type refreshItem struct {
	ID            string                    `xml:"InstanceRefreshId"`
	Group         string                    `xml:"AutoScalingGroupName"`
	Status        string                    `xml:"Status"`
	Reason        string                    `xml:"StatusReason,omitempty"`
	Started       *wire.Time                `xml:"StartTime"`
	Ended         *wire.Time                `xml:"EndTime"`
	Percent       int                       `xml:"PercentageComplete"`
	Left          int                       `xml:"InstancesToUpdate"`
	Preferences   refreshPreferencesItem    `xml:"Preferences"`
	Configuration *refreshConfigurationItem `xml:"DesiredConfiguration"`
	Rollback      *refreshRollbackItem      `xml:"RollbackDetails"`
	Strategy      string                    `xml:"Strategy"`
}

type refreshPreferencesItem struct {
	MinHealthy      int               `xml:"MinHealthyPercentage"`
	MaxHealthy      int               `xml:"MaxHealthyPercentage"`
	Warmup          *int              `xml:"InstanceWarmup"`
	Checkpoints     wire.Members[int] `xml:"CheckpointPercentages,omitempty"`
	CheckpointDelay *int              `xml:"CheckpointDelay"`
	SkipMatching    bool              `xml:"SkipMatching"`
	AutoRollback    bool              `xml:"AutoRollback"`
	Protected       string            `xml:"ScaleInProtectedInstances"`
	Standby         string            `xml:"StandbyInstances"`
	BakeTime        int               `xml:"BakeTime"`
}

type refreshConfigurationItem struct {
	Template templateSpec `xml:"LaunchTemplate"`
}

type refreshRollbackItem struct {
	Reason  string    `xml:"RollbackReason"`
	Started wire.Time `xml:"RollbackStartTime"`
	Percent int       `xml:"PercentageCompleteOnRollback"`
	Left    int       `xml:"InstancesToUpdateOnRollback"`
}

// moment is a time in a reply; none for the zero time.
func moment(t time.Time) *wire.Time {
	if t.IsZero() {
		return nil
	}
	shown := wire.Time(t)
	return &shown
}

func renderRefresh(r *model.Refresh) refreshItem {
	p := r.Preferences
	item := refreshItem{ID: r.ID, Group: r.Group, Status: r.Status, Reason: r.Reason, Started: moment(r.Started), Ended: moment(r.Ended), Strategy: "Rolling",
		Preferences: refreshPreferencesItem{MinHealthy: p.MinHealthy, MaxHealthy: p.MaxHealthy, Warmup: p.Warmup, Checkpoints: p.Checkpoints, SkipMatching: p.SkipMatching,
			AutoRollback: p.AutoRollback, Protected: p.Protected, Standby: p.Standby, BakeTime: p.BakeTime}}
	if len(p.Checkpoints) > 0 {
		item.Preferences.CheckpointDelay = &p.CheckpointDelay
	}
	if !r.Started.IsZero() {
		item.Percent, item.Left = r.Percent(), r.Left
	}
	if c := r.Configuration; c != nil {
		item.Configuration = &refreshConfigurationItem{templateSpec{c.ID, c.Name, c.Version}}
	}
	if b := r.Rollback; b != nil {
		item.Rollback = &refreshRollbackItem{b.Reason, wire.Time(b.Started), b.Percent, b.Left}
	}
	return item
}

type describeInstanceRefreshesInput struct {
	paging
	Group string   `query:"AutoScalingGroupName,required" min:"1" max:"255"`
	IDs   []string `query:"InstanceRefreshIds" eachmin:"1" eachmax:"255"`
}

type describeInstanceRefreshesOutput struct {
	Refreshes wire.Members[refreshItem] `xml:"InstanceRefreshes"`
	NextToken string                    `xml:"NextToken,omitempty"`
}

func describeInstanceRefreshes(tx *world.Tx, _ *wire.Call, in *describeInstanceRefreshesInput) (out *describeInstanceRefreshesOutput, err error) {
	if _, err := model.FindGroup(tx, in.Group); err != nil {
		return nil, err
	}
	all := model.RefreshesOf(tx, in.Group)
	if len(in.IDs) > 0 {
		all = slices.DeleteFunc(all, func(r *model.Refresh) bool { return !slices.Contains(in.IDs, r.ID) })
	}
	out = &describeInstanceRefreshesOutput{}
	out.Refreshes, out.NextToken, err = page(all, in.paging, 100, renderRefresh)
	return out, err
}

// refreshed is what a call to StartInstanceRefresh lets a group launch.
func refreshed(tx *world.Tx, c *wire.Call) (template compute.TemplateRef, subnets []string, ok bool) {
	one := func(path string) string {
		if all := c.Each(path); len(all) > 0 {
			return all[0]
		}
		return ""
	}
	if g, there := world.Get[model.Group](tx, one("AutoScalingGroupName")); there {
		subnets = g.Subnets
	}
	const at = "DesiredConfiguration.LaunchTemplate."
	return compute.TemplateRef{ID: one(at + "LaunchTemplateId"), Name: one(at + "LaunchTemplateName"), Version: one(at + "Version")}, subnets, c.Has("DesiredConfiguration")
}
