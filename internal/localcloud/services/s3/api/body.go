package api

import (
	"bufio"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/checksum"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// MaxPut is how large an object or a part is that one call brings, in bytes: 5 GB.
// Source: Amazon S3 User Guide, "Amazon S3 multipart upload limits".
const MaxPut = 5 << 30

// received is a body that was kept, and what its sender said of it.
type received struct {
	blobs.Content
	sums map[string]string // those that the sender gave, in base64, by algorithm: they are right
}

// algorithms are those of checksums in the order in which headers are looked for.
func algorithms() []string {
	return []string{checksum.CRC32, checksum.CRC32C, checksum.CRC64NVME, checksum.SHA1, checksum.SHA256}
}

func sumHeader(algorithm string) string { return "x-amz-checksum-" + strings.ToLower(algorithm) }

// receive keeps the body of a call, and compares what its sender says of it. Also names further algorithms to sum it up by.
func (h *handlers) receive(c *wire.Call, also ...string) (r received, err error) {
	size := c.Header.Get("X-Amz-Decoded-Content-Length")
	chunked := strings.HasPrefix(c.Header.Get("X-Amz-Content-Sha256"), "STREAMING-")
	if !chunked {
		size = c.Header.Get("Content-Length")
	}
	length, err := strconv.ParseInt(size, 10, 64)
	switch {
	case size == "" || err != nil:
		return r, refuse.WithStatus(http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header.")
	case length > MaxPut:
		return r, refuse.New("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size")
	}
	given := map[string]string{}
	wanted := slices.Clone(also)
	trailer := strings.ToLower(c.Header.Get("X-Amz-Trailer"))
	for _, algorithm := range algorithms() {
		if value := c.Header.Get(sumHeader(algorithm)); value != "" {
			given[algorithm] = value
		}
		if given[algorithm] != "" || trailer == sumHeader(algorithm) {
			wanted = append(wanted, algorithm)
		}
	}
	plainSum := c.Header.Get("X-Amz-Content-Sha256")
	if len(plainSum) == 64 {
		wanted = append(wanted, checksum.SHA256)
	}
	body, trailers := c.Body, http.Header{}
	if chunked {
		body = &chunks{r: bufio.NewReader(c.Body), trailers: trailers}
	}
	if r.Content, err = h.Blobs.Put(io.LimitReader(body, length+1), checksum.Of(wanted...)); err != nil {
		var refusal *refuse.Error
		if errors.As(err, &refusal) {
			return r, refusal
		}
		return r, refuse.New("IncompleteBody", "The request body terminated unexpectedly: %v", err)
	}
	for _, algorithm := range algorithms() {
		if value := trailers.Get(sumHeader(algorithm)); value != "" {
			given[algorithm] = value
		}
	}
	if err := compare(c, r.Content, length, given, plainSum); err != nil {
		h.done([]string{r.ID})
		return r, err
	}
	r.sums = given
	return r, nil
}

// compare refuses a content that isn't what its sender says.
func compare(c *wire.Call, content blobs.Content, length int64, given map[string]string, plainSum string) error {
	if content.Size != length {
		return refuse.New("IncompleteBody", "You did not provide the number of bytes specified by the Content-Length HTTP header")
	}
	if want := c.Header.Get("Content-Md5"); want != "" {
		if _, err := base64.StdEncoding.DecodeString(want); err != nil {
			return refuse.New("InvalidDigest", "The Content-MD5 you specified was invalid.")
		}
		if want != base64.StdEncoding.EncodeToString(content.MD5) {
			return refuse.New("BadDigest", "The Content-MD5 you specified did not match what we received.")
		}
	}
	for algorithm, want := range given {
		if want != content.Sums[algorithm] {
			return refuse.New("BadDigest", "The %s you specified did not match the calculated checksum.", algorithm)
		}
	}
	if len(plainSum) == 64 {
		sum, _ := base64.StdEncoding.DecodeString(content.Sums[checksum.SHA256]) // it was made here
		if plainSum != hex.EncodeToString(sum) {
			return refuse.New("XAmzContentSHA256Mismatch", "The provided 'x-amz-content-sha256' header does not match what was computed.")
		}
	}
	return nil
}

// chunks reads a body in the form aws-chunked. Signatures of chunks aren't looked at, as no signature is.
// Source: Amazon S3 API Reference, "Signature Calculations for the Authorization Header: Transferring Payload in Multiple Chunks".
type chunks struct {
	r        *bufio.Reader
	left     int64
	begun    bool
	ended    bool
	trailers http.Header
}

// longestHead bounds the line before a chunk, and mostTrailers what comes after the last one.
const (
	longestHead  = 1 << 10
	mostTrailers = 16
)

// Read implements io.Reader.
func (c *chunks) Read(p []byte) (int, error) {
	for c.left == 0 && !c.ended {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if c.ended {
		return 0, io.EOF
	}
	n, err := c.r.Read(p[:min(int64(len(p)), c.left)])
	c.left -= int64(n)
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// next reads the head of a chunk, and all that follows the last one.
func (c *chunks) next() error {
	if c.begun {
		if line, err := c.line(); err != nil || line != "" {
			return errors.Join(malformedChunk(), err)
		}
	}
	c.begun = true
	line, err := c.line()
	if err != nil {
		return err
	}
	size, _, _ := strings.Cut(line, ";")
	if c.left, err = strconv.ParseInt(size, 16, 64); err != nil || c.left < 0 {
		return malformedChunk()
	}
	if c.left > 0 {
		return nil
	}
	c.ended = true
	for range mostTrailers {
		line, err := c.line()
		if line == "" || err != nil {
			return nil //nolint:nilerr // the last line may be missing
		}
		name, value, _ := strings.Cut(line, ":")
		c.trailers.Set(strings.TrimSpace(name), strings.TrimSpace(value))
	}
	return malformedChunk()
}

func (c *chunks) line() (string, error) {
	var line []byte
	for len(line) < longestHead {
		b, err := c.r.ReadByte()
		if err != nil {
			return string(line), fmt.Errorf("read a chunk: %w", io.ErrUnexpectedEOF)
		}
		if b == '\n' {
			return strings.TrimSuffix(string(line), "\r"), nil
		}
		line = append(line, b)
	}
	return "", malformedChunk()
}

func malformedChunk() error {
	return refuse.New("InvalidChunkSizeError", "The chunk's size isn't a number, or isn't that of the chunk")
}
