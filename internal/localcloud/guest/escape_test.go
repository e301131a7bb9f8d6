package guest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/guest/escapetest"
	"github.com/platformctl/platformctl/internal/localcloud/guest/nginx"
	"github.com/platformctl/platformctl/internal/testenv"
)

// TestGuest_KeepsInEscapes has an instance try each way out, with either web server.
func TestGuest_KeepsInEscapes(t *testing.T) {
	eachServer(t, func(t *testing.T, program nginx.Program) {
		t.Parallel()
		if program.Path != "" {
			testenv.Long(t)
		}
		served := 0
		for _, e := range escapetest.Corpus() {
			t.Run(e.Name, func(t *testing.T) {
				outside := escapetest.New(t)
				o := options(t, program, "#cloud-config\npackages: [nginx]\n")
				o.Dir = filepath.Dir(outside.Dir)
				g := open(t, o)
				g.Start()
				if err := g.Booted(t.Context()); err != nil {
					t.Fatal(err)
				}
				layEscape(t, g.root(), outside, e)
				seen := fmt.Sprintln(g.StartService(), g.checkNginx())
				for _, port := range []int{80, 443, 8081, 8082, 8443} {
					if address, state := g.Address(port); state == Open {
						served++
						seen += exchange(t, address, outside, e.Requests)
					}
				}
				g.StopService()
				outside.Check(t, seen+g.Console())
				if machine, err := os.Hostname(); err != nil || len(machine) > 2 && strings.Contains(seen, machine) {
					t.Errorf("the machine's name %q was told, %v: %s", machine, err, seen)
				}
			})
		}
		if served < 20 {
			t.Errorf("only %d of the instances served anything", served)
		}
	})
}

// layEscape writes an escape's files and links into an instance.
func layEscape(t *testing.T, root string, outside *escapetest.Outside, e escapetest.Escape) {
	t.Helper()
	files := map[string]string{"srv/index.html": "here", "srv/module.so": "no library"}
	if e.Conf != "" {
		files["etc/nginx/nginx.conf"] = outside.Fill(e.Conf)
	}
	for name, text := range files {
		name = filepath.Join(root, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o755), os.WriteFile(name, []byte(text), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	for name, target := range e.Links {
		name = filepath.Join(root, name)
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(outside.Fill(target), name); err != nil {
			t.Skip(err)
		}
	}
}

// exchange sends requests as they are, and returns all that came back.
func exchange(t *testing.T, address string, outside *escapetest.Outside, targets []string) (all string) {
	t.Helper()
	for _, target := range append([]string{"/", "/index.html"}, targets...) {
		for _, method := range []string{"GET", "PUT"} {
			c, err := net.Dial("tcp", address)
			if err != nil {
				t.Fatal(err)
			}
			if err := c.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
				t.Fatal(err)
			}
			fmt.Fprintf(c, "%s %s HTTP/1.1\r\nHost: x\r\nX-File: %s\r\nAuthorization: Basic eDp4\r\nContent-Length: 4\r\nConnection: close\r\n\r\nbody",
				method, outside.Fill(target), outside.Fill("@UP@/secret.txt"))
			answer, _ := io.ReadAll(c) // a reset ends it, too
			c.Close()
			all += target + ": " + strings.ToValidUTF8(string(answer), "?") + "\n"
		}
	}
	return all
}
