package rules

import (
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
)

// TestGlob_AgreesWithExpressions compares with regular expressions on short texts of few letters, so that many match.
func TestGlob_AgreesWithExpressions(t *testing.T) {
	chance := rand.New(rand.NewPCG(1, 2)) //nolint:gosec // no secret
	text := func(letters string, most int) string {
		b := make([]byte, chance.IntN(most))
		for i := range b {
			b[i] = letters[chance.IntN(len(letters))]
		}
		return string(b)
	}
	matched := 0
	for range 20_000 {
		pattern, s := text("ab*?", 7), text("ab", 9)
		expression := "^" + strings.NewReplacer("*", ".*", "?", ".").Replace(pattern) + "$"
		want := regexp.MustCompile(expression).MatchString(s)
		if want {
			matched++
		}
		if got := glob(pattern, s); got != want {
			t.Fatalf("%q on %q: %t, want %t", pattern, s, got, want)
		}
	}
	if matched < 1000 {
		t.Errorf("only %d matched", matched)
	}
}
