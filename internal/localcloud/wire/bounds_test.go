package wire_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
)

// What a caller sends is read within bounds of depth, number and memory.
func TestHandler_BoundsWhatItReads(t *testing.T) {
	var keys strings.Builder
	for i := range 20_000 {
		fmt.Fprintf(&keys, "&Name.%d=x", i)
	}
	deep := func(levels int) string { return "Action=Paint&Must=x&Inner" + strings.Repeat(".a", levels) + "=x" }
	for _, tt := range []struct{ name, service, body, want string }{
		{"deep key", "ec2", deep(60_000), "MalformedQueryString"},
		{"deep key of dots", "ec2", "Action=Paint&Must=x&" + strings.Repeat(".", 60_000) + "=x", "MalformedQueryString"},
		{"key a level too deep", "elasticloadbalancing", deep(33), "MalformedQueryString"},
		{"key that isn't too deep", "elasticloadbalancing", deep(32), "is not simulated"},
		{"many keys", "ec2", "Action=Paint&Must=x" + keys.String(), "MalformedQueryString"},
		{"deep objects", "ssm", `{"Must":` + strings.Repeat(`{"a":`, 60_000) + "1" + strings.Repeat("}", 60_001), "SerializationException"},
		{"deep lists", "ssm", `{"Must":` + strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000) + "}", "SerializationException"},
		{"lists a level too deep", "ssm", `{"Must":` + strings.Repeat("[", 33) + strings.Repeat("]", 33) + "}", "SerializationException"},
		{"lists that aren't too deep", "ssm", `{"Must":"x","Colour":` + strings.Repeat("[", 31) + strings.Repeat("]", 31) + "}", "is not simulated"},
		{"open lists", "ssm", `{"Must":` + strings.Repeat("[", 1<<19), "SerializationException"},
		{"long list", "ssm", `{"Must":"x","Name":[` + strings.Repeat("0,", 500_000) + "0]}", "SerializationException"},
		{"long list of lists", "ssm", `{"Must":"x","Colour":[` + strings.Repeat("[],", 300_000) + "0]}", "SerializationException"},
		{"large body", "ec2", "Action=Paint&Must=" + strings.Repeat("x", 1<<20), "RequestEntityTooLarge"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			post, _ := serve(t, tt.service)
			var before, after runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&before)
			if _, got := post("AmazonSSM.Paint", tt.body); !strings.Contains(got, tt.want) {
				t.Errorf("got %.300s, want %s", got, tt.want)
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 128<<20 {
				t.Errorf("it used %d MiB", used>>20)
			}
		})
	}
}
