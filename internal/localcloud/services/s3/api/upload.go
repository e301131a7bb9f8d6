package api

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/xml"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/checksum"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) uploadOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateMultipartUpload", createUpload).At("POST /{Bucket}/{Key+}?uploads"),
		wire.Op(Wire(), "UploadPart", h.uploadPart).At("PUT /{Bucket}/{Key+}?partNumber={PartNumber}&uploadId={UploadId}"),
		wire.Op(Wire(), "CompleteMultipartUpload", h.completeUpload).At("POST /{Bucket}/{Key+}?uploadId={UploadId}"),
		wire.Op(Wire(), "AbortMultipartUpload", h.abortUpload).At("DELETE /{Bucket}/{Key+}?uploadId={UploadId}", noContent),
		view(h, "ListParts", listParts).At("GET /{Bucket}/{Key+}?uploadId={UploadId}"),
		view(h, "ListMultipartUploads", listUploads).At("GET /{Bucket}?uploads"),
	}
}

type createUploadInput struct {
	inObject
	described
	Algorithm string `query:"ChecksumAlgorithm" rest:"header x-amz-checksum-algorithm" enum:"CRC32|CRC32C|CRC64NVME|SHA1|SHA256"`
	Type      string `query:"ChecksumType" rest:"header x-amz-checksum-type" enum:"COMPOSITE|FULL_OBJECT"`
}

type createUploadOutput struct {
	XMLName   xml.Name `xml:"InitiateMultipartUploadResult"`
	Bucket    string
	Key       string
	UploadID  string `xml:"UploadId"`
	Algorithm string `rest:"header x-amz-checksum-algorithm" xml:"-"`
	Type      string `rest:"header x-amz-checksum-type" xml:"-"`
}

func createUpload(tx *world.Tx, _ *wire.Call, in *createUploadInput) (*createUploadOutput, error) {
	b, err := in.find(tx, "PutObject", in.Key)
	if err != nil {
		return nil, err
	}
	if err := in.check(); err != nil {
		return nil, err
	}
	kind := in.Type
	switch {
	case in.Algorithm == "" && kind != "":
		return nil, refuse.New("InvalidRequest", "The x-amz-checksum-type header can only be used with the x-amz-checksum-algorithm header.")
	case in.Algorithm == checksum.CRC64NVME && kind == composite, (in.Algorithm == checksum.SHA1 || in.Algorithm == checksum.SHA256) && kind == full:
		return nil, refuse.New("InvalidRequest", "The %s checksum type cannot be used with the %s checksum algorithm.", kind, in.Algorithm)
	case in.Algorithm != "" && kind == "":
		kind = composite
		if in.Algorithm == checksum.CRC64NVME {
			kind = full
		}
	}
	u, err := model.StartUpload(tx, model.Upload{Bucket: b.ID, Key: in.Key, Headers: in.headers(), Metadata: in.Metadata, Algorithm: in.Algorithm, SumType: kind})
	if err != nil {
		return nil, err
	}
	return &createUploadOutput{Bucket: b.ID, Key: in.Key, UploadID: u.ID, Algorithm: in.Algorithm, Type: kind}, nil
}

type inUpload struct {
	inObject
	ID string `query:"UploadId,required" rest:"query uploadId"`
}

type uploadPartInput struct {
	inUpload
	Encoding string `query:"ContentEncoding" rest:"header Content-Encoding"`
	Type     string `query:"ContentType" rest:"header Content-Type"`
	Number   *int   `query:"PartNumber,required" rest:"query partNumber" min:"1" max:"10000"`
}

type uploadPartOutput struct {
	ETag string `rest:"header ETag" xml:"-"`
	summed
}

