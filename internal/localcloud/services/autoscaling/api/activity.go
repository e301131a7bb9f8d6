package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) activityOperations() []wire.Operation {
	return []wire.Operation{view(h, "DescribeScalingActivities", describeActivities)}
}

type activityItem struct {
	ID          string `xml:"ActivityId"`
	Group       string `xml:"AutoScalingGroupName"`
	Description string `xml:"Description"`
	Cause       string `xml:"Cause"`
	Start       string `xml:"StartTime"`
	End         string `xml:"EndTime,omitempty"`
	Status      string `xml:"StatusCode"`
	Message     string `xml:"StatusMessage,omitempty"`
	Progress    int    `xml:"Progress"`
	Details     string `xml:"Details,omitempty"`
}

type activitiesOutput struct {
	Activities wire.Members[activityItem] `xml:"Activities"`
	Next       string                     `xml:"NextToken,omitempty"`
}

func renderActivity(a *model.Activity) activityItem {
	item := activityItem{ID: a.ID, Group: a.Group, Description: a.Description, Cause: a.Cause, Start: wire.Timestamp(a.Created), Status: a.Status,
		Message: a.Message, Progress: a.Progress, Details: a.Details}
	if a.Over() {
		item.End = wire.Timestamp(a.Ended)
	}
	return item
}

func activities(all []*model.Activity, err error) (*activitiesOutput, error) {
	out := &activitiesOutput{}
	for _, a := range all {
		out.Activities = append(out.Activities, renderActivity(a))
	}
	return out, err
}

type describeActivitiesInput struct {
	paging
	Group   string   `query:"AutoScalingGroupName" max:"255"`
	IDs     []string `query:"ActivityIds"`
	Deleted bool     `query:"IncludeDeletedGroups"`
}

func describeActivities(tx *world.Tx, _ *wire.Call, in *describeActivitiesInput) (out *activitiesOutput, err error) {
	var all []*model.Activity
	if in.Group != "" {
		if _, err := model.FindGroup(tx, in.Group); err != nil {
			return nil, err
		}
		all = model.ActivitiesOf(tx, in.Group)
	} else {
		for _, g := range world.All[model.Group](tx) {
			all = append(all, model.ActivitiesOf(tx, g.ID)...)
		}
	}
	if len(in.IDs) > 0 {
		all = slices.DeleteFunc(all, func(a *model.Activity) bool { return !slices.Contains(in.IDs, a.ID) })
	}
	out = &activitiesOutput{}
	out.Activities, out.Next, err = page(all, in.paging, 100, renderActivity)
	return out, err
}
