package release

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// File is a file of a release.
type File struct {
	Path string
	Size int64  // bytes
	Sum  string // the first 16 hexadecimal digits of its SHA-256
}

// Changes are the files by which two releases differ, each as the later release has it, or the earlier where it was removed.
type Changes struct {
	Added, Changed, Removed []File
}

// Compare says what has changed. Both lists are in the order of their paths, as an archive has them.
func Compare(before, after []File) Changes {
	var c Changes
	for len(before) > 0 || len(after) > 0 {
		switch {
		case len(after) == 0 || len(before) > 0 && before[0].Path < after[0].Path:
			c.Removed = append(c.Removed, before[0])
			before = before[1:]
		case len(before) == 0 || after[0].Path < before[0].Path:
			c.Added = append(c.Added, after[0])
			after = after[1:]
		default:
			if before[0] != after[0] {
				c.Changed = append(c.Changed, after[0])
			}
			before, after = before[1:], after[1:]
		}
	}
	return c
}

// filesOf lists the files of an archive.
func filesOf(archive io.Reader) ([]File, error) {
	var files []File
	sum := sha256.New()
	buffer := make([]byte, 64<<10)
	for in := tar.NewReader(archive); ; {
		head, err := in.Next()
		if errors.Is(err, io.EOF) {
			_, err = io.CopyBuffer(io.Discard, onlyReader{archive}, buffer) // what fills up the end
			return files, err
		}
		if err != nil {
			return nil, err
		}
		sum.Reset()
		if _, err := io.CopyBuffer(sum, onlyReader{in}, buffer); err != nil {
			return nil, err
		}
		files = append(files, File{Path: head.Name, Size: head.Size, Sum: hex.EncodeToString(sum.Sum(nil)[:8])})
	}
}

// filesKey is of the list of a release's files, by which the next one is compared with it.
func filesKey(id string) string { return releasesPrefix + id + ".files.gz" }

// The bounds of a list of files, in bytes: a million of them with paths of middling length.
const (
	maxFiles    = 512 << 20
	maxFilesZip = 128 << 20
)

// putFiles sends the list of a bundle's files.
func (b Bucket) putFiles(ctx context.Context, bundle *Bundle) error {
	var packed bytes.Buffer
	zip := gzip.NewWriter(&packed)
	out := bufio.NewWriter(zip)
	for _, f := range bundle.Files {
		fmt.Fprintf(out, "%s %d %s\n", f.Sum, f.Size, f.Path)
	}
	if err := errors.Join(out.Flush(), zip.Close()); err != nil {
		return err
	}
	_, err := b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Name, Key: aws.String(filesKey(bundle.ID())), Body: bytes.NewReader(packed.Bytes()), ContentType: aws.String("application/gzip"),
	})
	return err
}

// Files reads the list of a release's files; none where the bucket doesn't have it any more.
func (b Bucket) Files(ctx context.Context, id string) ([]File, error) {
	packed, _, err := b.read(ctx, filesKey(id), maxFilesZip)
	if awsapi.HasCode(err, "NoSuchKey") {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the list of the files of release %s: %w", id, err)
	}
	files, err := parseFiles(packed)
	if err != nil {
		return nil, fmt.Errorf("the list of the files of release %s: %w", id, err)
	}
	return files, nil
}

func parseFiles(packed []byte) ([]File, error) {
	zip, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	var files []File
	lines := bufio.NewScanner(io.LimitReader(zip, maxFiles))
	for lines.Scan() {
		fields := strings.SplitN(lines.Text(), " ", 3)
		if len(fields) != 3 || !idForm.MatchString(fields[0]) {
			return nil, fmt.Errorf("no file: %.60q", lines.Text())
		}
		size, err := strconv.ParseInt(fields[1], 10, 64)
		if err != nil {
			return nil, err
		}
		files = append(files, File{Path: printable(fields[2]), Size: size, Sum: fields[0]})
	}
	return files, lines.Err()
}
