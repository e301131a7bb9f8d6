package drillreport_test

import (
	"os"
	"regexp"
	"testing"

	"github.com/platformctl/platformctl/internal/testenv"
)

// WCAG 2.2 asks for 4.5 to 1 between text and its ground, and for 3 to 1 between
// what a picture consists of and its.
func TestPage_ContrastMeetsWCAG(t *testing.T) {
	css, err := os.ReadFile("page.css")
	if err != nil {
		t.Fatal(err)
	}
	schemes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllSubmatch(css, -1)
	if len(schemes) != 3 {
		t.Fatalf("%d schemes: light, dark and print were expected", len(schemes))
	}
	for i, scheme := range []string{"light", "dark", "print"} {
		colors := map[string]string{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6});`).FindAllSubmatch(schemes[i][1], -1) {
			colors[string(m[1])] = string(m[2])
		}
		check := func(ink, ground string, least float64) {
			if colors[ink] == "" || colors[ground] == "" {
				t.Fatalf("%s has no colour %s or %s", scheme, ink, ground)
			}
			if ratio := testenv.Contrast(t, colors[ink], colors[ground]); ratio < least {
				t.Errorf("%s: %s on %s has %.2f to 1, and needs %g", scheme, ink, ground, ratio, least)
			}
		}
		for _, ink := range []string{"text", "muted", "good", "bad", "caution"} {
			check(ink, "ground", 4.5)
			check(ink, "panel", 4.5)
		}
		for _, lane := range []string{"c2xx", "c503", "c504"} {
			check("ground", lane, 4.5) // the states' names in them
		}
		for _, part := range []string{"c2xx", "c502", "c503", "c504", "timeout", "reset", "refused", "other", "p99", "detect", "recover"} {
			check(part, "ground", 3)
		}
	}
}
