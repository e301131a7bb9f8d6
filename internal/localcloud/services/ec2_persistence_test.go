package services_test

import (
	"fmt"
	"path/filepath"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

func dump(t *testing.T, w *world.World) map[string]string {
	t.Helper()
	all, err := w.Dump()
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func unchanged(t *testing.T, before, after map[string]string) {
	t.Helper()
	if diff := testenv.Diff(before, after); diff != "" {
		t.Fatalf("the world changed: %s", diff)
	}
}

// TestWorld_EveryCallToEC2IsOnDisk compares, after every call of a story, the world in memory with what
// another process would read from the file.
func TestWorld_EveryCallToEC2IsOnDisk(t *testing.T) {
	c := newEC2CloudAt(t, filepath.Join(t.TempDir(), "world.db"), world.Options{})
	copies := 0
	c.handler.OnCall = func(call wire.CallRecord) {
		path := filepath.Join(t.TempDir(), fmt.Sprintf("copy-%d.db", copies))
		copies++
		copyFile(t, c.path, path)
		w, err := world.Open(path, world.Options{Now: c.clock.now}, kinds()...)
		if err != nil {
			t.Errorf("after %s: %v", call.Operation, err)
			return
		}
		defer w.Close()
		got, err := w.Dump()
		if err != nil {
			t.Error(err)
		}
		want, err := c.world.Dump()
		if err != nil {
			t.Error(err)
		}
		if diff := testenv.Diff(want, got); diff != "" {
			t.Errorf("after %s: the file differs: %s", call.Operation, diff)
		}
	}
	s := buildSite(t, c)
	must(c.RunInstances(c.ctx, launch(s.private, s.member)))(t)
	if copies < 15 {
		t.Fatalf("only %d calls were compared", copies)
	}
}
