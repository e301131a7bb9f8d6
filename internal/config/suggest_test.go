package config

import "testing"

func TestNearest(t *testing.T) {
	words := []string{"name", "target", "region", "PLATFORMCTL_WEB_INSTANCES"}
	for word, want := range map[string]string{
		"anme": "name", "Name": "name", "naem": "name", "nam": "name", "tragte": "target", "regions": "region",
		"platformctl_web_instance": "PLATFORMCTL_WEB_INSTANCES", "mean": "", "aim": "", "": "", "zone": "",
	} {
		if got := nearest(word, words); got != want {
			t.Errorf("nearest(%q) = %q, want %q", word, got, want)
		}
	}
}

func TestSlips(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{{"", "", 0}, {"", "abc", 3}, {"abc", "", 3}, {"abc", "acb", 1}, {"abc", "abd", 1}, {"abc", "bc", 1}, {"abcd", "badc", 2}} {
		if got := slips(test.a, test.b); got != test.want {
			t.Errorf("slips(%q, %q) = %d, want %d", test.a, test.b, got, test.want)
		}
	}
}
