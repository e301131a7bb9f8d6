package site

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"sort"
	"time"
)

// Archive is a site as one tar file, of which any part can be read by itself. It depends on nothing but the paths and contents of
// the files, and on which of them can be run: neither on times nor owners, nor on the order in which a directory lists them.
type Archive struct {
	site  *Site
	parts []part
	size  int64
}

// part is a piece of the archive: a header, with what fills the block before it up, or a file's content.
type part struct {
	at   int64
	size int64
	file int // whose header, or content
	body bool
}

// block is what tar rounds everything up to. In bytes.
const block = 512

// Archive lays the archive out. No file is read for that.
func (s *Site) Archive() (*Archive, error) {
	a := &Archive{site: s, parts: make([]part, 0, 2*len(s.Files)+1)}
	add := func(p part) {
		p.at = a.size
		a.size += p.size
		a.parts = append(a.parts, p)
	}
	for i := range s.Files {
		head, err := a.header(i)
		if err != nil {
			return nil, err
		}
		add(part{size: int64(len(head)), file: i})
		if s.Files[i].Size > 0 {
			add(part{size: s.Files[i].Size, file: i, body: true})
		}
	}
	add(part{size: padding(s.last()) + 2*block, file: len(s.Files)})
	return a, nil
}

func padding(size int64) int64 { return (block - size%block) % block }

func (s *Site) last() int64 {
	if len(s.Files) == 0 {
		return 0
	}
	return s.Files[len(s.Files)-1].Size
}

// header is what stands before a file's content: what fills up the one before, and the file's own head. After the last file it
// is the archive's end.
func (a *Archive) header(file int) ([]byte, error) {
	var before int64
	if file > 0 {
		before = padding(a.site.Files[file-1].Size)
	}
	out := bytes.NewBuffer(make([]byte, before))
	if file == len(a.site.Files) {
		out.Write(make([]byte, 2*block))
		return out.Bytes(), nil
	}
	f := a.site.Files[file]
	mode := int64(0o644)
	if f.Executable {
		mode = 0o755
	}
	w := tar.NewWriter(out)
	if err := w.WriteHeader(&tar.Header{
		Typeflag: tar.TypeReg, Name: f.Path, Size: f.Size, Mode: mode, ModTime: time.Unix(0, 0).UTC(), Format: tar.FormatPAX,
	}); err != nil {
		return nil, fmt.Errorf("archive %s: %w", f.Path, err)
	}
	return out.Bytes(), nil
}

// Size is how many bytes the archive has.
func (a *Archive) Size() int64 { return a.size }

// ErrChanged is of a file that has another size than it had when the directory was listed.
var ErrChanged = errors.New("it has changed since the site was read")

// Section reads n bytes of the archive from an offset on, or fewer at its end. It holds one file open at a time.
func (a *Archive) Section(offset, n int64) io.ReadCloser {
	return &section{archive: a, at: offset, end: min(offset+n, a.size)}
}

// section reads a part of an archive.
type section struct {
	archive *Archive
	at, end int64
	now     io.Reader
	open    *os.File
	left    int64 // of the part that is being read
	name    string
}

// Read implements io.Reader.
func (s *section) Read(p []byte) (int, error) {
	if s.at >= s.end {
		if err := s.Close(); err != nil {
			return 0, err
		}
		return 0, io.EOF
	}
	if s.left == 0 {
		if err := s.next(); err != nil {
			return 0, err
		}
	}
	n, err := s.now.Read(p[:min(int64(len(p)), s.left, s.end-s.at)])
	s.at += int64(n)
	s.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = nil
		if s.left > 0 && n == 0 {
			return 0, fmt.Errorf("read %s: %w", s.name, ErrChanged)
		}
	}
	return n, err
}

// next opens the part that the section is at.
func (s *section) next() error {
	if err := s.Close(); err != nil {
		return err
	}
	parts := s.archive.parts
	i := sort.Search(len(parts), func(i int) bool { return parts[i].at+parts[i].size > s.at })
	p := parts[i]
	skip := s.at - p.at
	s.left = p.size - skip
	if !p.body {
		head, err := s.archive.header(p.file)
		if err != nil {
			return err
		}
		s.now = bytes.NewReader(head[skip:])
		return nil
	}
	f := s.archive.site.Files[p.file]
	s.name = f.Path
	if f.made != nil {
		s.now = bytes.NewReader(f.made[skip:])
		return nil
	}
	file, err := os.OpenInRoot(s.archive.site.Dir, filepath.FromSlash(f.Path)) // a link that came since the scan leads nowhere out
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, withoutPath(err))
	}
	s.open = file
	info, err := file.Stat()
	if err == nil && (!info.Mode().IsRegular() || info.Size() != f.Size) {
		err = ErrChanged
	}
	if err == nil {
		_, err = file.Seek(skip, io.SeekStart)
	}
	if err != nil {
		return fmt.Errorf("read %s: %w", f.Path, err)
	}
	s.now = file
	return nil
}

// Close closes the file that is open.
func (s *section) Close() error {
	if s.open == nil {
		return nil
	}
	err := s.open.Close()
	s.open = nil
	return err
}

// Digest is the SHA-256 of the archive, in hexadecimal. Read hears of how many bytes have been read so far; nil: nobody does.
func (a *Archive) Digest(ctx context.Context, read func(int64)) (string, error) {
	sum, buffer := sha256.New(), make([]byte, 256<<10)
	s := a.Section(0, a.size)
	defer s.Close()
	for at := int64(0); ; {
		if err := ctx.Err(); err != nil {
			return "", err
		}
		n, err := s.Read(buffer)
		sum.Write(buffer[:n])
		if at += int64(n); read != nil {
			read(at)
		}
		if errors.Is(err, io.EOF) {
			return hex.EncodeToString(sum.Sum(nil)), nil
		}
		if err != nil {
			return "", err
		}
	}
}
