package model

import (
	"regexp"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

// Dashboard is a dashboard. Dashboards are of no region: they lie in region "".
type Dashboard struct {
	world.Object // ID: its name
	Body         string
	Modified     time.Time
}

func dashboardKind() world.AnyKind {
	return world.Kind[Dashboard, *Dashboard]{
		Traits: world.Traits{Noun: "dashboard"},
		Name:   "dashboard", Untaggable: true, KnownAtOnce: true,
		NotFound: func(names ...string) error { return noDashboard(names...) },
	}
}

func noDashboard(names ...string) *refuse.Error {
	return refuse.WithStatus(refuse.StatusNotFound, "ResourceNotFound", "Dashboard %s does not exist", strings.Join(names, ", "))
}

// DashboardARN is the ARN of the dashboard of a name, as a region's partition has it.
func DashboardARN(tx *world.Tx, name string) string {
	return "arn:" + region.Partition(tx.Region()) + ":cloudwatch::" + world.AccountID + ":dashboard/" + name
}

var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]{1,255}$`)

// checkDashboardName refuses names that no dashboard can have.
// Source: replies of AWS that others recorded.
func checkDashboardName(name string) error {
	if !dashboardName.MatchString(name) {
		return refuse.InvalidParameterValue("The value for field DashboardName contains invalid characters. " +
			"It can only contain alphanumerics, dash (-) and underscore (_).\n")
	}
	return nil
}

// PutDashboard makes a dashboard, or gives one another body; tags count where it is new. The messages are about what of the
// body won't be drawn.
func PutDashboard(tx *world.Tx, name, body string, tags world.Tags) ([]BodyMessage, error) {
	if err := checkDashboardName(name); err != nil {
		return nil, err
	}
	warnings, err := CheckBody(body)
	if err != nil {
		return nil, err
	}
	tx = tx.In("")
	change := func(d *Dashboard) { d.Body, d.Modified = body, tx.Now() }
	if !world.Edit(tx, name, change) {
		world.Add(tx, &Dashboard{Object: tx.NamedObject(name, tags), Body: body, Modified: tx.Now()})
	}
	return warnings, nil
}

// FindDashboard returns the dashboard of a name, or AWS's refusal of the name.
func FindDashboard(tx *world.Tx, name string) (*Dashboard, error) {
	if err := checkDashboardName(name); err != nil {
		return nil, err
	}
	return world.Find[Dashboard](tx.In(""), name)
}

// DeleteDashboards deletes dashboards: all, or none where one isn't there.
// Source: API reference of DeleteDashboards.
func DeleteDashboards(tx *world.Tx, names []string) error {
	for _, name := range names {
		if _, err := FindDashboard(tx, name); err != nil {
			return err
		}
	}
	for _, name := range names {
		world.Delete[Dashboard](tx.In(""), name)
	}
	return nil
}
