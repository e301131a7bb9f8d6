package release

import (
	"bufio"
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// everything is the scope of all instances that no line before it names.
const everything = "*"

// The bounds of a pointer.
const (
	maxPointer = 64 << 10 // bytes
	// maxHistory is how many releases are kept in the bucket, to go back to.
	maxHistory = 10
)

// Pointer says which release each instance serves: the first scope that names the instance, its zone or all of them.
type Pointer struct {
	Scopes []Scope
	Wanted string    // the release that was last asked for: it is under way as long as not all serve it
	By     string    // who wrote it
	At     time.Time // and when
	// History has what was released and can be gone back to, the oldest first.
	History []Released
}

// Scope is a part of the platform and the release that it serves: an instance's ID, a zone's name, or "*" for all others.
type Scope struct{ Name, Release string }

// Released is one release of the history.
type Released struct {
	ID    string
	At    time.Time
	Files int
	Bytes int64
	From  string // the directory that it was made of
}

// Serves is the release that an instance of a zone serves; "" where the pointer says nothing of it.
func (p Pointer) Serves(instance, zone string) string {
	for _, name := range []string{instance, zone, everything} {
		if i := slices.IndexFunc(p.Scopes, func(s Scope) bool { return s.Name == name }); i >= 0 {
			return p.Scopes[i].Release
		}
	}
	return ""
}

// Current is the release that was served everywhere last; "" before the first.
func (p Pointer) Current() string { return p.Serves("", "") }

// UnderWay reports that a release has begun, and not come to its end.
func (p Pointer) UnderWay() bool { return len(p.Scopes) > 1 }

// Before is the release of the history before another one; "" where there is none.
func (p Pointer) Before(id string) string {
	i := slices.IndexFunc(p.History, func(r Released) bool { return r.ID == id })
	if i <= 0 {
		return ""
	}
	return p.History[i-1].ID
}

// Find is a release of the history, by its ID or a beginning of it that no other has.
func (p Pointer) Find(id string) (Released, bool) {
	var found []Released
	for _, r := range p.History {
		if strings.HasPrefix(r.ID, id) {
			found = append(found, r)
		}
	}
	if id == "" || len(found) != 1 {
		return Released{}, false
	}
	return found[0], true
}

// with is the pointer's history with a release as its newest. Of more than are kept the oldest go, but never what is served.
func (p Pointer) with(r Released) []Released {
	history := slices.DeleteFunc(slices.Clone(p.History), func(other Released) bool { return other.ID == r.ID })
	history = append(history, r)
	for i := 0; len(history) > maxHistory; {
		if history[i].ID == p.Current() {
			i++
			continue
		}
		history = slices.Delete(history, i, i+1)
	}
	return history
}

// Text is the pointer as it is in the bucket. Instances read the lines that are no comments.
func (p Pointer) Text() []byte {
	var out bytes.Buffer
	out.WriteString("# Which release each instance serves: the first that matches of its ID, its zone and *. platformctl keeps it.\n")
	fmt.Fprintf(&out, "# wanted %s\n# by %s\n# at %s\n", p.Wanted, oneLine(p.By), p.At.UTC().Format(time.RFC3339))
	for _, r := range p.History {
		fmt.Fprintf(&out, "# released %s %s %d %d %s\n", r.ID, r.At.UTC().Format(time.RFC3339), r.Files, r.Bytes, oneLine(r.From))
	}
	for _, s := range p.Scopes {
		fmt.Fprintf(&out, "%s %s\n", s.Name, s.Release)
	}
	return out.Bytes()
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

var (
	idForm    = regexp.MustCompile(`^[0-9a-f]{16}$`)
	scopeForm = regexp.MustCompile(`^(?:\*|i-[0-9a-f]{8,17}|[a-z]{2}(?:-[a-z0-9]+){1,4})$`)
)

// ParsePointer reads a pointer. Anybody may have written to the bucket who is let: what isn't of its form is refused.
func ParsePointer(text []byte) (Pointer, error) {
	var p Pointer
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := lines.Text()
		comment, isComment := strings.CutPrefix(line, "# ")
		switch {
		case isComment:
			if err := p.comment(comment); err != nil {
				return Pointer{}, fmt.Errorf("line %d of the pointer: %w", n, err)
			}
		case line == "" || line[0] == '#':
		default:
			name, id, _ := strings.Cut(line, " ")
			if !scopeForm.MatchString(name) || !idForm.MatchString(id) {
				return Pointer{}, fmt.Errorf("line %d of the pointer is neither a comment, nor an instance, a zone or * with a release: %.60q", n, line)
			}
			p.Scopes = append(p.Scopes, Scope{name, id})
		}
	}
	return p, lines.Err()
}

// comment reads a line that is the tool's own. What it doesn't know is a person's note.
func (p *Pointer) comment(text string) (err error) {
	word, rest, _ := strings.Cut(text, " ")
	switch word {
	case "wanted":
		if rest != "" && !idForm.MatchString(rest) {
			return fmt.Errorf("no release: %.60q", rest)
		}
		p.Wanted = rest
	case "by":
		p.By = rest
	case "at":
		p.At, err = time.Parse(time.RFC3339, rest)
	case "released":
		fields := strings.SplitN(rest, " ", 5)
		if len(fields) != 5 || !idForm.MatchString(fields[0]) {
			return fmt.Errorf("no release: %.60q", rest)
		}
		r := Released{ID: fields[0], From: fields[4]}
		var failed [3]error
		r.At, failed[0] = time.Parse(time.RFC3339, fields[1])
		r.Files, failed[1] = strconv.Atoi(fields[2])
		r.Bytes, failed[2] = strconv.ParseInt(fields[3], 10, 64)
		for _, e := range failed {
			if e != nil {
				return e
			}
		}
		p.History = append(p.History, r)
	}
	return err
}
