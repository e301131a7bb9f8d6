package drillreport_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/present/drillreport"
	"github.com/platformctl/platformctl/internal/present/drillresult"
	"github.com/platformctl/platformctl/internal/present/terminal"
	"github.com/platformctl/platformctl/internal/testenv"
)

// drills are documents of real drills, on the local cloud.
func drills() []string {
	return []string{"instance", "process", "drain", "zone-targets", "aborted"}
}

func drill(t *testing.T, name string) drillresult.Drill {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	var doc drillresult.Drill
	if err := json.Unmarshal(data, &doc); err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestShow_MatchesGolden(t *testing.T) {
	for _, name := range drills() {
		for _, width := range []int{80, 200} {
			t.Run(fmt.Sprintf("%s/%d", name, width), func(t *testing.T) {
				doc := drill(t, name)
				var plain, color bytes.Buffer
				streams := both(&plain)
				streams.Width = width
				drillreport.Show(streams, doc, "drill.html")
				testenv.Golden(t, fmt.Sprintf("%s.%d.txt", name, width), plain.String())

				streams.Out, streams.Color = &color, true
				drillreport.Show(streams, doc, "drill.html")
				testenv.Golden(t, fmt.Sprintf("%s.%d.color.txt", name, width), color.String())

				for line := range strings.Lines(plain.String()) {
					line = strings.TrimSuffix(line, "\n")
					if len([]rune(line)) > width {
						t.Errorf("%d columns in %q", len([]rune(line)), line)
					}
					if strings.TrimRight(line, " ") != line || strings.ContainsRune(line, '\x1b') {
						t.Errorf("trailing spaces or escape codes in %q", line)
					}
				}
			})
		}
	}
}

func TestWriteFile_MatchesGolden(t *testing.T) {
	for _, name := range drills() {
		for _, ext := range []string{".html", ".md"} {
			t.Run(name+ext, func(t *testing.T) {
				path := filepath.Join(t.TempDir(), "report"+ext)
				if err := os.WriteFile(path, []byte("an older one"), 0o600); err != nil {
					t.Fatal(err)
				}
				if err := drillreport.WriteFile(path, drill(t, name)); err != nil {
					t.Fatal(err)
				}
				got, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				testenv.Golden(t, name+ext, string(got))
			})
		}
	}
}

func TestWriteFile_FailsWithoutDirectory(t *testing.T) {
	if err := drillreport.WriteFile(filepath.Join(t.TempDir(), "no", "such", "directory.md"), drill(t, "instance")); err == nil {
		t.Error("it says nothing")
	}
}

func TestCheckFile_AcceptsKnownExtensions(t *testing.T) {
	for name, good := range map[string]bool{"": true, "a.html": true, "A.HTM": true, "b.md": true, "b.markdown": true, "c.pdf": false, "html": false} {
		if err := drillreport.CheckFile(name); (err == nil) != good {
			t.Errorf("%q: %v", name, err)
		}
		if good || name == "" {
			continue
		}
		if err := drillreport.WriteFile(name, drillresult.Drill{}); err == nil {
			t.Errorf("%q was written", name)
		}
	}
}

// hostile is a document whose every text tries to be markup.
func hostile(t *testing.T) drillresult.Drill {
	t.Helper()
	const bad = `<script>alert("1")</script>'" onload='x' |a|b| [c](d) \x1b`
	doc := drill(t, "zone-targets")
	evil := strings.ReplaceAll(bad, `\x1b`, "\x1b[31m")
	doc.ID, doc.Platform, doc.Target, doc.Region, doc.URL, doc.Began = evil, evil, evil, evil, evil, evil
	doc.Verdict, doc.Scenario, doc.Scope, doc.Reasons = evil, evil, evil, terminal.List[string]{evil + "\n\n" + evil}
	doc.Victims = terminal.List[drillresult.Victim]{{Instance: evil, Zone: evil}}
	doc.Targets = doc.Victims
	doc.Requests.ByClass = map[string]int{evil: 3}
	doc.Overall.ByClass = map[string]int{evil: 3}
	doc.Answers = map[string]int{evil: 3}
	for i := range doc.Compared {
		doc.Compared[i].What = evil
	}
	for i := range doc.Predicted.Errors {
		doc.Predicted.Errors[i].Classes = terminal.List[string]{evil}
	}
	for i := range doc.Timeline {
		doc.Timeline[i].ByClass = map[string]int{evil: 3}
		doc.Timeline[i].Targets = map[string]string{evil: evil}
		doc.Timeline[i].Marks = append(doc.Timeline[i].Marks, evil)
	}
	return doc
}

func TestWriteFile_EscapesMarkup(t *testing.T) {
	doc := hostile(t)
	for _, ext := range []string{".html", ".md"} {
		path := filepath.Join(t.TempDir(), "report"+ext)
		if err := drillreport.WriteFile(path, doc); err != nil {
			t.Fatal(err)
		}
		data, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got := string(data)
		if before, fenced, ok := strings.Cut(got, "```text\n"); ok && ext == ".md" {
			_, after, closed := strings.Cut(fenced, "\n```\n")
			if !closed || strings.Contains(after, "```") {
				t.Error("the picture isn't a block of text of its own")
			}
			got = before + after // in such a block, nothing is markup
		}
		for _, markup := range []string{"<script", `onload='`, `"1"`, "\x1b"} {
			if ext == ".md" && !strings.HasPrefix(markup, "<") && markup != "\x1b" {
				continue // quotes are text in Markdown
			}
			if strings.Contains(got, markup) {
				t.Errorf("%s has %q", ext, markup)
			}
		}
		if ext == ".md" && strings.Contains(got, "[c]") {
			t.Error("a link")
		}
	}
	var out bytes.Buffer
	drillreport.Show(both(&out), doc, "")
	if strings.ContainsRune(out.String(), '\x1b') {
		t.Errorf("the terminal is told what to do: %q", out.String())
	}
}

// What is in the page is in the page: nothing is fetched, nothing runs. It leads to our own document alone.
func TestWriteFile_PageLoadsNothing(t *testing.T) {
	for _, name := range []string{"instance", "process"} {
		page := written(t, drill(t, name), ".html")
		for _, link := range drill(t, name).Links() {
			page = strings.ReplaceAll(page, `<a href="`+link.URL+`">`, "")
		}
		for _, foreign := range []string{"<script", "<link", "src=", "href=", "@import", "url(http", "url(//"} {
			if strings.Contains(page, foreign) {
				t.Errorf("%s has %q", name, foreign)
			}
		}
	}
}

// written is a drill's report.
func written(t *testing.T, doc drillresult.Drill, ext string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "report"+ext)
	if err := drillreport.WriteFile(path, doc); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(page)
}

