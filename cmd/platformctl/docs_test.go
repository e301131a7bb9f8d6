package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/platformctl/platformctl/internal/cli"
	"github.com/platformctl/platformctl/internal/present/terminal"
)

// What these tests hold of the documents, and what not.
//
// Every fenced block with commands to type says in its info string what becomes of them:
//
//	```sh run    TestLongStories types them, in order, into one story a document, against the local cloud; TestStories all but drills
//	```sh aws    they need AWS (or an object's ID): their platformctl commands are parsed by the real command tree
//	```sh long   they take minutes, or change the machine: parsed, too; programs, their flags, make's targets and scripts exist
//
// A block that shows what was seen ("$ platformctl up", and what it wrote) needs no mark: it is parsed. So is `platformctl …` in
// running text, unless an … stands for something. Blocks in other languages, and ```text, are not looked at.
//
// Every relative link, to a file or to a heading, is there. Links to other hosts are not asked for, and the commands of the
// AWS CLI and of other programs are not checked.

// unmarked are blocks that can't have a mark.
var unmarked = map[string]string{
	"README.md:3": "the first words of README stay as they are: `go run` is the walk's first step, and `go test` is this very test",
}

const repository = "../.."

// block is a fenced block.
type block struct {
	file  string
	line  int // of the fence
	info  string
	lines []string
}

func (b block) where() string { return fmt.Sprintf("%s:%d", b.file, b.line) }

// document is a Markdown file of the repository.
type document struct {
	file   string
	blocks []block
	prose  string // the rest
}

var fence = regexp.MustCompile("^\\s*(```+|~~~+)(.*)$")

// documents reads all Markdown files, but those that tests compare with.
func documents(t *testing.T) (all []document) {
	t.Helper()
	err := filepath.WalkDir(repository, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case entry.IsDir() && (entry.Name() == "testdata" || entry.Name() == "node_modules" || entry.Name() == ".git"):
			return filepath.SkipDir
		case entry.IsDir() || filepath.Ext(path) != ".md":
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(repository, path)
		all = append(all, readMarkdown(filepath.ToSlash(name), string(text)))
		return err
	})
	if err != nil || len(all) < 15 {
		t.Fatalf("found %d documents, %v", len(all), err)
	}
	return all
}

func readMarkdown(file, text string) document {
	d := document{file: file}
	var prose strings.Builder
	open := ""
	for i, line := range strings.Split(text, "\n") {
		match := fence.FindStringSubmatch(line)
		switch {
		case open == "" && match != nil:
			open = match[1]
			d.blocks = append(d.blocks, block{file: file, line: i + 1, info: strings.TrimSpace(match[2])})
		case open != "" && match != nil && strings.HasPrefix(match[1], open) && strings.TrimSpace(match[2]) == "":
			open = ""
		case open != "":
			last := &d.blocks[len(d.blocks)-1]
			last.lines = append(last.lines, line)
		default:
			prose.WriteString(line + "\n")
		}
	}
	d.prose = prose.String()
	return d
}

// command finds the command in a line: without the variables before it and the comment behind it. ok is false for a line that
// holds none of the commands that are ours to check.
func command(line string) (words []string, ok bool) {
	line, _, _ = strings.Cut(" "+line, " #")
	words = strings.Fields(line)
	for len(words) > 0 && regexp.MustCompile(`^[A-Z_]+=`).MatchString(words[0]) {
		words = words[1:]
	}
	for i, word := range words { // what follows is the shell's
		if strings.ContainsAny(word, "|<>;&") {
			words = words[:i]
			break
		}
	}
	if len(words) == 0 {
		return nil, false
	}
	switch words[0] {
	case "platformctl", "./platformctl", "bin/platformctl", "make", "go", "bash":
		return words, true
	}
	return nil, false
}

