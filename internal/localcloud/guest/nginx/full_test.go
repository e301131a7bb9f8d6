package nginx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/guest/disk"
)

// fill leaves so many blocks of the disk free. What fills it is nothing but a hole.
func fill(t *testing.T, o Options, blocks int64) *disk.Disk {
	t.Helper()
	name := filepath.Join(o.Root, "srv/fill")
	if err := errors.Join(os.MkdirAll(filepath.Join(o.Root, "var/log/nginx"), 0o755), os.MkdirAll(filepath.Join(o.Root, "var/lib/nginx"), 0o755),
		os.MkdirAll(filepath.Join(o.Root, "run"), 0o755), os.WriteFile(name, nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	d := disk.New(o.Root)
	d.Measure()
	free := disk.Block // of the file itself
	for d.Take(disk.Block) == nil {
		free += disk.Block
	}
	if err := os.Truncate(name, int64(free)-blocks*disk.Block); err != nil {
		t.Fatal(err)
	}
	return d
}

// TestProcess_ServesOnceItsDiskIsFull has logs that grow until the disk of the instance is full.
func TestProcess_ServesOnceItsDiskIsFull(t *testing.T) {
	o := options(t, `events {} http { log_format f "`+strings.Repeat("$request_uri ", 100)+`";
access_log /var/log/nginx/a.log f; access_log /srv/b.log f; server { listen 80; root /srv; } }`)
	o.Disk = fill(t, o, 10)
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
	for _, log := range []string{"var/log/nginx/a.log", "srv/b.log"} { // of 10 blocks 2 make them, and half of the rest is theirs
		if info, err := os.Stat(filepath.Join(o.Root, log)); err != nil || info.Size() != 2*disk.Block {
			t.Errorf("the log: %v, %v, want %d bytes", info, err, 2*disk.Block)
		}
	}
	if said := p.stderr.String(); !strings.Contains(said, "File too large") && !strings.Contains(said, "was incomplete") {
		t.Errorf("nginx said %q of its full log", said)
	}
	o.Disk.Measure()
	if err := o.Disk.Take(6*disk.Block + 1); !disk.IsFull(err) {
		t.Errorf("more than 6 of 10 blocks are free beside the logs: %v", err)
	}
}

// TestStart_MakesNoLogOnAFullDisk has another log at each start, which is how an instance would fill any disk.
func TestStart_MakesNoLogOnAFullDisk(t *testing.T) {
	o := options(t, `events {} http { access_log /srv/more.log; server { listen 80; } }`)
	o.Disk = fill(t, o, 0)
	want := `nginx: [emerg] open() "/srv/more.log" failed (28: No space left on device)`
	if p, err := Start(o); err == nil || err.Error() != want {
		if err == nil {
			p.Kill()
		}
		t.Errorf("started: %v", err)
	}
	if err := Test(o); err == nil || err.Error() != want {
		t.Errorf("tested: %v", err)
	}
	if _, err := os.Stat(filepath.Join(o.Root, "srv/more.log")); err == nil {
		t.Error("the log is there")
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