// What a report links to is a chapter of a document of this repository.
func TestWriteFile_LinksLeadToChapters(t *testing.T) {
	const published = "https://github.com/platformctl/platformctl/blob/main/"
	left := drill(t, "process")
	left.Restored = false
	for want, doc := range map[string]drillresult.Drill{"better-numbers": drill(t, "process"), "restoring-by-hand": left} {
		links := regexp.MustCompile(`<a href="([^"]+)">`).FindAllStringSubmatch(written(t, doc, ".html"), -1)
		if len(links) != 1 {
			t.Fatalf("links to %q", links)
		}
		file, chapter, _ := strings.Cut(strings.TrimPrefix(links[0][1], published), "#")
		text, err := os.ReadFile(filepath.Join("..", "..", "..", file))
		if err != nil {
			t.Fatal(err)
		}
		heading := "\n## " + strings.ToUpper(chapter[:1]) + strings.ReplaceAll(chapter[1:], "-", " ") + "\n"
		if chapter != want || !strings.Contains(string(text), heading) {
			t.Errorf("it leads to %q, a chapter that %s doesn't have, want %q", chapter, file, want)
		}
		if markdown := written(t, doc, ".md"); !strings.Contains(markdown, "]("+links[0][1]+")") {
			t.Errorf("the same in Markdown has no link to %s", links[0][1])
		}
	}
}

