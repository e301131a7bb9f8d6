package terminal

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Duration is a time for people: tenths of a second below a minute.
func Duration(d time.Duration) string {
	tenths := d.Round(100 * time.Millisecond)
	if tenths < time.Minute {
		return fmt.Sprintf("%.1fs", tenths.Seconds())
	}
	whole := d.Round(time.Second)
	if whole < time.Hour {
		return fmt.Sprintf("%dm%02ds", whole/time.Minute, whole%time.Minute/time.Second)
	}
	return fmt.Sprintf("%dh%02dm", whole/time.Hour, whole%time.Hour/time.Minute)
}

// Seconds is Duration of so many seconds.
func Seconds(s float64) string { return Duration(time.Duration(s * float64(time.Second))) }

// Percent is a share of a whole in whole percent; 0 where there is no whole.
func Percent(part, whole float64) int {
	if whole <= 0 {
		return 0
	}
	return int(math.Round(100 * part / whole))
}

// Thousands is a number as people read it: 1,475.
func Thousands(n int) string {
	digits := strconv.Itoa(max(n, -n))
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	if n < 0 {
		return "-" + digits
	}
	return digits
}

// Briefly is a time for people, without tenths where there are none.
func Briefly(s float64) string { return strings.Replace(Seconds(s), ".0s", "s", 1) }
