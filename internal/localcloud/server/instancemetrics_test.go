package server

import (
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	asmodel "github.com/platformctl/platformctl/internal/localcloud/services/autoscaling/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// instanceMeter is a meter of one instance, under a clock of its own.
type instanceMeter struct {
	t     *testing.T
	now   time.Time
	world *world.World
	*meter
}

func newInstanceMeter(t *testing.T, i compute.Instance) *instanceMeter {
	t.Helper()
	m := &instanceMeter{t: t, now: time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)}
	clock := func() time.Time { return m.now }
	var err error
	if m.world, err = world.Open("", world.Options{Now: clock}, compute.Kinds()...); err != nil {
		t.Fatal(err)
	}
	m.meter = &meter{store: metrics.New(clock), busy: busy{}}
	m.update(func(tx *world.Tx) {
		i.Object, i.Launched = tx.NamedObject("i-1", map[string]string{asmodel.GroupTag: "web"}), m.now
		world.Add(tx, &i)
	})
	return m
}

func (m *instanceMeter) update(f func(*world.Tx)) {
	m.t.Helper()
	if err := m.world.Update("us-east-1", func(tx *world.Tx) error { f(tx); return nil }); err != nil {
		m.t.Fatal(err)
	}
}

func (m *instanceMeter) become(state compute.State) {
	m.t.Helper()
	m.update(func(tx *world.Tx) {
		world.Edit(tx, "i-1", func(i *compute.Instance) { i.State, i.Launched = state, m.now })
	})
}

// pass lets so many minutes pass, in each of which the instance is sent requests.
func (m *instanceMeter) pass(minutes int, requests int64) {
	m.t.Helper()
	for range minutes {
		m.now = m.now.Add(time.Minute)
		m.update(func(tx *world.Tx) { m.instances(tx, m.now, map[string]int64{"i-1": requests}) })
	}
}

// read adds up a metric of the minutes past, and counts its data points.
func (m *instanceMeter) read(name string, minutes int, dimension string) (sum float64, points int) {
	value := map[string]string{"InstanceId": "i-1", "AutoScalingGroupName": "web"}[dimension]
	for _, p := range m.store.Read(metrics.Metric{Region: "us-east-1", Namespace: "AWS/EC2", Name: name, Dimensions: []metrics.Dimension{{Name: dimension, Value: value}}},
		"", m.now.Add(-time.Duration(minutes)*time.Minute), m.now, time.Minute) {
		sum, points = sum+p.Sum, points+1
	}
	return sum, points
}

func TestMeter_NotesInstancesInTheCadenceOfTheirMonitoring(t *testing.T) {
	for name, test := range map[string]struct {
		instance compute.Instance
		points   string // of checks, CPU, credits, surplus credits
	}{
		"basic":     {compute.Instance{Type: "m5.large", State: compute.Running}, "10 2 0 0"},
		"detailed":  {compute.Instance{Type: "m5.large", State: compute.Running, Monitoring: true}, "10 10 0 0"},
		"burstable": {compute.Instance{Type: "t3.micro", State: compute.Running, CPUCredits: "unlimited", Monitoring: true}, "10 10 2 2"},
		"standard":  {compute.Instance{Type: "t2.micro", State: compute.Running, CPUCredits: "standard"}, "10 2 2 0"},
		"stopped":   {compute.Instance{Type: "t3.micro", State: compute.Stopped, CPUCredits: "unlimited"}, "0 0 0 0"},
	} {
		t.Run(name, func(t *testing.T) {
			m := newInstanceMeter(t, test.instance)
			m.pass(10, 0)
			for _, dimension := range []string{"InstanceId", "AutoScalingGroupName"} {
				var n [4]int
				for i, metric := range []string{"StatusCheckFailed_System", "CPUUtilization", "CPUCreditBalance", "CPUSurplusCreditsCharged"} {
					_, n[i] = m.read(metric, 10, dimension)
				}
				if got := fmt.Sprintf("%d %d %d %d", n[0], n[1], n[2], n[3]); got != test.points {
					t.Errorf("by %s: %s points, want %s", dimension, got, test.points)
				}
			}
		})
	}
}