func (h *handlers) uploadPart(c *wire.Call, in *uploadPartInput) (*uploadPartOutput, error) {
	var algorithm string
	find := func(tx *world.Tx) (*model.Upload, error) {
		b, err := in.find(tx, "PutObject", in.Key)
		if err != nil {
			return nil, err
		}
		return model.FindUpload(tx, b.ID, in.Key, in.ID)
	}
	err := h.reads(c, func(tx *world.Tx) error {
		u, err := find(tx)
		if err == nil {
			algorithm = u.Algorithm
		}
		return err
	})
	if err != nil {
		return nil, err
	}
	var also []string
	if algorithm != "" {
		also = []string{algorithm}
	}
	body, err := h.receive(c, also...)
	if err != nil {
		return nil, err
	}
	given := body.sums
	if algorithm != "" {
		given = map[string]string{algorithm: body.Sums[algorithm]}
	}
	p := model.Part{Number: *in.Number, Size: body.Size, ETag: hex.EncodeToString(body.MD5), Sums: given, Blob: body.ID}
	var loose []string
	err = h.writes(c, func(tx *world.Tx) error {
		u, err := find(tx)
		if err == nil {
			loose = model.PutPart(tx, u, p)
		}
		return err
	})
	if err != nil {
		loose = []string{body.ID}
	}
	h.done(loose)
	if err != nil {
		return nil, err
	}
	return &uploadPartOutput{quoted(p.ETag), summedUp(given, "")}, nil
}

type completeUploadInput struct {
	inUpload
	IfMatch     string `query:"IfMatch" rest:"header If-Match"`
	IfNoneMatch string `query:"IfNoneMatch" rest:"header If-None-Match"`
	Size        *int64 `query:"MpuObjectSize" rest:"header x-amz-mp-object-size" min:"0"`
	Type        string `query:"ChecksumType" rest:"header x-amz-checksum-type" enum:"COMPOSITE|FULL_OBJECT"`
	Made        struct {
		Parts []struct {
			Number *int   `query:"PartNumber,required"`
			ETag   string `query:"ETag,required"`
			CRC32  string `query:"ChecksumCRC32"`
			CRC32C string `query:"ChecksumCRC32C"`
			CRC64  string `query:"ChecksumCRC64NVME"`
			SHA1   string `query:"ChecksumSHA1"`
			SHA256 string `query:"ChecksumSHA256"`
		} `query:"Part" item:"-" max:"10000"`
	} `query:"MultipartUpload" rest:"body CompleteMultipartUpload"`
}

type completeUploadOutput struct {
	XMLName  xml.Name `xml:"CompleteMultipartUploadResult"`
	Location string
	Bucket   string
	Key      string
	ETag     string
	CRC32    string `xml:"ChecksumCRC32,omitempty"`
	CRC32C   string `xml:"ChecksumCRC32C,omitempty"`
	CRC64    string `xml:"ChecksumCRC64NVME,omitempty"`
	SHA1     string `xml:"ChecksumSHA1,omitempty"`
	SHA256   string `xml:"ChecksumSHA256,omitempty"`
	Type     string `xml:"ChecksumType,omitempty"`
	Version  string `rest:"header x-amz-version-id" xml:"-"`
}

