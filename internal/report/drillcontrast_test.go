package report_test

import (
	"math"
	"os"
	"regexp"
	"strconv"
	"testing"
)

// luminance is a colour's, as WCAG 2.2 defines it.
func luminance(t *testing.T, color string) float64 {
	t.Helper()
	sum := 0.0
	for i, weight := range []float64{0.2126, 0.7152, 0.0722} {
		part, err := strconv.ParseUint(color[1+2*i:3+2*i], 16, 8)
		if err != nil {
			t.Fatal(err)
		}
		c := float64(part) / 255
		if c <= 0.04045 {
			c /= 12.92
		} else {
			c = math.Pow((c+0.055)/1.055, 2.4)
		}
		sum += weight * c
	}
	return sum
}

// WCAG 2.2 asks for 4.5 to 1 between text and its ground, and for 3 to 1 between
// what a picture consists of and its.
func TestDrillPageCanBeRead(t *testing.T) {
	css, err := os.ReadFile("drillpage.css")
	if err != nil {
		t.Fatal(err)
	}
	schemes := regexp.MustCompile(`(?s):root \{(.*?)\}`).FindAllSubmatch(css, -1)
	if len(schemes) != 3 {
		t.Fatalf("%d schemes: light, dark and print were expected", len(schemes))
	}
	for i, scheme := range []string{"light", "dark", "print"} {
		colors := map[string]float64{}
		for _, m := range regexp.MustCompile(`--(\w+): (#[0-9a-f]{6});`).FindAllSubmatch(schemes[i][1], -1) {
			colors[string(m[1])] = luminance(t, string(m[2]))
		}
		check := func(ink, ground string, least float64) {
			a, b := colors[ink], colors[ground]
			if _, ok := colors[ink]; !ok {
				t.Fatalf("%s has no colour %s", scheme, ink)
			}
			if ratio := (max(a, b) + 0.05) / (min(a, b) + 0.05); ratio < least {
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