// The availability stands once, beside its objective; and what failed as predicted says why that is no contradiction.
func TestShow_ExplainsMissedObjective(t *testing.T) {
	for _, name := range []string{"process", "zone-targets"} {
		doc := drill(t, name)
		var text bytes.Buffer
		drillreport.Show(both(&text), doc, "")
		for kind, report := range map[string]string{"text": text.String(), ".md": written(t, doc, ".md"), ".html": written(t, doc, ".html")} {
			if n := strings.Count(report, fmt.Sprintf("%.2f", math.Floor(doc.Availability*100)/100)); n != 1 {
				t.Errorf("%s %s: the availability stands %d times", name, kind, n)
			}
			report = strings.Join(strings.Fields(report), " ")
			for _, want := range []string{"did as predicted, and still missed its objective: 1 of 2 targets failing for", "99 % would be met by", "--duration"} {
				if !strings.Contains(report, want) {
					t.Errorf("%s %s doesn't say %q:\n%s", name, kind, want, report)
				}
			}
		}
	}
	if why := drill(t, "instance").Why(); why != "" {
		t.Errorf("a pass needs no reason: %s", why)
	}
	worse := drill(t, "process")
	more := worse.Compared[1].Predicted[1] + 1
	worse.Compared[1].Measured = &more
	if why := worse.Why(); !strings.Contains(why, "worse than predicted") {
		t.Errorf("more failed than predicted: %s", why)
	}
	lucky := drill(t, "process")
	lucky.SLO.Availability = 90
	if why := lucky.Why(); !strings.Contains(why, "chance decides") {
		t.Errorf("90 %% is within what is predicted: %s", why)
	}
}

func TestShow_EmptyDrill(t *testing.T) {
	var out bytes.Buffer
	drillreport.Show(both(&out), drillresult.Drill{}, "") // nothing was measured: it must not panic
	for _, ext := range []string{".html", ".md"} {
		if err := drillreport.WriteFile(filepath.Join(t.TempDir(), "report"+ext), drillresult.Drill{}); err != nil {
			t.Error(err)
		}
	}
	var lists bytes.Buffer
	if err := terminal.JSON(&lists, drillresult.Drill{Timeline: terminal.List[drillresult.Second]{{}}}); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Reasons, Victims, Targets, Compared, Moments *[]any
		Timeline                                     []struct{ Marks *[]any }
	}
	if err := json.Unmarshal(lists.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for name, list := range map[string]*[]any{"reasons": doc.Reasons, "victims": doc.Victims, "targets": doc.Targets,
		"compared": doc.Compared, "moments": doc.Moments, "marks": doc.Timeline[0].Marks} {
		if list == nil {
			t.Errorf("%s is null", name)
		}
	}
}

func TestShow_RoundsAvailabilityDown(t *testing.T) {
	doc := drill(t, "instance")
	for failed, want := range map[int]string{0: "100 %", 1: "99.99 %", 1000: "98.99 %"} {
		doc.Requests.Total, doc.Requests.Failed = 100000, failed
		if failed == 1000 {
			doc.Requests.Total = 99999
		}
		var out bytes.Buffer
		drillreport.Show(both(&out), doc, "")
		if !strings.Contains(out.String(), "("+want+",") {
			t.Errorf("%d failed, and %q isn't in\n%s", failed, want, out.String())
		}
	}
}

func TestRestored_MatchesGolden(t *testing.T) {
	for name, doc := range map[string]drillreport.Restored{
		"restored": {Platform: "shop", Restored: true, Drills: terminal.List[string]{"20250301T120000Z-0a1b2c"}}, "restored-nothing": {Platform: "shop", Restored: true},
	} {
		var out bytes.Buffer
		doc.Show(both(&out))
		testenv.Golden(t, name+".txt", out.String())
	}
}

func TestLast_SaysWhatAStatusShows(t *testing.T) {
	want := &drillresult.Last{ID: "20261122T232704Z-4fbece", Scenario: "zone", Verdict: "fail", Began: "2026-11-22T23:27:04Z",
		Availability: 86.7983, Failed: 254, Restored: true}
	if diff := testenv.Diff(want, drill(t, "zone-targets").Last()); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}
