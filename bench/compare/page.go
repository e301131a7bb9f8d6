package compare

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// document is the page: a text by hand, with places between markers for the figures.
type document struct {
	path, text string
	missing    []string // places that it doesn't have
}

func openPage(path string) (*document, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("read the page for the figures (run this in the repository's root): %w", err)
	}
	return &document{path: path, text: string(text)}, nil
}

// set puts a text into a place.
func (d *document) set(place, text string) {
	begin, end := "<!-- "+place+" -->\n", "<!-- end of "+place+" -->"
	before, rest, there := strings.Cut(d.text, begin)
	_, after, closed := strings.Cut(rest, end)
	if !there || !closed {
		d.missing = append(d.missing, place)
		return
	}
	d.text = before + begin + strings.TrimRight(text, "\n") + "\n" + end + after
}

func (d *document) save() error {
	if len(d.missing) > 0 {
		return fmt.Errorf("%s has no place for %s: it needs lines such as <!-- times --> and <!-- end of times -->", d.path, strings.Join(d.missing, ", "))
	}
	return os.WriteFile(d.path, []byte(d.text), 0o644)
}

// chart writes a picture beside the page.
func (d *document) chart(name, svg string) error {
	dir := filepath.Join(filepath.Dir(d.path), "images")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, name), []byte(svg), 0o644)
}

// picture shows a chart on the page. It comes with the figures, so that a page without them shows none.
func picture(says, name string) string {
	return fmt.Sprintf("![%s](images/benchmarks-%s.svg)\n\n", says, name)
}

// stamp says when figures were taken, and how busy the machine was with other things.
func stamp() string {
	text := "Measured on " + time.Now().UTC().Format("2 January 2006, 15:04 UTC")
	if load, err := os.ReadFile("/proc/loadavg"); err == nil {
		text += ", the load average being " + strings.Fields(string(load))[0]
	}
	return text + ".\n\n"
}

// machine says on what the figures were taken.
func (b *bench) machine(ctx context.Context) string {
	rows := [][2]string{
		{"processors", fmt.Sprintf("%d × %s", runtime.NumCPU(), processor())},
		{"memory", memoryOf()},
		{"system", system(ctx)},
		{"Go", strings.TrimPrefix(runtime.Version(), "go")},
		{"platformctl", commit(ctx)},
	}
	theirs := "not measured: " + b.absent
	if b.terraform != nil {
		theirs = b.version
	}
	rows = append(rows, [2]string{"Terraform", theirs})
	var text strings.Builder
	text.WriteString("| | |\n|---|---|\n")
	for _, row := range rows {
		fmt.Fprintf(&text, "| %s | %s |\n", row[0], row[1])
	}
	return text.String()
}

// lineOf is what follows a name in a file of lines such as "name : value".
func lineOf(path, name string) string {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) || err != nil {
		return "unknown"
	}
	for line := range strings.Lines(string(data)) {
		if key, value, ok := strings.Cut(line, ":"); ok && strings.TrimSpace(key) == name {
			return strings.TrimSpace(value)
		}
	}
	return "unknown"
}

func processor() string { return lineOf("/proc/cpuinfo", "model name") }

func memoryOf() string {
	var kilobytes int64
	if _, err := fmt.Sscanf(lineOf("/proc/meminfo", "MemTotal"), "%d kB", &kilobytes); err != nil {
		return "unknown"
	}
	return fmt.Sprintf("%.1f GB", float64(kilobytes)/1e6)
}

func system(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "uname", "-sr").Output()
	if err != nil {
		return runtime.GOOS
	}
	return strings.TrimSpace(string(out)) + " " + runtime.GOARCH
}

func commit(ctx context.Context) string {
	out, err := exec.CommandContext(ctx, "git", "describe", "--always", "--dirty").Output()
	if err != nil {
		return "unknown"
	}
	return "`" + strings.TrimSpace(string(out)) + "`"
}
