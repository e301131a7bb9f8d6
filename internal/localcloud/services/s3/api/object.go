package api

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/checksum"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) objectOperations() []wire.Operation {
	return []wire.Operation{
		wire.Op(Wire(), "PutObject", h.putObject).At("PUT /{Bucket}/{Key+}"),
		wire.Op(Wire(), "GetObject", h.getObject).At("GET /{Bucket}/{Key+}"),
		wire.Op(Wire(), "HeadObject", h.headObject).At("HEAD /{Bucket}/{Key+}"),
	}
}

// described is what the caller says of an object that it makes.
type described struct {
	ContentType string            `query:"ContentType" rest:"header Content-Type"`
	Cache       string            `query:"CacheControl" rest:"header Cache-Control"`
	Disposition string            `query:"ContentDisposition" rest:"header Content-Disposition"`
	Encoding    string            `query:"ContentEncoding" rest:"header Content-Encoding"`
	Language    string            `query:"ContentLanguage" rest:"header Content-Language"`
	Metadata    map[string]string `query:"Metadata" rest:"headers x-amz-meta-"`
	ACL         wire.Only         `query:"ACL" rest:"header x-amz-acl" only:"private|bucket-owner-full-control"`
	Encryption  wire.Only         `query:"ServerSideEncryption" rest:"header x-amz-server-side-encryption" only:"AES256"`
	Class       wire.Only         `query:"StorageClass" rest:"header x-amz-storage-class" only:"STANDARD"`
}

// headers are those that a GET gives back.
func (d described) headers() map[string]string {
	encoding := strings.TrimPrefix(strings.TrimPrefix(d.Encoding, "aws-chunked"), ",")
	all := map[string]string{}
	for name, value := range map[string]string{
		"Content-Type": d.ContentType, "Cache-Control": d.Cache, "Content-Disposition": d.Disposition, "Content-Encoding": encoding, "Content-Language": d.Language,
	} {
		if value != "" {
			all[name] = value
		}
	}
	return all
}

// maxMetadata is how much a caller may say of an object in words of its own, in bytes.
// Source: Amazon S3 User Guide, "Working with object metadata".
const maxMetadata = 2 << 10

func (d described) check() error {
	size := 0
	for name, value := range d.Metadata {
		size += len(name) + len(value)
	}
	if size > maxMetadata {
		return refuse.New("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")
	}
	return nil
}

type putObjectInput struct {
	inObject
	described
	Length      string `query:"ContentLength" rest:"header Content-Length"`
	IfMatch     string `query:"IfMatch" rest:"header If-Match"`
	IfNoneMatch string `query:"IfNoneMatch" rest:"header If-None-Match"`
}

// summed are the checksums of an object in a reply.
type summed struct {
	CRC32  string `rest:"header x-amz-checksum-crc32" xml:"-"`
	CRC32C string `rest:"header x-amz-checksum-crc32c" xml:"-"`
	CRC64  string `rest:"header x-amz-checksum-crc64nvme" xml:"-"`
	SHA1   string `rest:"header x-amz-checksum-sha1" xml:"-"`
	SHA256 string `rest:"header x-amz-checksum-sha256" xml:"-"`
	Type   string `rest:"header x-amz-checksum-type" xml:"-"`
}

func summedUp(v map[string]string, kind string) summed {
	s := summed{CRC32: v[checksum.CRC32], CRC32C: v[checksum.CRC32C], CRC64: v[checksum.CRC64NVME], SHA1: v[checksum.SHA1], SHA256: v[checksum.SHA256]}
	if len(v) > 0 {
		s.Type = kind
	}
	return s
}

// The types of checksums.
const (
	full      = "FULL_OBJECT"
	composite = "COMPOSITE"
)

type putObjectOutput struct {
	ETag       string `rest:"header ETag" xml:"-"`
	Version    string `rest:"header x-amz-version-id" xml:"-"`
	Encryption string `rest:"header x-amz-server-side-encryption" xml:"-"`
	summed
}

