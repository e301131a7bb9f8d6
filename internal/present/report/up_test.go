package report_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/present/report"
)

// A replacement makes one object and deletes another of the same key; each has a line, and says which it is.
func TestUp_TellsTwoStepsOfOneKeyApart(t *testing.T) {
	var out bytes.Buffer
	report.Up{Platform: "shop", Replaced: 1, DurationSeconds: 10, CriticalPath: []report.Link{
		{Key: "vpc/main", Action: "update", Seconds: 1}, {Key: "instance/web-a-1", Action: "replace", Seconds: 5}, {Key: "instance/web-a-1", Action: "delete", Seconds: 4},
	}}.Show(both(&out))
	for _, want := range []string{"  vpc/main ", "  replace instance/web-a-1 ", "  delete instance/web-a-1 "} {
		if strings.Count(out.String(), want) != 1 {
			t.Errorf("%q isn't there once:\n%s", want, out.String())
		}
	}
}
