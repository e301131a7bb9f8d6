package release

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"

	"golang.org/x/sync/errgroup"
)

// partSize is how much is sent to S3 in one request. S3 takes 10,000 parts of 5 MiB at least: more than the 5 GB of a site.
// docs: "Amazon S3 multipart upload limits"
const partSize = 8 << 20

// Archive is what is released: bytes of which any part can be read by itself.
type Archive interface {
	Size() int64
	Section(offset, n int64) io.ReadCloser
}

// Bundle is an archive whose files and checksums are known.
type Bundle struct {
	Archive Archive
	Digest  string // SHA-256 of the whole, in hexadecimal
	Files   []File
	parts   [][sha256.Size]byte
}

// ID is the release's name: the first 16 digits of the digest.
func (b *Bundle) ID() string { return b.Digest[:16] }

// NewBundle reads a tar archive once. Read hears how many bytes it has read so far; it may be nil.
func NewBundle(ctx context.Context, archive Archive, read func(int64)) (*Bundle, error) {
	b := &Bundle{Archive: archive}
	listed, listing := io.Pipe()
	var listers errgroup.Group
	listers.Go(func() (err error) {
		b.Files, err = filesOf(listed)
		return errors.Join(err, listed.CloseWithError(err))
	})
	err := b.sum(ctx, listing, read)
	failed := errors.Join(listing.CloseWithError(err), listers.Wait())
	if err == nil {
		err = failed
	}
	return b, err
}

// sum reads the archive from its beginning to its end, and copies it.
func (b *Bundle) sum(ctx context.Context, copied io.Writer, read func(int64)) error {
	archive := b.Archive
	whole, buffer := sha256.New(), make([]byte, 256<<10)
	for at := int64(0); at < archive.Size(); at += partSize {
		if err := ctx.Err(); err != nil {
			return err
		}
		part := sha256.New()
		section := archive.Section(at, partSize)
		_, err := io.CopyBuffer(io.MultiWriter(whole, part, copied), onlyReader{section}, buffer)
		if err := errors.Join(err, section.Close()); err != nil {
			return err
		}
		b.parts = append(b.parts, [sha256.Size]byte(part.Sum(nil)))
		if read != nil {
			read(min(at+partSize, archive.Size()))
		}
	}
	b.Digest = hex.EncodeToString(whole.Sum(nil))
	return nil
}

// onlyReader hides whatever else a reader can, so that the buffer is used.
type onlyReader struct{ io.Reader }
