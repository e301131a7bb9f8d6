package api

import (
	"slices"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) historyOperations() []wire.Operation {
	return []wire.Operation{view(h, "DescribeAlarmHistory", describeAlarmHistory)}
}

type describeAlarmHistoryInput struct {
	Name       string     `query:"AlarmName" min:"1" max:"255"`
	Types      []string   `query:"AlarmTypes" eachenum:"CompositeAlarm|MetricAlarm"`
	Type       string     `query:"HistoryItemType" enum:"ConfigurationUpdate|StateUpdate|Action|AlarmContributorStateUpdate|AlarmContributorAction"`
	StartDate  *time.Time `query:"StartDate"`
	EndDate    *time.Time `query:"EndDate"`
	MaxRecords *int       `query:"MaxRecords" min:"1" max:"100"`
	NextToken  string     `query:"NextToken"`
	ScanBy     string     `query:"ScanBy" enum:"TimestampDescending|TimestampAscending"`
}

type describeAlarmHistoryOutput struct {
	AlarmHistoryItems wire.Members[historyItem]
	NextToken         string `json:",omitempty" xml:",omitempty"`
}

type historyItem struct {
	AlarmName       string
	AlarmType       string
	Timestamp       *wire.Time
	HistoryItemType string
	HistorySummary  string
	HistoryData     string
}

func describeAlarmHistory(tx *world.Tx, _ *wire.Call, in *describeAlarmHistoryInput) (*describeAlarmHistoryOutput, error) {
	all := wire.Members[historyItem]{}
	if len(in.Types) == 0 || slices.Contains(in.Types, "MetricAlarm") {
		for _, i := range model.History(tx, in.Name) {
			if (in.Type == "" || i.Type == in.Type) && (in.StartDate == nil || !i.Created.Before(*in.StartDate)) && (in.EndDate == nil || !i.Created.After(*in.EndDate)) {
				all = append(all, historyItem{i.Alarm, "MetricAlarm", at(i.Created), i.Type, i.Summary, i.Data})
			}
		}
	}
	if in.ScanBy != "TimestampAscending" {
		slices.Reverse(all)
	}
	page, next, ok := wire.Page(all, in.NextToken, in.MaxRecords, 100)
	if !ok {
		return nil, refuse.New("InvalidNextToken", "The next token specified is invalid.")
	}
	return &describeAlarmHistoryOutput{page, next}, nil
}
