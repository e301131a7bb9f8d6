package faultrun

import (
	"io"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/testenv"
	"github.com/platformctl/platformctl/resilience/lab"
)

func TestFaultsTable(t *testing.T) {
	costs := func(requests int, took time.Duration) map[string]cost {
		return map[string]cost{firstUp: {requests, took}}
	}
	rows := faultsTable(faultRun{costs: costs(200, time.Second)}, []faultRun{
		{costs: costs(300, 9*time.Second)},
		{costs: costs(250, 40*time.Second), findings: lab.Findings{Duplicates: []string{"vpc"}}},
		{costs: costs(400, 5*time.Second), findings: lab.Findings{Wrong: []string{"it failed"}, LeftOver: []string{"eni", "eip"}}},
	})
	want := []string{"up", "2 of 3", "200", "300", "1.50", "1.0 s", "9.0 s", "40.0 s", "1", "2"}
	if diff := testenv.Diff([][]string{want}, rows[1:]); diff != "" {
		t.Error(diff)
	}
}

func TestParse_RefusesWrongFlags(t *testing.T) {
	for _, args := range [][]string{{"-seeds", "0"}, {"-parallel", "0"}, {"up"}, {"-throttled", "much"}} {
		var f flags
		if err := f.parse(args, io.Discard); err == nil {
			t.Errorf("%q is accepted", args)
		}
	}
}