func (h *handlers) putObject(c *wire.Call, in *putObjectInput) (*putObjectOutput, error) {
	if err := in.check(); err != nil {
		return nil, err
	}
	// What would be refused is refused before the body is read.
	err := h.reads(c, func(tx *world.Tx) error { _, err := in.find(tx, "PutObject", in.Key); return err })
	if err != nil {
		return nil, err
	}
	body, err := h.receive(c, checksum.CRC64NVME)
	if err != nil {
		return nil, err
	}
	given := body.sums
	if len(given) == 0 { // S3 adds one of its own
		given = map[string]string{checksum.CRC64NVME: body.Sums[checksum.CRC64NVME]}
	}
	var out *putObjectOutput
	var loose []string
	err = h.writes(c, func(tx *world.Tx) error {
		b, err := in.find(tx, "PutObject", in.Key)
		if err != nil {
			return err
		}
		v := model.Version{
			Key: in.Key, Size: body.Size, ETag: hex.EncodeToString(body.MD5), Sums: given, SumType: full, Blob: body.ID,
			Headers: in.headers(), Metadata: in.Metadata,
		}
		made, old, err := model.Put(tx, b, v, model.Condition{IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch})
		if err != nil {
			return err
		}
		loose = old
		out = &putObjectOutput{ETag: quoted(made.ETag), Version: shownVersion(b, made), Encryption: b.Encryption, summed: summedUp(made.Sums, made.SumType)}
		return nil
	})
	if err != nil {
		loose = []string{body.ID}
	}
	h.done(loose)
	return out, err
}

func quoted(etag string) string { return `"` + etag + `"` }

// shownVersion is a version's ID where its bucket has versions; "" otherwise.
func shownVersion(b *model.Bucket, v *model.Version) string {
	if b.Versioning == "" {
		return ""
	}
	return v.VersionID
}

type getObjectInput struct {
	inObject
	Version           string     `query:"VersionId" rest:"query versionId"`
	Range             string     `query:"Range" rest:"header Range"`
	IfMatch           string     `query:"IfMatch" rest:"header If-Match"`
	IfNoneMatch       string     `query:"IfNoneMatch" rest:"header If-None-Match"`
	IfModifiedSince   *time.Time `query:"IfModifiedSince" rest:"header If-Modified-Since"`
	IfUnmodifiedSince *time.Time `query:"IfUnmodifiedSince" rest:"header If-Unmodified-Since"`
	Mode              wire.Only  `query:"ChecksumMode" rest:"header x-amz-checksum-mode" only:"ENABLED"`
}

type headObjectOutput struct {
	ETag        string            `rest:"header ETag" xml:"-"`
	Version     string            `rest:"header x-amz-version-id" xml:"-"`
	Length      *int64            `rest:"header Content-Length" xml:"-"`
	Range       string            `rest:"header Content-Range" xml:"-"`
	Accept      string            `rest:"header Accept-Ranges" xml:"-"`
	Modified    *wire.Time        `rest:"header Last-Modified" xml:"-"`
	Encryption  string            `rest:"header x-amz-server-side-encryption" xml:"-"`
	Metadata    map[string]string `rest:"headers x-amz-meta-" xml:"-"`
	ContentType string            `rest:"header Content-Type" xml:"-"`
	Cache       string            `rest:"header Cache-Control" xml:"-"`
	Disposition string            `rest:"header Content-Disposition" xml:"-"`
	Encoding    string            `rest:"header Content-Encoding" xml:"-"`
	Language    string            `rest:"header Content-Language" xml:"-"`
	summed
}

type getObjectOutput struct {
	headObjectOutput
	Body io.ReadCloser `rest:"body" xml:"-"`
}

