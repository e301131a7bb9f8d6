package terminal

import (
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	for d, want := range map[time.Duration]string{
		0:                         "0.0s",
		49 * time.Millisecond:     "0.0s",
		12345 * time.Millisecond:  "12.3s",
		59960 * time.Millisecond:  "1m00s",
		61 * time.Second:          "1m01s",
		59*time.Minute + 59700e6:  "1h00m",
		time.Hour + 2*time.Minute: "1h02m",
	} {
		if got := Duration(d); got != want {
			t.Errorf("duration(%v) = %q, want %q", d, got, want)
		}
	}
}