// A t3.nano that is kept busy borrows all that it earns in a day, and from then on AWS charges at the end of each hour.
func TestMeter_ChargesSurplusCreditsAtTheHoursEnd(t *testing.T) {
	m := newInstanceMeter(t, compute.Instance{Type: "t3.nano", State: compute.Running, CPUCredits: "unlimited"})
	m.pass(60, 1e9) // 1.9 credits a minute more than it earns: 114 of 144
	if charged, points := m.read("CPUSurplusCreditsCharged", 60, "InstanceId"); charged != 0 || points != 12 {
		t.Errorf("in the first hour %v are charged, in %d points", charged, points)
	}
	m.pass(59, 1e9)
	if charged, _ := m.read("CPUSurplusCreditsCharged", 59, "InstanceId"); charged != 0 {
		t.Errorf("before the second hour's end %v are charged", charged)
	}
	m.pass(1, 1e9)
	if charged, _ := m.read("CPUSurplusCreditsCharged", 60, "AutoScalingGroupName"); math.Abs(charged-84) > 1e-6 {
		t.Errorf("at its end %v are charged, want 84", charged)
	}
	if usage, _ := m.read("CPUCreditUsage", 60, "InstanceId"); math.Abs(usage-120) > 1e-6 {
		t.Errorf("two vCPUs used %v credits in an hour", usage)
	}
}

// Stopped, a T3 keeps its credits, and a T2 loses them; another process of the local cloud goes on from the metrics.
func TestMeter_KeepsCreditsAsAWSDoes(t *testing.T) {
	for kind, test := range map[string]struct {
		mode                     string
		before, started, resumed float64
	}{
		"t3.micro": {"unlimited", 10.8, 11.7, 12.6}, // 12 an hour, of which an idle instance uses 1.2
		"t2.micro": {"standard", 35.4, 30.45, 30.9}, // 30 at each start, and 6 an hour, of which it uses 0.6
	} {
		m := newInstanceMeter(t, compute.Instance{Type: kind, State: compute.Running, CPUCredits: test.mode})
		check := func(when string, want float64) {
			t.Helper()
			if balance, _ := m.read("CPUCreditBalance", 5, "InstanceId"); math.Abs(balance-want) > 1e-6 {
				t.Errorf("%s, %s: %v credits, want %v", kind, when, balance, want)
			}
		}
		m.pass(60, 0)
		check("after an hour", test.before)
		m.become(compute.Stopped)
		m.pass(10, 0)
		m.become(compute.Running)
		m.pass(5, 0)
		check("started again", test.started)
		m.busy = busy{}
		m.pass(5, 0)
		check("under another process", test.resumed)
	}
}

// Checks are told once they are done; each fails by a cause of its own, and either counts for both.
func TestMeter_TellsOfStatusChecks_OnceTheyAreDone(t *testing.T) {
	for name, test := range map[string]struct {
		hangs                    bool
		switches                 world.Switches
		failed, instance, system float64
	}{
		"well":                      {},
		"an image that never boots": {hangs: true, failed: 1, instance: 1},
		"the instance is impaired":  {switches: world.Switches{ImpairedInstances: []string{"i-1"}}, failed: 1, instance: 1},
		"the system is impaired":    {switches: world.Switches{ImpairedSystems: []string{"i-1"}}, failed: 1, system: 1},
		"another one is":            {switches: world.Switches{ImpairedSystems: []string{"i-2"}}},
	} {
		m := newInstanceMeter(t, compute.Instance{Type: "m5.large", State: compute.Running, Hangs: test.hangs})
		m.world.SetSwitches(test.switches)
		m.pass(1, 0)
		m.become(compute.Running) // this very moment
		m.update(func(tx *world.Tx) { m.instances(tx, m.now.Add(time.Minute), nil) })
		m.now = m.now.Add(time.Minute)
		if _, points := m.read("StatusCheckFailed", 1, "InstanceId"); points != 0 {
			t.Errorf("%s: checks that aren't done are told of", name)
		}
		m.pass(1, 0)
		for metric, want := range map[string]float64{"StatusCheckFailed": test.failed, "StatusCheckFailed_Instance": test.instance, "StatusCheckFailed_System": test.system} {
			for _, dimension := range []string{"InstanceId", "AutoScalingGroupName"} {
				if got, points := m.read(metric, 1, dimension); got != want || points != 1 {
					t.Errorf("%s: %s by %s is %v in %d points, want %v", name, metric, dimension, got, points, want)
				}
			}
		}
	}
}
