// Package house holds the rules of the house that no linter can: which way imports go, how large files and packages are,
// and which words are ours alone. It has no code but its tests.
package house

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/scanner"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/platformctl/platformctl/"

// floors are the house, from its foundation up: a package imports packages of floors below its own. Of its own floor it
// imports none, but for those of the same pattern with "/..." that don't stand above it in the tree.
const floors = `
internal/accesslog internal/atomicfile internal/site/... internal/awsapi internal/config internal/dns/... internal/prices internal/testenv/...
internal/resource internal/prices/refresh internal/httpclient internal/release
internal/kinds/... internal/state
internal/blueprint
internal/provision/...
internal/provision
internal/teardown internal/drill/...
internal/present/...
internal/localcloud/endpoint internal/localcloud/clients internal/localcloud/recording internal/localcloud/world/region internal/localcloud/policy internal/localcloud/wire/refuse internal/localcloud/dataplane/clock internal/localcloud/dataplane/sni internal/localcloud/tlspolicy internal/localcloud/authority internal/localcloud/blobs internal/localcloud/metrics internal/localcloud/metrics/math internal/localcloud/notification
internal/localcloud/wire internal/localcloud/guest/... internal/localcloud/dataplane/health internal/localcloud/dataplane/proxy/...
internal/localcloud/wire/... internal/localcloud/world internal/localcloud/dataplane
internal/localcloud/service internal/localcloud/tools/...
internal/localcloud/services/...
internal/localcloud/faults/... internal/localcloud/page/... internal/localcloud/dns/...
internal/localcloud/server/...
internal/localcloud/daemon/...
internal/localcloud/localcloudtest
internal/kinds/kindtest internal/house
internal/cli/...
internal/cli
cmd/platformctl resilience/lab
resilience/kills
resilience/...
bench/... release/... conformance/...
`

// floorOf returns the number of a package's floor, and the pattern that it meets: its own path, or else the longest tree.
func floorOf(pkg string) (floor int, pattern string) {
	floor = -1
	for i, line := range strings.Split(strings.TrimSpace(floors), "\n") {
		for p := range strings.FieldsSeq(line) {
			tree, isTree := strings.CutSuffix(p, "/...")
			if pkg == p {
				return i, p
			}
			if isTree && strings.HasPrefix(pkg+"/", tree+"/") && len(p) > len(pattern) {
				floor, pattern = i, p
			}
		}
	}
	return floor, pattern
}

// upward says whether an import goes up, or along, where it must go down.
func upward(pkg, imported string) bool {
	from, pattern := floorOf(pkg)
	to, other := floorOf(imported)
	if from == to && pattern == other {
		return strings.HasPrefix(pkg, imported+"/")
	}
	return to >= from
}

// pkg is a package's product code.
type pkg struct {
	imports []string
	lines   int
	doc     string
}

// house reads every package of the repository, and the number of lines of each of its files.
func house(t *testing.T) (packages map[string]*pkg, files map[string]int) {
	t.Helper()
	packages, files = map[string]*pkg{}, map[string]int{}
	walk(t, func(name string, text []byte) {
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			return
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, text, parser.ImportsOnly|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		dir := path.Dir(name)
		if packages[dir] == nil {
			packages[dir] = &pkg{}
		}
		p := packages[dir]
		p.doc += file.Doc.Text()
		if !ast.IsGenerated(file) {
			files[name] = strings.Count(string(text), "\n")
			p.lines += files[name]
		}
		for _, i := range file.Imports {
			if imported, ours := strings.CutPrefix(strings.Trim(i.Path.Value, `"`), module); ours {
				p.imports = append(p.imports, imported)
			}
		}
	})
	if len(packages) < 50 {
		t.Fatalf("only %d packages were found", len(packages))
	}
	return packages, files
}

