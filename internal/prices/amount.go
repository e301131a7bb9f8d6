package prices

import (
	"fmt"
	"strings"
)

// Amount is an amount of US dollars, exactly: in billionths of a dollar, since AWS publishes prices such as $0.0104 an
// hour. It holds nine billion dollars.
type Amount int64

// Dollar is one US dollar, and a cent a hundredth of it.
const (
	Dollar Amount = 1_000_000_000
	cent          = Dollar / 100
)

// decimals is how many decimals of a dollar an Amount has.
const decimals = 9

// ParseAmount reads a decimal number of dollars as AWS writes it, such as "0.0450000000". It is an error where the number
// is negative, or finer than an Amount can be.
func ParseAmount(s string) (Amount, error) {
	whole, fraction, _ := strings.Cut(s, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > decimals {
		return 0, fmt.Errorf("the price %q is finer than a billionth of a dollar", s)
	}
	digits := whole + fraction + strings.Repeat("0", decimals-len(fraction))
	if whole == "" || len(digits) > 18 {
		return 0, fmt.Errorf("the price %q is not a decimal number of dollars", s)
	}
	var a Amount
	for _, digit := range []byte(digits) {
		if digit < '0' || digit > '9' {
			return 0, fmt.Errorf("the price %q is not a decimal number of dollars", s)
		}
		a = a*10 + Amount(digit-'0')
	}
	return a, nil
}

// Cents is the amount rounded to cents, half a cent up.
func (a Amount) Cents() int64 { return int64((a + cent/2) / cent) }

// String is the amount in dollars and cents, such as "$87.60".
func (a Amount) String() string { return "$" + a.rounded() }

// Exact is the amount in dollars with all its decimals, and two at least, such as "$0.0104".
func (a Amount) Exact() string { return "$" + a.decimal(2) }

// MarshalJSON writes a number of dollars, rounded to cents.
func (a Amount) MarshalJSON() ([]byte, error) { return []byte(a.rounded()), nil }

func (a Amount) rounded() string { return fmt.Sprintf("%d.%02d", a.Cents()/100, a.Cents()%100) }

// decimal is the number without its last zeros, but with so many decimals at least.
func (a Amount) decimal(least int) string {
	fraction := fmt.Sprintf("%0*d", decimals, a%Dollar)
	for len(fraction) > least && strings.HasSuffix(fraction, "0") {
		fraction = fraction[:len(fraction)-1]
	}
	return strings.TrimSuffix(fmt.Sprintf("%d.%s", a/Dollar, fraction), ".")
}
