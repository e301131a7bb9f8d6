package compute

import (
	"math"
	"testing"
)

// The rates are those of AWS's table.
func TestInstanceType_EarnsAsPublished(t *testing.T) {
	for name, want := range map[string][2]float64{ // an hour, and at most
		"t2.nano": {3, 72}, "t2.micro": {6, 144}, "t2.small": {12, 288}, "t2.medium": {24, 576}, "t2.large": {36, 864},
		"t3.nano": {6, 144}, "t3.micro": {12, 288}, "t3.small": {24, 576}, "t3.medium": {24, 576}, "t3a.large": {36, 864}, "t3.xlarge": {96, 2304}, "t4g.2xlarge": {192, 4608},
		"m5.large": {0, 0},
	} {
		kind, err := FindInstanceType(name)
		if err != nil {
			t.Fatal(err)
		}
		if most := kind.MostCredits(); math.Abs(most-want[1]) > 1e-9 || math.Abs(most/24-want[0]) > 1e-9 {
			t.Errorf("%s earns %v an hour, and has %v at most; AWS: %v", name, most/24, most, want)
		}
	}
}

// hours lets an instance use a share of its vCPUs, and returns what it was charged for.
func hours(c *CPUCredits, kind InstanceType, mode string, n int, share float64) (used, charged float64) {
	for range n {
		for range 60 {
			used += c.Minute(kind, mode, share*float64(kind.VCPUs))
		}
		charged += c.Charge()
	}
	return used, charged
}

// The first three steps are those of AWS's example, "Unlimited mode examples", of a t3.nano.
func TestCPUCredits_UnlimitedBorrows_AndIsChargedBeyondADay(t *testing.T) {
	nano, err := FindInstanceType("t3.nano")
	if err != nil {
		t.Fatal(err)
	}
	var c CPUCredits
	for i, step := range []struct {
		hours                     int
		share                     float64
		balance, surplus, charged float64
	}{
		{24, 0, 144, 0, 0}, {12, 0.025, 144, 0, 0}, {24, 0.07, 86.4, 0, 0},
		{24, 0.10, 0, 57.6, 0}, // 144 more than it earns
		{24, 0.10, 0, 144, 57.6},
		{12, 0, 0, 72, 0}, {24, 0, 72, 0, 0},
	} {
		_, got := hours(&c, nano, "unlimited", step.hours, step.share)
		if math.Abs(c.Balance()-step.balance) > 1e-6 || math.Abs(c.Surplus-step.surplus) > 1e-6 || math.Abs(got-step.charged) > 1e-6 {
			t.Errorf("step %d: %+v, charged %v", i, c, got)
		}
	}
}

func TestCPUCredits_StandardIsHeldAtItsBaseline(t *testing.T) {
	micro, err := FindInstanceType("t2.micro")
	if err != nil {
		t.Fatal(err)
	}
	c := AtStart(micro, "standard")
	if c.Balance() != 30 {
		t.Errorf("it begins with %v credits", c.Balance())
	}
	used, charged := hours(&c, micro, "standard", 1, 1)
	if math.Abs(used-36) > 1e-6 || c.Balance() > 1e-9 || charged != 0 || c.Surplus != 0 {
		t.Errorf("in an hour it used %v of 30 launch credits and 6 earned; %+v, charged %v", used, c, charged)
	}
	if used, _ = hours(&c, micro, "standard", 1, 1); math.Abs(used-6) > 1e-6 {
		t.Errorf("at its baseline it used %v", used)
	}
}
