package api

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) dashboardOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "PutDashboard", putDashboard),
		view(h, "GetDashboard", getDashboard),
		view(h, "ListDashboards", listDashboards),
		change(h, "DeleteDashboards", service.Does(struct{}{}, func(tx *world.Tx, in *deleteDashboardsInput) error {
			if len(in.Names) > mostDashboards {
				return refuse.InvalidParameterValue("There are more than %d dashboards", mostDashboards)
			}
			return model.DeleteDashboards(tx, in.Names)
		})),
	}
}

// mostDashboards is how many one call deletes.
// Source: API reference of DeleteDashboards.
const mostDashboards = 100

type dashboardIn struct {
	Name string `query:"DashboardName,required"`
}

type putDashboardInput struct {
	dashboardIn
	Body string `query:"DashboardBody,required"`
	Tags []tag  `query:"Tags"`
}

type putDashboardOutput struct {
	Messages wire.Members[bodyMessage] `json:"DashboardValidationMessages" xml:"DashboardValidationMessages"`
}

type bodyMessage struct{ DataPath, Message string }

func putDashboard(tx *world.Tx, c *wire.Call, in *putDashboardInput) (*putDashboardOutput, error) {
	tags, err := tagsOf(in.Tags)
	if err != nil {
		return nil, err
	}
	warnings, err := model.PutDashboard(tx, in.Name, in.Body, tags)
	if err != nil {
		return nil, err
	}
	c.Resource = in.Name
	out := &putDashboardOutput{wire.Members[bodyMessage]{}}
	for _, w := range warnings {
		out.Messages = append(out.Messages, bodyMessage{w.Path, w.Message})
	}
	return out, nil
}

type getDashboardOutput struct {
	ARN  string `json:"DashboardArn" xml:"DashboardArn"`
	Body string `json:"DashboardBody" xml:"DashboardBody"`
	Name string `json:"DashboardName" xml:"DashboardName"`
}

func getDashboard(tx *world.Tx, _ *wire.Call, in *dashboardIn) (*getDashboardOutput, error) {
	d, err := model.FindDashboard(tx, in.Name)
	if err != nil {
		return nil, err
	}
	return &getDashboardOutput{model.DashboardARN(tx, d.ID), d.Body, d.ID}, nil
}

type listDashboardsInput struct {
	Prefix    string `query:"DashboardNamePrefix"`
	NextToken string `query:"NextToken"`
}

type dashboardEntry struct {
	ARN          string `json:"DashboardArn" xml:"DashboardArn"`
	Name         string `json:"DashboardName" xml:"DashboardName"`
	LastModified *wire.Time
	Size         int // bytes
}

type listDashboardsOutput struct {
	Entries   wire.Members[dashboardEntry] `json:"DashboardEntries" xml:"DashboardEntries"`
	NextToken string                       `json:",omitempty" xml:",omitempty"`
}

func listDashboards(tx *world.Tx, _ *wire.Call, in *listDashboardsInput) (*listDashboardsOutput, error) {
	all := world.Where(tx.In(""), func(d *model.Dashboard) bool { return strings.HasPrefix(d.ID, in.Prefix) })
	slices.SortFunc(all, func(a, b *model.Dashboard) int { return strings.Compare(a.ID, b.ID) })
	page, next, ok := wire.Page(all, in.NextToken, nil, 1000)
	if !ok {
		return nil, refuse.InvalidParameterValue("Invalid NextToken")
	}
	out := &listDashboardsOutput{wire.Members[dashboardEntry]{}, next}
	for _, d := range page {
		out.Entries = append(out.Entries, dashboardEntry{model.DashboardARN(tx, d.ID), d.ID, at(d.Modified), len(d.Body)})
	}
	return out, nil
}

type deleteDashboardsInput struct {
	Names []string `query:"DashboardNames,required"`
}
