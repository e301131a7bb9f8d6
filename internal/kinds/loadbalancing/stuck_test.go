package loadbalancing

import (
	"testing"
	"time"
)

func TestBootFinished(t *testing.T) {
	at := time.Date(2026, 11, 28, 10, 0, 42, 0, time.UTC)
	const message = "Cloud-init v. 22.2.2 finished at Sat, 28 Nov 2026 10:00:42 +0000. Datasource DataSourceEc2.  Up 35.12 seconds"
	for name, test := range map[string]struct {
		console  string
		finished bool
	}{
		"empty":                   {"", false},
		"still at it":             {"cloud-init[1612]: Cloud-init v. 22.2.2 running 'modules:final' at Sat, 28 Nov 2026 10:00:40 +0000.", false},
		"finished":                {"[   35.120000] cloud-init[1612]: " + message + "\n\nAmazon Linux 2023\nlogin:", true},
		"the last of two boots":   {"Cloud-init v. 22.2.2 finished at Sat, 28 Nov 2026 08:00:00 +0000. Datasource\n" + message, true},
		"something else finished": {"backup finished at Sat, 28 Nov 2026 10:00:42 +0000. ok", false},
		"cut off":                 {message[:len("Cloud-init v. 22.2.2 finished at Sat, 28")], false},
	} {
		finished, ok := bootFinished(test.console)
		if ok != test.finished || ok && !finished.Equal(at) {
			t.Errorf("%s: %v, %v", name, finished, ok)
		}
	}
}