func TestDocs_CommandsExist(t *testing.T) {
	checked := 0
	for _, d := range documents(t) {
		for _, b := range d.blocks {
			words := strings.Fields(b.info)
			switch mark := strings.Join(words, " "); {
			case len(words) > 0 && words[0] != "sh": // another language, or text
			case mark == "sh run", mark == "sh aws", mark == "sh long", unmarked[b.where()] != "":
				for _, line := range b.lines {
					if words, ok := command(line); ok {
						checked++
						if err := exists(words); err != nil {
							t.Errorf("%s: %s: %v", b.where(), line, err)
						}
					}
				}
			case mark == "sh", mark == "":
				for _, line := range b.lines {
					shown, isShown := strings.CutPrefix(line, "$ ")
					words, ok := command(shown)
					switch {
					case ok && isShown:
						checked++
						if err := exists(words); err != nil {
							t.Errorf("%s: %s: %v", b.where(), line, err)
						}
					case ok:
						t.Errorf("%s: %q: say what becomes of it with ```sh run, ```sh aws or ```sh long, or that it is no command with ```text", b.where(), line)
					}
				}
			default:
				t.Errorf("%s: there is no mark %q; there are sh run, sh aws and sh long", b.where(), mark)
			}
		}
		for _, code := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(strings.ReplaceAll(d.prose, "\n", " "), -1) {
			words, ok := command(code[1])
			if !ok || len(words) < 2 || strings.ContainsAny(code[1], "…<[") || words[0] != "platformctl" && words[0] != "make" {
				continue
			}
			checked++
			if err := exists(words); err != nil && !strings.ContainsFunc(words[len(words)-1], isCapital) { // FILE stands for something
				t.Errorf("%s: `%s`: %v", d.file, code[1], err)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d commands were checked", checked)
	}
}

func isCapital(r rune) bool { return r >= 'A' && r <= 'Z' }

// exists says what is wrong with a command: it, or one of its flags, doesn't exist.
func exists(words []string) error {
	switch name := filepath.Base(words[0]); {
	case name == "platformctl":
		root := cli.NewRoot(&cli.Global{Environment: cli.Environment{Streams: terminal.Streams{Out: new(strings.Builder), Err: new(strings.Builder)}}})
		_, err := cli.Parse(root, words[1:])
		return err
	case name == "make":
		return makes(words[1:])
	case name == "bash":
		_, err := os.Stat(filepath.Join(repository, words[1]))
		return err
	case name == "go" && len(words) > 2 && words[1] == "run" && words[2] == "./cmd/platformctl":
		return exists(append([]string{"platformctl"}, words[3:]...))
	case name == "go" && len(words) > 2 && words[1] == "run":
		return program(words[2], words[3:])
	case name == "go" && len(words) > 2 && (words[1] == "build" || words[1] == "test"):
		path := strings.TrimSuffix(words[len(words)-1], "/...")
		if path == "-update" {
			path = words[len(words)-2]
		}
		_, err := os.Stat(filepath.Join(repository, path))
		return err
	}
	return nil
}

// makes looks for targets and variables in the Makefile.
func makes(words []string) error {
	text, err := os.ReadFile(filepath.Join(repository, "Makefile"))
	if err != nil {
		return err
	}
	for _, word := range words {
		want := "\n" + word + ":"
		if name, _, isVariable := strings.Cut(word, "="); isVariable {
			want = "\n" + name + " :="
		}
		if !strings.Contains("\n"+string(text), want) {
			return fmt.Errorf("the Makefile has no %s", word)
		}
	}
	return nil
}

// program looks for a program's subcommand and flags in its source: to run it would cost the time of building it.
func program(path string, words []string) error {
	files, err := filepath.Glob(filepath.Join(repository, path, "*.go"))
	if err != nil || len(files) == 0 {
		return errors.Join(fmt.Errorf("there is no program %s", path), err)
	}
	// A subcommand has a package of its own below the program's.
	below, err := filepath.Glob(filepath.Join(repository, path, "*", "*.go"))
	if err != nil {
		return err
	}
	files = append(files, below...)
	var source strings.Builder
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		source.Write(text)
	}
	for i, word := range words {
		flag, isFlag := strings.CutPrefix(word, "-")
		switch {
		case isFlag && !regexp.MustCompile(`\.(Bool|String|Int|Int64|Uint64|Float64|Duration|Func|Text)?(Var)?\((&?[\w.]+, )?"`+regexp.QuoteMeta(flag)+`"`).MatchString(source.String()):
			return fmt.Errorf("%s has no flag -%s", path, flag)
		case i == 0 && !isFlag && !strings.Contains(source.String(), `"`+word+`"`):
			return fmt.Errorf("%s has no %s", path, word)
		}
	}
	return nil
}

// documentStories are the stories of what the documents say is to be typed: one a document, which must leave nothing behind. The
// program is this test's own, so that nothing has to be built: `go build` and the PATH are left out, and `go run
// ./cmd/platformctl` is platformctl. docs/walk.sh types those, too. Without long, drills are left out.
func documentStories(t *testing.T, long bool) (files []string) {
	t.Helper()
	dir := t.TempDir()
	commands := 0
	for _, d := range documents(t) {
		var story strings.Builder
		for _, b := range d.blocks {
			if b.info != "sh run" {
				continue
			}
			fmt.Fprintf(&story, "# %s\n", b.where())
			for _, line := range b.lines {
				line, _, _ = strings.Cut(line, " #")
				line = strings.Replace(strings.TrimSpace(line), "go run ./cmd/platformctl", "platformctl", 1)
				switch {
				case line == "", strings.HasPrefix(line, "go build "), strings.HasPrefix(line, "export PATH="):
				case strings.Contains(line, "failover-drill"):
					if long {
						// Whether the objective is met is for the drill to say; it must have ended and restored.
						story.WriteString("drills " + line + "\n")
					}
					commands++
				default:
					story.WriteString("shell " + line + "\n")
					commands++
				}
			}
		}
		if story.Len() == 0 {
			continue
		}
		story.WriteString("platformctl status -o json\njson stdout health == absent\nplatformctl local status -o json\njson stdout running == false\n")
		file := filepath.Join(dir, strings.NewReplacer("/", "-", ".md", ".txtar").Replace(d.file))
		if err := os.WriteFile(file, []byte(story.String()), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	if commands < 7 { // those of README
		t.Fatalf("only %d commands are marked to be run", commands)
	}
	return files
}

// weeklyDrill is the story of the drill that the workflow for GitHub Actions runs each week: a platform as it should be passes.
func weeklyDrill(t *testing.T) string {
	t.Helper()
	workflow, err := os.ReadFile("../../docs/github-actions/platform.yml")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^ *- run: (platformctl failover-drill --scenario .*)$`).FindSubmatch(workflow)
	if found == nil {
		t.Fatal("the workflow runs no drill")
	}
	file := filepath.Join(t.TempDir(), "weekly-drill.txtar")
	story := "platformctl up\nshell " + string(found[1]) + "\nexists drill.html\nplatformctl down\ncloud empty\n"
	if err := os.WriteFile(file, []byte(story), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// shell is "shell COMMAND…": a line as it is typed into a shell.
func shell(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: shell COMMAND…")
	}
	ts.Check(ts.Exec("sh", "-c", strings.Join(args, " ")))
}

// drills is "drills COMMAND…": a drill that ends restored, with its objective met (0) or missed (4).
func drills(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: drills COMMAND…")
	}
	code := exitCode(ts, "sh", "-c", strings.Join(args, " "))
	if code != cli.ExitOK && code != cli.ExitMissed {
		ts.Fatalf("exit code %d", code)
	}
}

var (
	link    = regexp.MustCompile(`!?\[[^\]]*\]\(<?([^)\s>]+)>?(?:\s+"[^"]*")?\)|(?m:^\[[^\]]+\]:\s+(\S+))|(?:href|src|srcset)="([^"]+)"`)
	heading = regexp.MustCompile(`(?m)^#{1,6}\s+(.+?)\s*#*$`)
	markup  = regexp.MustCompile("`|\\*|!?\\[([^\\]]*)\\]\\([^)]*\\)")
	dropped = regexp.MustCompile(`[^\p{L}\p{N}\p{M}_ -]`)
)

// anchors are the names of a document's headings, as GitHub makes them.
func anchors(d document) map[string]bool {
	all, seen := map[string]bool{}, map[string]int{}
	for _, match := range heading.FindAllStringSubmatch(d.prose, -1) {
		text := markup.ReplaceAllString(match[1], "$1")
		slug := strings.ReplaceAll(dropped.ReplaceAllString(strings.ToLower(text), ""), " ", "-")
		name := slug
		if n := seen[slug]; n > 0 {
			name = fmt.Sprintf("%s-%d", slug, n)
		}
		seen[slug]++
		all[name] = true
	}
	return all
}

func TestDocs_LinksResolve(t *testing.T) {
	all := documents(t)
	checked := 0
	for _, d := range all {
		prose := regexp.MustCompile("`[^`\n]*`").ReplaceAllString(d.prose, "code") // links in code are no links
		for _, match := range link.FindAllStringSubmatch(prose, -1) {
			target := match[1] + match[2] + match[3]
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") {
				continue
			}
			checked++
			path, anchor, _ := strings.Cut(target, "#")
			file := d.file
			if path != "" {
				file = filepath.ToSlash(filepath.Join(filepath.Dir(d.file), path))
			}
			if strings.HasPrefix(file, "../") || strings.HasPrefix(path, "/") {
				t.Errorf("%s: %s is outside of the repository", d.file, target)
				continue
			}
			if _, err := os.Stat(filepath.Join(repository, file)); err != nil {
				t.Errorf("%s: %s: %v", d.file, target, err)
				continue
			}
			if anchor == "" || filepath.Ext(file) != ".md" {
				continue
			}
			i := slices.IndexFunc(all, func(other document) bool { return other.file == file })
			if i < 0 || !anchors(all[i])[anchor] {
				t.Errorf("%s: %s: there is no such heading in %s", d.file, target, file)
			}
		}
	}
	if checked < 60 {
		t.Errorf("only %d links were checked", checked)
	}
}

// What docs/ may hold: it is for users, and short enough to be read.
const (
	mostWords = 24_000 // 20,000, and what Auto Scaling, monitoring, logs and sites have to say: some thousand words each with their tables
	mostWide  = 120
)

func TestDocs_AreShort(t *testing.T) {
	words := 0
	for _, d := range documents(t) {
		if !strings.HasPrefix(d.file, "docs/") {
			continue
		}
		text, err := os.ReadFile(filepath.Join(repository, d.file))
		if err != nil {
			t.Fatal(err)
		}
		words += len(strings.Fields(string(text)))
		for line := range strings.Lines(d.prose) {
			line = strings.TrimRight(line, "\n")
			// A link can't be broken.
			if len([]rune(line)) >= mostWide && !strings.HasPrefix(strings.TrimSpace(line), "|") && strings.Contains(strings.TrimSpace(line), " ") {
				t.Errorf("%s: a line of %d characters, and no table: %s", d.file, len([]rune(line)), line)
			}
		}
	}
	if words > mostWords {
		t.Errorf("docs/ has %d words, and %d at most are wanted: say each thing once", words, mostWords)
	}
}