// completeUpload puts the parts together before the world changes: that takes as long as they are large.
func (h *handlers) completeUpload(c *wire.Call, in *completeUploadInput) (*completeUploadOutput, error) {
	var named []model.Named
	for _, p := range in.Made.Parts {
		named = append(named, model.Named{Number: *p.Number, ETag: p.ETag})
	}
	var parts []*model.Part
	var u *model.Upload
	choose := func(tx *world.Tx) (*model.Bucket, error) {
		b, err := in.find(tx, "PutObject", in.Key)
		if err != nil {
			return nil, err
		}
		if u, err = model.FindUpload(tx, b.ID, in.Key, in.ID); err != nil {
			return nil, err
		}
		parts, err = model.Chosen(tx, u, named)
		return b, err
	}
	if err := h.reads(c, func(tx *world.Tx) error { _, err := choose(tx); return err }); err != nil {
		return nil, err
	}
	algorithm := u.Algorithm
	if algorithm == "" {
		algorithm = checksum.CRC64NVME
	}
	body, err := h.Blobs.Put(&joined{store: h.Blobs, parts: parts}, checksum.Of(algorithm))
	if err != nil {
		return nil, fmt.Errorf("put the parts of %s together: %w", in.Key, err)
	}
	sum, kind := body.Sums[algorithm], full
	if u.SumType == composite {
		sum, kind = compositeOf(algorithm, parts), composite
	}
	if in.Size != nil && *in.Size != body.Size {
		h.done([]string{body.ID})
		return nil, refuse.New("InvalidRequest", "The provided 'x-amz-mp-object-size' header does not match what was computed.")
	}
	out := &completeUploadOutput{Bucket: in.Bucket, Key: in.Key, Type: kind}
	var loose []string
	err = h.writes(c, func(tx *world.Tx) error {
		b, err := choose(tx)
		if err != nil {
			return err
		}
		v := model.Version{
			Key: in.Key, Size: body.Size, ETag: model.ETagOf(parts), Sums: map[string]string{algorithm: sum}, SumType: kind, Blob: body.ID,
			Headers: u.Headers, Metadata: u.Metadata, Parts: len(parts),
		}
		made, old, err := model.Put(tx, b, v, model.Condition{IfMatch: in.IfMatch, IfNoneMatch: in.IfNoneMatch})
		if err != nil {
			return err
		}
		loose = slices.Concat(old, model.EndUpload(tx, u))
		s := summedUp(made.Sums, kind)
		out.CRC32, out.CRC32C, out.CRC64, out.SHA1, out.SHA256 = s.CRC32, s.CRC32C, s.CRC64, s.SHA1, s.SHA256
		out.ETag, out.Version, out.Location = quoted(made.ETag), shownVersion(b, made), "http://"+c.Endpoint+"/"+b.ID+"/"+in.Key
		return nil
	})
	if err != nil {
		h.done([]string{body.ID})
		return nil, err
	}
	h.done(loose)
	return out, nil
}

// compositeOf is a checksum of the parts' checksums.
// Source: Amazon S3 User Guide, "Using part-level checksums for multipart uploads".
func compositeOf(algorithm string, parts []*model.Part) string {
	sum := checksum.New(algorithm)
	for _, p := range parts {
		one, _ := base64.StdEncoding.DecodeString(p.Sums[algorithm]) // it was made here
		sum.Write(one)
	}
	return fmt.Sprintf("%s-%d", base64.StdEncoding.EncodeToString(sum.Sum(nil)), len(parts))
}

// joined reads parts one after the other.
type joined struct {
	store *blobs.Store
	parts []*model.Part
	open  *os.File
}

// Read implements io.Reader.
func (j *joined) Read(p []byte) (int, error) {
	for {
		if j.open == nil {
			if len(j.parts) == 0 {
				return 0, io.EOF
			}
			file, err := j.store.Open(j.parts[0].Blob)
			if err != nil {
				return 0, err
			}
			j.open, j.parts = file, j.parts[1:]
		}
		n, err := j.open.Read(p)
		if n > 0 || err == nil {
			return n, nil
		}
		closed := j.open.Close()
		j.open = nil
		if err != io.EOF {
			return 0, err
		}
		if closed != nil {
			return 0, closed
		}
	}
}

func (h *handlers) abortUpload(c *wire.Call, in *inUpload) (*wire.Empty, error) {
	var loose []string
	err := h.writes(c, func(tx *world.Tx) error {
		b, err := in.find(tx, "AbortMultipartUpload", in.Key)
		if err != nil {
			return err
		}
		u, err := model.FindUpload(tx, b.ID, in.Key, in.ID)
		if err == nil {
			loose = model.EndUpload(tx, u)
		}
		return err
	})
	h.done(loose)
	return &wire.Empty{}, err
}
