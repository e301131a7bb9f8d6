package config

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"github.com/platformctl/platformctl/internal/testenv"
)

// TestLoad_Refusals reads testdata/refused: each archive holds a configuration (files, a file "env" with a variable a line, a
// file "args" with a flag a line) and in "want" the very words it is refused with.
func TestLoad_Refusals(t *testing.T) {
	archives, err := filepath.Glob("testdata/refused/*.txtar")
	if err != nil || len(archives) < 10 {
		t.Fatalf("found %d archives, %v", len(archives), err)
	}
	for _, path := range archives {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".txtar"), func(t *testing.T) {
			archive, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			options := Options{Dir: t.TempDir()}
			want := -1
			for i, file := range archive.Files {
				content := string(file.Data)
				switch file.Name {
				case "want":
					want = i
				case "env":
					options.Env = strings.Split(strings.TrimSpace(content), "\n")
				case "args":
					options.Flags = flags(t, strings.Fields(content)...)
				case "path":
					options.Path = strings.TrimSpace(content)
				default:
					if err := os.WriteFile(filepath.Join(options.Dir, file.Name), file.Data, 0o600); err != nil {
						t.Fatal(err)
					}
				}
			}
			_, err = Load(options)
			var problems *Error
			if !errors.As(err, &problems) {
				t.Fatalf("want an *Error, got %v", err)
			}
			got := strings.ReplaceAll(err.Error(), options.Dir, "DIR") + "\n"
			if *update {
				archive.Files[want].Data = []byte(got)
				if err := os.WriteFile(path, txtar.Format(archive), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if diff := testenv.Diff(string(archive.Files[want].Data), got); diff != "" {
				t.Errorf("want(-) got(+):\n%s", diff)
			}
		})
	}
}

var update = flag.Bool("update", false, "write the words that the tests got into testdata")

func TestLoad_FileSystemErrors(t *testing.T) {
	dir := directory(t, "large.yaml", strings.Repeat("# x\n", maxFileBytes/4+1), "large.html", strings.Repeat("x", MaxPageBytes+1),
		"full.html", strings.Repeat("x", MaxPageBytes), "empty.html", "", "binary.html", "\xff\xfe", "utf16.yaml", "\xff\xfen\x00a\x00", "bare16.yaml", "n\x00a\x00", "big16.yaml", "\xfe\xff\x00n",
		"bare-big16.yaml", "\x00n\x00a", "utf32.yaml", "\xff\xfe\x00\x00n\x00\x00\x00", "big32.yaml", "\x00\x00\xfe\xff\x00\x00\x00n",
		"bare32.yaml", "n\x00\x00\x00", "bare-big32.yaml", "\x00\x00\x00n", "latin1.yaml", "name: shop\n# caf\xe9\n", "zero.yaml", "name: shop\n#\x00\n")
	for name, test := range map[string]struct {
		options Options
		want    string
	}{
		"no such file":   {Options{Path: "none.yaml"}, "none.yaml: there is no such file; `platformctl init -c none.yaml` writes one to start from"},
		"a directory":    {Options{Path: "."}, ".: can't be read: is a directory"},
		"a large file":   {Options{Path: "large.yaml"}, "large.yaml: can't be read: is larger than 65536 bytes"},
		"no such page":   {Options{Env: []string{"PLATFORMCTL_WEB_PAGE=x.html"}}, `web.page: can't be read: "x.html": no such file or directory; allowed: `},
		"page directory": {Options{Env: []string{"PLATFORMCTL_WEB_PAGE=."}}, `web.page: is not a regular file: "."; allowed: `},
		"large page":     {Options{Env: []string{"PLATFORMCTL_WEB_PAGE=large.html"}}, `web.page: can't be read: "large.html": is larger than 8192 bytes; allowed: `},
		"empty page":     {Options{Env: []string{"PLATFORMCTL_WEB_PAGE=empty.html"}}, `web.page: is an empty file: "empty.html"; allowed: `},
		"binary page":    {Options{Env: []string{"PLATFORMCTL_WEB_PAGE=binary.html"}}, `web.page: is in UTF-16 (little endian), which PowerShell's > writes; save it as UTF-8: "binary.html"; allowed: `},
		"UTF-16":         {Options{Path: "utf16.yaml"}, "utf16.yaml: is in UTF-16 (little endian), which PowerShell's > writes; save it as UTF-8"},
		"UTF-16 BE":      {Options{Path: "big16.yaml"}, "big16.yaml: is in UTF-16 (big endian); save it as UTF-8"},
		"UTF-16, bare":   {Options{Path: "bare16.yaml"}, "bare16.yaml: seems to be in UTF-16 (little endian); save it as UTF-8"},
		"UTF-16BE, bare": {Options{Path: "bare-big16.yaml"}, "bare-big16.yaml: seems to be in UTF-16 (big endian); save it as UTF-8"},
		"UTF-32":         {Options{Path: "utf32.yaml"}, "utf32.yaml: is in UTF-32 (little endian); save it as UTF-8"},
		"UTF-32 BE":      {Options{Path: "big32.yaml"}, "big32.yaml: is in UTF-32 (big endian); save it as UTF-8"},
		"UTF-32, bare":   {Options{Path: "bare32.yaml"}, "bare32.yaml: seems to be in UTF-32 (little endian); save it as UTF-8"},
		"UTF-32BE, bare": {Options{Path: "bare-big32.yaml"}, "bare-big32.yaml: seems to be in UTF-32 (big endian); save it as UTF-8"},
		"Latin-1":        {Options{Path: "latin1.yaml"}, "latin1.yaml: is not UTF-8: byte 0xe9 on line 2, as in ISO 8859-1 (Latin-1) or Windows-1252; save it as UTF-8"},
		"zero byte":      {Options{Path: "zero.yaml"}, "zero.yaml: is not text: it has a zero byte on line 2"},
		"full page":      {Options{Env: []string{"PLATFORMCTL_WEB_PAGE=full.html"}}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			test.options.Dir = dir
			_, err := Load(test.options)
			if test.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got  %v\nwant %s", err, test.want)
			}
		})
	}
}
