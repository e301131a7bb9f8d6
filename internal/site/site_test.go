package site

import (
	"archive/tar"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// directory is a directory with files of some contents.
func directory(t *testing.T, files map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, content := range files {
		at := filepath.Join(dir, filepath.FromSlash(name))
		if err := errors.Join(os.MkdirAll(filepath.Dir(at), 0o755), os.WriteFile(at, []byte(content), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func archive(t *testing.T, dir string) *Archive {
	t.Helper()
	s, err := Scan(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	a, err := s.Archive()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func whole(t *testing.T, a *Archive) []byte {
	t.Helper()
	all, err := io.ReadAll(a.Section(0, a.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func plain() map[string]string {
	return map[string]string{
		"index.html": "<h1>hello</h1>", "empty.txt": "", "css/site.css": strings.Repeat("x", 512), ".well-known/security.txt": "Contact: x",
		"a long/" + strings.Repeat("p/", 90) + "name – ü.html": strings.Repeat("y", 70_000),
	}
}

func TestArchive_IsTheSameForTheSameContents(t *testing.T) {
	one, two := directory(t, plain()), directory(t, plain())
	old := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	if err := errors.Join(os.Chtimes(filepath.Join(two, "index.html"), old, old), os.Chmod(filepath.Join(two, "empty.txt"), 0o600)); err != nil {
		t.Fatal(err)
	}
	all := whole(t, archive(t, one))
	if !bytes.Equal(all, whole(t, archive(t, two))) {
		t.Error("times and permissions change the archive")
	}
	sum := sha256.Sum256(all)
	var read int64
	if got, err := archive(t, two).Digest(t.Context(), func(n int64) { read = n }); err != nil || got != hex.EncodeToString(sum[:]) || read != int64(len(all)) {
		t.Errorf("the digest is %s after %d bytes, %v; want %x after %d", got, read, err, sum, len(all))
	}
	for _, change := range []func(string) error{
		func(dir string) error {
			return os.WriteFile(filepath.Join(dir, "index.html"), []byte("<h1>hellO</h1>"), 0o644)
		},
		func(dir string) error {
			return os.Rename(filepath.Join(dir, "empty.txt"), filepath.Join(dir, "Empty.txt"))
		},
		func(dir string) error { return os.Chmod(filepath.Join(dir, "Empty.txt"), 0o755) },
	} {
		if err := change(one); err != nil {
			t.Fatal(err)
		}
		next := whole(t, archive(t, one))
		if bytes.Equal(all, next) {
			t.Error("a change doesn't change the archive")
		}
		all = next
	}
}

func TestArchive_IsATarOfTheFiles(t *testing.T) {
	files := plain()
	r := tar.NewReader(bytes.NewReader(whole(t, archive(t, directory(t, files)))))
	var names []string
	for {
		head, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		content, err := io.ReadAll(r)
		if err != nil || string(content) != files[head.Name] {
			t.Errorf("%s has %d bytes, %v, want %d", head.Name, len(content), err, len(files[head.Name]))
		}
		names = append(names, head.Name)
	}
	if len(names) != len(files) || !slices.IsSorted(names) {
		t.Errorf("it has %q", names)
	}
}

func TestSection_IsThatPartOfTheWhole(t *testing.T) {
	a := archive(t, directory(t, plain()))
	all := whole(t, a)
	for _, size := range []int64{1, 511, 512, 513, 4096, 65_536} {
		for offset := int64(0); offset < a.Size(); offset += max(size, a.Size()/41) {
			got, err := io.ReadAll(a.Section(offset, size))
			if want := all[offset:min(offset+size, a.Size())]; err != nil || !bytes.Equal(got, want) {
				t.Fatalf("%d bytes at %d differ, %v", size, offset, err)
			}
		}
	}
}

func TestSection_RefusesWhatHasChangedSince(t *testing.T) {
	for name, change := range map[string]func(at string) error{
		"longer":    func(at string) error { return os.WriteFile(at, []byte("<h1>hello!</h1>"), 0o644) },
		"shorter":   func(at string) error { return os.Truncate(at, 3) },
		"gone":      os.Remove,
		"led away":  func(at string) error { return errors.Join(os.Remove(at), os.Symlink("/etc/hostname", at)) },
		"directory": func(at string) error { return errors.Join(os.Remove(at), os.Mkdir(at, 0o755)) },
	} {
		dir := directory(t, map[string]string{"index.html": "<h1>hello</h1>"})
		a := archive(t, dir)
		if err := change(filepath.Join(dir, "index.html")); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Digest(t.Context(), nil); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func TestAdd_PutsFilesThatAreNotOnDiskIntoTheArchive(t *testing.T) {
	with := func(made string) []byte {
		s, err := Scan(directory(t, plain()), Options{})
		if err != nil {
			t.Fatal(err)
		}
		s.Add(".platformctl/site.conf", []byte("of before"))
		s.Add(".platformctl/site.conf", []byte(made))
		s.Add("zero.txt", nil)
		if want := len(plain()) + 2; len(s.Files) != want || !slices.IsSortedFunc(s.Files, func(a, b File) int { return strings.Compare(a.Path, b.Path) }) {
			t.Errorf("it has %d files, want %d: %v", len(s.Files), want, s.Files)
		}
		a, err := s.Archive()
		if err != nil {
			t.Fatal(err)
		}
		return whole(t, a)
	}
	all := with("location / {}")
	if !bytes.Equal(all, with("location / {}")) || bytes.Equal(all, with("location /a {}")) {
		t.Error("the archive doesn't depend on what is in it alone")
	}
	r := tar.NewReader(bytes.NewReader(all))
	head, err := r.Next()
	for err == nil && head.Name != ".platformctl/site.conf" {
		head, err = r.Next()
	}
	content, failed := io.ReadAll(r)
	if err = errors.Join(err, failed); err != nil || string(content) != "location / {}" {
		t.Errorf("the file has %q, %v", content, err)
	}
}

func TestScan_RefusesWithTheReason(t *testing.T) {
	with := func(more map[string]string) map[string]string {
		more[Index] = "x"
		return more
	}
	for _, tt := range []struct {
		name, want string
		files      map[string]string
		change     func(dir string) error
	}{
		{name: "no index", want: "has no index.html", files: map[string]string{"page.html": "x"}},
		{name: "nothing", want: "is empty", files: nil},
		{name: "a link out", want: "passwd is a link", files: with(map[string]string{}), change: func(dir string) error { return os.Symlink("/etc/passwd", filepath.Join(dir, "passwd")) }},
		{name: "a link in", want: "other.html is a link", files: with(map[string]string{}), change: func(dir string) error { return os.Symlink(Index, filepath.Join(dir, "other.html")) }},
		{name: "a linked directory", want: "up is a link", files: with(map[string]string{}), change: func(dir string) error { return os.Symlink("..", filepath.Join(dir, "up")) }},
		{name: "a socket", want: "socket is no regular file", files: with(map[string]string{}), change: func(dir string) error {
			l, err := net.Listen("unix", filepath.Join(dir, "socket"))
			if err == nil {
				t.Cleanup(func() { l.Close() })
			}
			return err
		}},
		{name: "case", want: "differs from", files: with(map[string]string{"Logo.png": "x", "logo.png": "y"})},
		{name: "case of a directory", want: "differs from", files: with(map[string]string{"Img/a.png": "x", "img/b.png": "y"})},
		{name: "composed letters", want: "differs from", files: with(map[string]string{"\u00fc.html": "x", "u\u0308.html": "y"})},
		{name: "a control character", want: "control character", files: with(map[string]string{"a\nb.html": "x"})},
		{name: "a backslash", want: `has a \`, files: with(map[string]string{`a\b.html`: "x"})},
		{name: "not UTF-8", want: "isn't UTF-8", files: with(map[string]string{"\xff.html": "x"})},
		{name: "a long path", want: "more than 900 bytes", files: with(map[string]string{strings.Repeat(strings.Repeat("d", 100)+"/", 9) + "x.html": "x"})},
		{name: "a secret", want: ".env looks like a secret", files: with(map[string]string{".env": "TOKEN=1"})},
		{name: "another", want: "server.key looks like a key", files: with(map[string]string{"tls/server.key": "x"})},
		{name: "a repository", want: ".git is what a tool keeps", files: with(map[string]string{".git/config": "x"})},
		{name: "a dot file", want: ".DS_Store begins with a dot", files: with(map[string]string{".DS_Store": "x"})},
		{name: "a dot directory", want: ".cache begins with a dot", files: with(map[string]string{".cache/x": "x"})},
		{name: "too large", want: "more than 5 GB", files: with(map[string]string{"film.mp4": ""}), change: func(dir string) error { return os.Truncate(filepath.Join(dir, "film.mp4"), MaxBytes) }},
		{name: "a bad pattern", want: "has a pattern that is none", files: with(map[string]string{IgnoreFile: "[a"})},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := directory(t, tt.files)
			if tt.change != nil {
				if err := tt.change(dir); err != nil {
					t.Skip(err)
				}
			}
			var refused *Refused
			if s, err := Scan(dir, Options{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got %v, %v, want %q", s, err, tt.want)
			}
		})
	}
	for name, dir := range map[string]string{"not there": filepath.Join(t.TempDir(), "x"), "a file": func() string { return filepath.Join(directory(t, with(map[string]string{})), Index) }()} {
		if _, err := Scan(dir, Options{}); err == nil {
			t.Errorf("%s: it was read", name)
		}
	}
}

func TestScan_LeavesOutWhatIsIgnored(t *testing.T) {
	dir := directory(t, map[string]string{
		Index: "x", IgnoreFile: "# not served\n.git\n*.map\ndrafts/**\n!drafts/kept.html\n.DS_Store\n", ".git/config": "x", "app.js": "x", "app.js.map": "x", ".DS_Store": "x",
		"drafts/a.html": "x", "drafts/kept.html": "x",
	})
	s, err := Scan(dir, Options{})
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range s.Files {
		names = append(names, f.Path)
	}
	if want := []string{"app.js", "drafts/kept.html", Index}; !slices.Equal(names, want) || s.Bytes != 3 {
		t.Errorf("got %q with %d bytes, want %q", names, s.Bytes, want)
	}
}

func TestScan_TakesSecretsIfAsked(t *testing.T) {
	dir := directory(t, map[string]string{Index: "x", "keys/public.pem": "x"})
	if _, err := Scan(dir, Options{}); err == nil {
		t.Error("a key was taken")
	}
	if s, err := Scan(dir, Options{Secrets: true}); err != nil || len(s.Files) != 2 {
		t.Errorf("got %v, %v", s, err)
	}
}

func TestScan_NamesTwentyProblems(t *testing.T) {
	files := map[string]string{Index: "x"}
	for n := range 25 {
		files[fmt.Sprintf("%d.key", n)] = "x"
	}
	var refused *Refused
	if _, err := Scan(directory(t, files), Options{}); !errors.As(err, &refused) || len(refused.Problems) != 20 || refused.More != 5 || !strings.HasSuffix(err.Error(), "and 5 more") {
		t.Errorf("got %v", err)
	}
}
