package cli

import (
	"time"

	"github.com/platformctl/platformctl/internal/cli/session"
	"github.com/platformctl/platformctl/internal/drill/journal"
	"github.com/platformctl/platformctl/internal/drill/predict"
	"github.com/platformctl/platformctl/internal/present/drillresult"
)

// bootedBefore is how long new instances of this platform take from being registered to being healthy, by what its last drills
// measured: at least half of the shortest, at most half more than the longest and a quarter of a minute. The zero Window:
// no drill has measured it.
func bootedBefore(s *session.Session) (predict.Window, error) {
	var booted predict.Window
	seconds := func(x float64) time.Duration { return time.Duration(x * float64(time.Second)) }
	_, err := journal.Last(journal.HistoryOf(s.Store.Path()), func(d *drillresult.Drill) bool {
		took := d.Measured.BootedSeconds
		if took == nil || d.Platform != s.Config.Name || d.Target != string(s.Config.Target) || d.Region != s.Config.Region {
			return false
		}
		least, most := seconds(*took/2), seconds(*took*1.5)+15*time.Second
		if booted.Max == 0 || least < booted.Min {
			booted.Min = least
		}
		booted.Max = max(booted.Max, most)
		return false // all of them count
	})
	return booted, err
}
