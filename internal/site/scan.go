// Package site turns a directory into what a release of it is made of: the list of its files, checked, and one archive of them,
// whose bytes depend on nothing but their names and contents. It reads files and nothing else: where the archive goes, and who
// serves it, is not its business.
package site

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// The bounds of a site.
const (
	// MaxBytes is how much all files have together: 5 GB.
	MaxBytes = 5 << 30
	// MaxFiles is how many there are at most.
	MaxFiles = 1_000_000
	// longestPath is that of a key in S3, less what a release has before it. In bytes.
	// Source: Amazon S3 User Guide, "Naming Amazon S3 objects".
	longestPath = 900
	// longestName is what most file systems end a name at. In bytes.
	longestName = 255
	maxIgnore   = 64 << 10
)

// IgnoreFile is the name of the file that says what of the directory isn't the site's, in the form of .dockerignore.
const IgnoreFile = ".siteignore"

// Index is the file that every site has.
const Index = "index.html"

// File is one file of a site.
type File struct {
	Path       string // below the directory, with slashes
	Size       int64  // bytes
	Executable bool
	// made is what is in a file that isn't on disk; nil of others.
	made []byte
}

// Site is a directory's files, in the order of their paths.
type Site struct {
	Dir   string
	Files []File
	Bytes int64 // of all
}

// Add puts a file into the site that isn't on disk: of one that is there already it takes the place.
func (s *Site) Add(name string, content []byte) {
	f := File{Path: name, Size: int64(len(content)), made: append([]byte{}, content...)}
	i, there := slices.BinarySearchFunc(s.Files, name, func(f File, name string) int { return cmp.Compare(f.Path, name) })
	s.Bytes += f.Size
	if there {
		s.Bytes -= s.Files[i].Size
		s.Files[i] = f
		return
	}
	s.Files = slices.Insert(s.Files, i, f)
}

// Problem is why a directory can't be released.
type Problem struct {
	Path string // below the directory; "" for the directory as a whole
	Text string
	// Secret says that it may be meant: it is released where that is asked for.
	Secret bool
}

// Error is the problem, for people.
func (p Problem) Error() string {
	if p.Path == "" {
		return p.Text
	}
	return p.Path + " " + p.Text
}

// mostProblems is how many are named.
const mostProblems = 20

// Refused is the error of a directory that can't be released.
type Refused struct {
	Problems []Problem
	// More is how many are not named.
	More int
}

// Error names the problems.
func (r *Refused) Error() string {
	texts := make([]string, len(r.Problems))
	for i, p := range r.Problems {
		texts[i] = p.Error()
	}
	text := strings.Join(texts, "; ")
	if r.More > 0 {
		text += fmt.Sprintf("; and %d more", r.More)
	}
	return text
}

// Options are how a directory is read.
type Options struct {
	// Secrets says that files which look like secrets are to be released, too.
	Secrets bool
}

