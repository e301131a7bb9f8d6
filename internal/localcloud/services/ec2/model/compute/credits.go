package compute

import (
	"strings"
	"time"
)

// CPUCredits are what a burstable instance has saved up, and what it has borrowed. A credit is one vCPU at 100 % for a minute.
//
// Sources: EC2 User Guide, "Key concepts and definitions for burstable performance instances" (the rates, and that no more is kept
// than is earned in 24 hours), "Unlimited mode concepts", "Standard mode concepts" (launch credits, which only T2 has).
type CPUCredits struct {
	Earned, Launch float64 // saved; launch credits are spent first, and don't count towards the most
	Surplus        float64 // spent and not yet earned, up to what is earned in 24 hours
	Over           float64 // spent beyond that: charged for at the hour's end
}

// Baseline is the share of each vCPU that a burstable type has all the time; 0 for others.
func (t InstanceType) Baseline() float64 {
	if !t.Burstable {
		return 0
	}
	_, size, _ := strings.Cut(t.Name, ".")
	return map[string]float64{"nano": 0.05, "micro": 0.1, "small": 0.2, "medium": 0.2, "large": 0.3, "xlarge": 0.4, "2xlarge": 0.4}[size]
}

// earns is how many credits the type earns in a time.
func (t InstanceType) earns(in time.Duration) float64 {
	return t.Baseline() * float64(t.VCPUs) * in.Minutes()
}

// MostCredits is how many credits the type can have saved up.
func (t InstanceType) MostCredits() float64 { return t.earns(24 * time.Hour) }

// AtStart are the credits of an instance that is launched, or started with none kept. Those of T2 in standard mode have 30 a vCPU.
func AtStart(t InstanceType, mode string) CPUCredits {
	if strings.HasPrefix(t.Name, "t2.") && mode == "standard" {
		return CPUCredits{Launch: 30 * float64(t.VCPUs)}
	}
	return CPUCredits{}
}

// KeptWhenStopped reports whether stopped instances of the type keep their credits, as they do for seven days.
func (t InstanceType) KeptWhenStopped() bool { return !strings.HasPrefix(t.Name, "t2.") }

// Balance is what CPUCreditBalance says.
func (c *CPUCredits) Balance() float64 { return c.Earned + c.Launch }

// Minute takes a minute in which an instance wants to use so many credits, and returns how many it does: in standard mode no more than it
// has.
func (c *CPUCredits) Minute(t InstanceType, mode string, wants float64) (used float64) {
	earned := t.earns(time.Minute)
	if most := earned + c.Balance(); mode == "standard" && wants > most {
		wants = most
	}
	left := earned - wants
	if left >= 0 {
		paid := min(left, c.Surplus)
		c.Surplus -= paid
		c.Earned = min(c.Earned+left-paid, t.MostCredits())
		return wants
	}
	need := -left
	for _, saved := range []*float64{&c.Launch, &c.Earned} {
		taken := min(need, *saved)
		*saved -= taken
		need -= taken
	}
	borrowed := min(need, t.MostCredits()-c.Surplus)
	c.Surplus += borrowed
	c.Over += need - borrowed
	return wants
}

// Charge ends an hour: it returns what of it is charged for.
func (c *CPUCredits) Charge() (charged float64) {
	charged, c.Over = c.Over, 0
	return charged
}