// look is what a GET or a HEAD finds, and which bytes of it are wanted.
func (h *handlers) look(c *wire.Call, in *getObjectInput) (head headObjectOutput, v *model.Version, from int64, err error) {
	action := "GetObject"
	if in.Version != "" {
		action = "GetObjectVersion"
	}
	err = h.reads(c, func(tx *world.Tx) error {
		b, err := in.find(tx, action, in.Key)
		if err != nil {
			return err
		}
		if v, err = model.FindVersion(tx, b.ID, in.Key, in.Version); err != nil {
			return err
		}
		if v.Marker {
			if in.Version != "" {
				return refuse.WithStatus(http.StatusMethodNotAllowed, "MethodNotAllowed", "The specified method is not allowed against this resource.")
			}
			return refuse.WithStatus(refuse.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
		}
		modified := wire.Time(v.Modified())
		head = headObjectOutput{
			ETag: quoted(v.ETag), Version: shownVersion(b, v), Accept: "bytes", Modified: &modified, Encryption: b.Encryption, Metadata: v.Metadata,
			ContentType: v.Headers["Content-Type"], Cache: v.Headers["Cache-Control"], Disposition: v.Headers["Content-Disposition"],
			Encoding: v.Headers["Content-Encoding"], Language: v.Headers["Content-Language"],
		}
		if head.ContentType == "" {
			head.ContentType = "binary/octet-stream"
		}
		return in.check(v)
	})
	if err != nil {
		return head, v, 0, err
	}
	length := v.Size
	if in.Range != "" {
		first, last, ok := rangeOf(in.Range, v.Size)
		if !ok {
			return head, v, 0, refuse.WithStatus(http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable")
		}
		if last >= 0 {
			from, length = first, last-first+1
			head.Range = fmt.Sprintf("bytes %d-%d/%d", first, last, v.Size)
		}
	}
	if c.Header.Get("X-Amz-Checksum-Mode") != "" && head.Range == "" {
		head.summed = summedUp(v.Sums, v.SumType)
	}
	head.Length = &length
	return head, v, from, nil
}

// check refuses a read whose conditions don't hold.
func (in *getObjectInput) check(v *model.Version) error {
	matches := func(list string) bool {
		for one := range strings.SplitSeq(list, ",") {
			if one = strings.TrimSpace(one); one == "*" || strings.Trim(one, `"`) == v.ETag {
				return true
			}
		}
		return false
	}
	unchanged := refuse.WithStatus(http.StatusNotModified, "NotModified", "Not Modified")
	switch {
	case in.IfMatch != "" && !matches(in.IfMatch):
		return model.PreconditionFailed("If-Match")
	case in.IfMatch == "" && in.IfUnmodifiedSince != nil && v.Modified().After(*in.IfUnmodifiedSince):
		return model.PreconditionFailed("If-Unmodified-Since")
	case in.IfNoneMatch != "" && matches(in.IfNoneMatch):
		return unchanged
	case in.IfNoneMatch == "" && in.IfModifiedSince != nil && !v.Modified().After(*in.IfModifiedSince):
		return unchanged
	}
	return nil
}

// rangeOf reads one range of bytes. The last is -1 for what isn't one, which stands for all; ok is false where nothing of it is there.
func rangeOf(text string, size int64) (first, last int64, ok bool) {
	spec, is := strings.CutPrefix(text, "bytes=")
	begin, end, two := strings.Cut(spec, "-")
	if !is || !two || strings.Contains(spec, ",") {
		return 0, -1, true
	}
	a, errA := strconv.ParseInt(begin, 10, 64)
	b, errB := strconv.ParseInt(end, 10, 64)
	switch {
	case begin == "" && errB == nil && b > 0: // the last bytes
		if size == 0 {
			return 0, 0, false
		}
		return max(0, size-b), size - 1, true
	case begin == "" && errB == nil:
		return 0, 0, false
	case errA != nil || end != "" && (errB != nil || b < a):
		return 0, -1, true
	case a >= size:
		return 0, 0, false
	case end == "":
		return a, size - 1, true
	}
	return a, min(b, size-1), true
}

// part is a file of which some bytes are read.
type part struct {
	io.Reader
	io.Closer
}

func (h *handlers) getObject(c *wire.Call, in *getObjectInput) (*getObjectOutput, error) {
	head, v, from, err := h.look(c, in)
	if err != nil {
		return nil, err
	}
	file, err := h.Blobs.Open(v.Blob)
	if err == nil {
		_, err = file.Seek(from, io.SeekStart)
	}
	if err != nil {
		return nil, fmt.Errorf("read the content of %s: %w", v.Key, err)
	}
	return &getObjectOutput{head, part{io.LimitReader(file, *head.Length), file}}, nil
}

func (h *handlers) headObject(c *wire.Call, in *getObjectInput) (*headObjectOutput, error) {
	head, _, _, err := h.look(c, in)
	var refusal *refuse.Error
	if errors.As(err, &refusal) && refusal.Code == "NoSuchKey" { // there is no body to say so
		return nil, refuse.WithStatus(refuse.StatusNotFound, "NotFound", "Not Found")
	}
	if err != nil {
		return nil, err
	}
	return &head, nil
}
