package report

import (
	"bytes"
	"testing"

	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/testenv"
)

func TestDown_SaysWhatAWSKeeps(t *testing.T) {
	var out bytes.Buffer
	Down{Platform: "shop", Deleted: 2, DurationSeconds: 1, APICalls: 9, Notes: []string{"AWS deletes the key in 7 days."}}.Show(terminal.Streams{Out: &out})
	want := `✓ shop is down: 2 objects deleted, nothing is left, in 1.0s, with 9 API calls
– AWS deletes the key in 7 days.
`
	if diff := testenv.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