// Scan lists a directory's files and checks them, without reading them. What is wrong with them is a *Refused.
func Scan(dir string, o Options) (*Site, error) {
	info, err := os.Stat(dir)
	switch {
	case err != nil:
		return nil, &Refused{Problems: []Problem{{Text: fmt.Sprintf("can't be read: %v", withoutPath(err))}}}
	case !info.IsDir():
		return nil, &Refused{Problems: []Problem{{Text: "is not a directory"}}}
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, fmt.Errorf("open the site: %w", err)
	}
	defer root.Close()
	s := &scan{site: &Site{Dir: dir}, options: o, folded: map[string]string{}}
	if s.ignored, err = ignored(root); err != nil {
		return nil, err
	}
	if err := fs.WalkDir(root.FS(), ".", s.visit); err != nil {
		return nil, fmt.Errorf("read the site: %w", err)
	}
	s.whole()
	if len(s.problems) > 0 {
		return nil, &Refused{s.problems, s.more}
	}
	slices.SortFunc(s.site.Files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return s.site, nil
}

func withoutPath(err error) error {
	var at *fs.PathError
	if errors.As(err, &at) {
		return at.Err
	}
	return err
}

// ignored reads what isn't the site's; nil where nothing is said.
func ignored(root *os.Root) (*patternmatcher.PatternMatcher, error) {
	info, err := root.Lstat(IgnoreFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // there is no such file
	}
	refuse := func(text string) (*patternmatcher.PatternMatcher, error) {
		return nil, &Refused{Problems: []Problem{{Path: IgnoreFile, Text: text}}}
	}
	switch {
	case err != nil:
		return refuse(fmt.Sprintf("can't be read: %v", withoutPath(err)))
	case !info.Mode().IsRegular():
		return refuse("is not a regular file")
	case info.Size() > maxIgnore:
		return refuse(fmt.Sprintf("has more than %d bytes", maxIgnore))
	}
	file, err := root.Open(IgnoreFile)
	if err != nil {
		return refuse(fmt.Sprintf("can't be read: %v", withoutPath(err)))
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		return refuse(fmt.Sprintf("can't be read: %v", err))
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		return refuse(fmt.Sprintf("has a pattern that is none: %v", err))
	}
	return matcher, nil
}

// scan is a directory that is being read.
type scan struct {
	site     *Site
	options  Options
	ignored  *patternmatcher.PatternMatcher
	folded   map[string]string // paths, by how a system writes them that knows no case
	problems []Problem
	more     int
}

func (s *scan) refuse(p string, secret bool, format string, args ...any) {
	if len(s.problems) == mostProblems {
		s.more++
		return
	}
	s.problems = append(s.problems, Problem{Path: p, Text: fmt.Sprintf(format, args...), Secret: secret})
}

// visit takes one entry of the directory.
func (s *scan) visit(p string, entry fs.DirEntry, err error) error {
	if err != nil {
		s.refuse(p, false, "can't be read: %v", withoutPath(err))
		if entry != nil && entry.IsDir() {
			return fs.SkipDir
		}
		return nil
	}
	if p == "." || p == IgnoreFile {
		return nil
	}
	if s.ignored != nil {
		skip, err := s.ignored.MatchesOrParentMatches(filepath.FromSlash(p))
		if err != nil {
			return fmt.Errorf("match %s: %w", p, err)
		}
		if skip {
			if entry.IsDir() && !s.ignored.Exclusions() {
				return fs.SkipDir
			}
			return nil
		}
	}
	if text := wrongName(p); text != "" {
		s.refuse(p, false, "%s", text)
		return skipped(entry)
	}
	if text := secret(p, entry.IsDir()); text != "" && !s.options.Secrets {
		s.refuse(p, true, "%s", text)
		return skipped(entry)
	}
	if dotted(p) && !wellKnown(p) && entry.IsDir() {
		s.refuse(p, false, "begins with a dot, and such files are never served: leave it out by %s", IgnoreFile)
		return fs.SkipDir
	}
	if entry.IsDir() {
		return s.fold(p)
	}
	return s.file(p, entry)
}

func skipped(entry fs.DirEntry) error {
	if entry.IsDir() {
		return fs.SkipDir
	}
	return nil
}

// file takes a file.
func (s *scan) file(p string, entry fs.DirEntry) error {
	switch kind := entry.Type(); {
	case kind&fs.ModeSymlink != 0:
		s.refuse(p, false, "is a link: a release holds files alone")
		return nil
	case !kind.IsRegular():
		s.refuse(p, false, "is no regular file")
		return nil
	case dotted(p) && !wellKnown(p) && !s.options.Secrets:
		s.refuse(p, false, "begins with a dot, and such files are never served: leave it out by %s", IgnoreFile)
		return nil
	}
	info, err := entry.Info()
	if err != nil {
		s.refuse(p, false, "can't be read: %v", withoutPath(err))
		return nil
	}
	if err := s.fold(p); err != nil {
		return err
	}
	if len(s.site.Files) == MaxFiles {
		s.refuse("", false, "has more than %d files", MaxFiles)
		return fs.SkipAll
	}
	s.site.Files = append(s.site.Files, File{Path: p, Size: info.Size(), Executable: info.Mode()&0o111 != 0})
	s.site.Bytes += info.Size()
	if s.site.Bytes > MaxBytes {
		s.refuse("", false, "has more than 5 GB in all")
		return fs.SkipAll
	}
	return nil
}

// fold refuses what differs in nothing but case, or in how its letters are composed, from another.
func (s *scan) fold(p string) error {
	same := cases.Fold().String(norm.NFC.String(p))
	if other, taken := s.folded[same]; taken {
		s.refuse(p, false, "differs from %s in nothing but case: some systems take the two for one", other)
		return nil
	}
	s.folded[same] = p
	return nil
}

// whole checks the directory as a whole.
func (s *scan) whole() {
	if len(s.site.Files) == 0 && len(s.problems) == 0 {
		s.refuse("", false, "is empty")
		return
	}
	if !slices.ContainsFunc(s.site.Files, func(f File) bool { return f.Path == Index }) && len(s.problems) == 0 {
		s.refuse("", false, "has no %s", Index)
	}
}

// wrongName says why S3, Nginx or another system can't have a name.
func wrongName(p string) string {
	switch base := path.Base(p); {
	case !utf8.ValidString(p):
		return "has a name that isn't UTF-8"
	case len(p) > longestPath:
		return fmt.Sprintf("has a path of more than %d bytes", longestPath)
	case len(base) > longestName:
		return fmt.Sprintf("has a name of more than %d bytes", longestName)
	case strings.ContainsFunc(base, unicode.IsControl):
		return "has a control character in its name"
	case strings.ContainsAny(base, `\`):
		return `has a \ in its name`
	case strings.HasSuffix(base, " "), strings.HasPrefix(base, " "):
		return "has a space at an end of its name"
	}
	return ""
}

func dotted(p string) bool { return strings.HasPrefix(path.Base(p), ".") }

// wellKnown says that a path is of what RFC 8615 has all sites serve, though it begins with a dot.
func wellKnown(p string) bool {
	return p == ".well-known" || strings.HasPrefix(p, ".well-known/") && !dotted(p)
}

// secret says why a name is likely that of a secret; "" where it isn't.
func secret(p string, dir bool) string {
	base := strings.ToLower(path.Base(p))
	const how = ": leave it out by " + IgnoreFile + ", or release it with --secrets"
	switch {
	case dir && slices.Contains([]string{".git", ".hg", ".svn", ".ssh", ".aws", ".gnupg", ".kube"}, base):
		return "is what a tool keeps for itself, its keys or its history included" + how
	case base == ".env" || strings.HasPrefix(base, ".env."), slices.Contains([]string{".npmrc", ".netrc", ".pgpass", ".htpasswd", "credentials", "id_rsa", "id_ecdsa", "id_ed25519", "id_dsa"}, base) && !dir:
		return "looks like a secret" + how
	case !dir && slices.Contains([]string{".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kdbx"}, path.Ext(base)):
		return "looks like a key" + how
	case !dir && (strings.HasSuffix(base, ".tfstate") || strings.HasSuffix(base, ".tfstate.backup")):
		return "looks like a state with secrets" + how
	}
	return ""
}