// walk reads the repository's text files.
func walk(t *testing.T, read func(name string, text []byte)) {
	t.Helper()
	root := os.DirFS("../..")
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if entry.IsDir() {
			if slices.Contains([]string{".git", "bin", "dist"}, name) {
				return fs.SkipDir
			}
			return nil
		}
		if !slices.Contains([]string{".go", ".md", ".txt", ".txtar", ".yml", ".yaml", ".sh", ".golden"}, filepath.Ext(name)) || !entry.Type().IsRegular() {
			return nil
		}
		text, err := fs.ReadFile(root, name)
		if err == nil {
			read(name, text)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestHouse_ImportsGoDown(t *testing.T) {
	packages, _ := house(t)
	for name, p := range packages {
		if floor, _ := floorOf(name); floor < 0 {
			t.Errorf("%s stands on no floor: give it one in internal/house/house_test.go", name)
			continue
		}
		for _, imported := range p.imports {
			if upward(name, imported) {
				t.Errorf("%s imports %s, which stands no lower", name, imported)
			}
		}
	}
}

// TestUpward holds what the floors forbid, so that they can't be emptied unseen.
func TestUpward(t *testing.T) {
	for arrow, want := range map[[2]string]bool{
		{"internal/resource", "internal/kinds/network"}:                                true,
		{"internal/kinds/network", "internal/provision"}:                               true,
		{"internal/kinds/network", "internal/kinds/compute"}:                           false,
		{"internal/provision/apply", "internal/provision"}:                             true,
		{"internal/provision/apply", "internal/provision/observe"}:                     false,
		{"internal/provision", "internal/present/report"}:                              true,
		{"internal/provision", "internal/localcloud/world"}:                            true,
		{"internal/localcloud/world", "internal/localcloud/services/ec2/model"}:        true,
		{"internal/localcloud/wire", "internal/localcloud/services/ec2/api"}:           true,
		{"internal/localcloud/services/ec2/api", "internal/localcloud/server"}:         true,
		{"internal/localcloud/services/ec2/api", "internal/localcloud/wire/query"}:     false,
		{"internal/drill/load", "internal/drill"}:                                      true,
		{"internal/localcloud/dataplane/proxy", "internal/localcloud/dataplane"}:       true,
		{"internal/localcloud/dataplane/proxy/http1", "internal/localcloud/dataplane"}: true,
	} {
		if got := upward(arrow[0], arrow[1]); got != want {
			t.Errorf("%s imports %s: upward is %v, want %v", arrow[0], arrow[1], got, want)
		}
	}
}

const (
	mostLinesOfAFile    = 400
	mostLinesOfAPackage = 1500
	// excuse is what the comment of a larger package must contain, in a sentence that says why.
	excuse = "1,500 lines"
)

func TestHouse_FilesAndPackagesAreSmall(t *testing.T) {
	packages, files := house(t)
	for name, lines := range files {
		if lines > mostLinesOfAFile {
			t.Errorf("%s has %d lines, %d at most", name, lines, mostLinesOfAFile)
		}
	}
	for name, p := range packages {
		if p.lines > mostLinesOfAPackage && !strings.Contains(strings.Join(strings.Fields(p.doc), " "), excuse) {
			t.Errorf("%s has %d lines: wall it, or say in its comment why it has more than %s", name, p.lines, excuse)
		}
	}
}

// Words of a private language, for which the field has words of its own: identifiers, matched whole; phrases, in every
// text; and phrases where a drill is described, whose fault is restored.
var (
	bannedIdentifiers = []string{
		"Glance", "LookAgain", "Doomed", "Overlooked", "Ahead", "Upsets", "Tokenless", "keen", "brisk", "easy",
		"IsInTheWay", "IsSpentToken", "IsAlready", "Lateness", "fated", "DeleteSeen", "Glancing",
		"Soon", "Prompt", "Exclusive", "Carries", "Passing", "Unsure", "Settled", "InTurn",
	}
	bannedPhrases = phrases("hopeless", "in vain", "otherwise than asked", "mend", "mended", "mends", "mending", "anew", "whoever")
	bannedOfDrill = phrases("put back", "puts back", "putting back", "cure", "cures", "cured")
	ofDrill       = regexp.MustCompile(`(^|/)[^/]*drill`)
)

// phrases returns patterns of phrases as whole words, by the phrase that must be in a text for its pattern to be tried.
func phrases(list ...string) map[string]*regexp.Regexp {
	patterns := map[string]*regexp.Regexp{}
	for _, phrase := range list {
		patterns[phrase] = regexp.MustCompile(`\b` + phrase + `\b`)
	}
	return patterns
}

func TestHouse_SpeaksTheFieldsWords(t *testing.T) {
	walk(t, func(name string, text []byte) {
		if name == "internal/house/house_test.go" {
			return
		}
		found := func(at int, word string) {
			t.Errorf("%s:%d says %q", name, 1+bytes.Count(text[:at], []byte("\n")), word)
		}
		lower := bytes.ToLower(text)
		search := func(patterns map[string]*regexp.Regexp) {
			for phrase, pattern := range patterns {
				if bytes.Contains(lower, []byte(phrase)) {
					for _, at := range pattern.FindAllIndex(lower, -1) {
						found(at[0], phrase)
					}
				}
			}
		}
		search(bannedPhrases)
		if ofDrill.MatchString(name) {
			search(bannedOfDrill)
		}
		if strings.HasSuffix(name, ".go") {
			for at, word := range identifiers(text) {
				if slices.Contains(bannedIdentifiers, word) {
					found(at, word)
				}
			}
		}
	})
}

// identifiers are those of a Go file, by their place.
func identifiers(text []byte) map[int]string {
	found := map[int]string{}
	files := token.NewFileSet()
	file := files.AddFile("", -1, len(text))
	var s scanner.Scanner
	s.Init(file, text, nil, 0)
	for {
		pos, tok, literal := s.Scan()
		switch tok {
		case token.EOF:
			return found
		case token.IDENT:
			found[file.Offset(pos)] = literal
		}
	}
}
