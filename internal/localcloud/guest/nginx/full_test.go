package nginx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestProcess_ServesOnceItsLogIsFull has a log that grows past the bound of 64 MiB.
func TestProcess_ServesOnceItsLogIsFull(t *testing.T) {
	const most, room = 64 << 20, 1000
	o := options(t, `events {} http { log_format f "`+strings.Repeat("$request_uri ", 100)+`"; access_log /var/log/nginx/access.log f;
server { listen 80; root /srv; } }`)
	log := filepath.Join(o.Root, "var/log/nginx/access.log")
	if err := os.MkdirAll(filepath.Dir(log), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(log, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(log, most-room); err != nil { // nothing but a hole
		t.Fatal(err)
	}
	p, err := Start(o)
	if err != nil {
		t.Fatal(err)
	}
	defer p.Kill()
	address, _ := p.Address(80)
	for range 3 {
		if got := ask(t, address, "GET", "/index.html?"+strings.Repeat("a", 100)); !strings.Contains(got, " 200 OK") {
			t.Errorf("got %s", got)
		}
	}
	p.Kill()
	if info, err := os.Stat(log); err != nil || info.Size() != most {
		t.Errorf("the log: %v, %v, want %d bytes", info, err, most)
	}
	if said := p.stderr.String(); !strings.Contains(said, "File too large") && !strings.Contains(said, "was incomplete") {
		t.Errorf("nginx said %q of its full log", said)
	}
}

func TestWrite_RefusesMoreLogsThan16(t *testing.T) {
	for number, want := range map[int]bool{16: true, 17: false} {
		logs := ""
		for i := range number {
			logs += fmt.Sprintf("access_log /srv/%d.log; access_log /srv/./%d.log; ", i, i)
		}
		_, err := written(t, "events {} http { "+logs+" server { listen 80; } }")
		var refused *NotAllowedError
		if want && err != nil || !want && !errors.As(err, &refused) {
			t.Errorf("%d logs: %v, allowed %t", number, err, want)
		}
	}
}
