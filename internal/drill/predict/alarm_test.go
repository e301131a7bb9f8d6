package predict

import (
	"testing"
	"time"
)

func TestSituation_Raises(t *testing.T) {
	unhealthy := Alarm{Period: time.Minute, Breaching: 2, Watches: Unhealthy}
	emptied := Alarm{Period: time.Minute, Breaching: 3, Watches: Emptied}
	missing := Alarm{Period: time.Minute, Breaching: 10, Watches: Missing}
	lasting := func(s Situation, d time.Duration) Situation { s.Duration = d; return s }
	grouped := func(s Situation, does Does) Situation { s.Group.Does = does; return s }
	for name, test := range map[string]struct {
		s      Situation
		alarm  Alarm
		want   Window
		raises bool
	}{
		// Noticed after 5 to 10 s; two minutes that end with it are over 60 to 180 s after that; then up to 3 minutes of delay.
		"a dead process":                         {lasting(of(Refuses), 190*time.Second), unhealthy, seconds(65, 370), true},
		"over a second too soon to be certain":   {lasting(of(Refuses), 189*time.Second), unhealthy, Window{}, false},
		"the only one of its zone":               {lasting(of(Refuses), 250*time.Second), emptied, seconds(125, 430), true},
		"an instance that stops isn't unhealthy": {lasting(of(Stops), time.Hour), unhealthy, Window{}, false},
		"but its zone has none":                  {lasting(of(Stops), 252*time.Second), emptied, seconds(120, 432), true},
		"and one is missing":                     {lasting(of(Stops), 12*time.Minute), missing, seconds(540, 852), true},
		"a target that drains isn't unhealthy":   {lasting(of(Drains), time.Hour), unhealthy, Window{}, false},
		"but it isn't healthy, either":           {lasting(of(Drains), 4*time.Minute), emptied, seconds(120, 420), true},
		"a group replaces it":                    {lasting(grouped(of(Refuses), Replaces), time.Hour), unhealthy, Window{}, false},
		"a group may replace it":                 {lasting(grouped(of(Silent), MayReplace), time.Hour), unhealthy, Window{}, false},
		"a group that is kept from replacing it": {lasting(grouped(of(Refuses), Nothing), 190*time.Second), unhealthy, seconds(65, 370), true},
	} {
		t.Run(name, func(t *testing.T) {
			got, raises := test.s.Raises(test.alarm)
			if got != test.want || raises != test.raises {
				t.Errorf("got %v, %v, want %v, %v", got, raises, test.want, test.raises)
			}
			if least, may := test.s.Lasting(test.alarm); raises && (!may || least > test.s.Duration) {
				t.Errorf("it is to last %s, %v", least, may)
			}
		})
	}
}
