package release

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// partsAtOnce are sent side by side. Each holds partSize bytes of memory.
const partsAtOnce = 4

// errChanged is of a site that isn't what it was when its digest was made.
var errChanged = errors.New("the site has changed while it was read: run the same command again")

// Upload sends a bundle that the bucket doesn't have yet, and goes on with what an earlier run has sent of it. S3 compares each
// part's checksum. Sent hears how many bytes the bucket has, from several goroutines; it may be nil.
func (b Bucket) Upload(ctx context.Context, bundle *Bundle, sent func(int64)) error {
	if sent == nil {
		sent = func(int64) {}
	}
	there, err := b.Has(ctx, bundle)
	if there || err != nil {
		return err
	}
	// The archive comes last: where it is, all is.
	line := bundle.Digest + "  " + bundle.ID() + ".tar\n"
	_, err = b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Name, Key: aws.String(sumKey(bundle.ID())), Body: bytes.NewReader([]byte(line)), ContentType: aws.String("text/plain"),
	})
	if err == nil {
		err = b.putFiles(ctx, bundle)
	}
	if err == nil && len(bundle.parts) == 1 {
		err = b.putWhole(ctx, bundle)
		sent(bundle.Archive.Size())
	} else if err == nil {
		err = b.putParts(ctx, bundle, sent)
	}
	if err != nil {
		return fmt.Errorf("upload release %s: %w", bundle.ID(), err)
	}
	return nil
}

// Has reports whether the bucket has a bundle.
func (b Bucket) Has(ctx context.Context, bundle *Bundle) (bool, error) {
	out, err := b.Client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.Name, Key: aws.String(archiveKey(bundle.ID()))})
	switch {
	case awsapi.HasCode(err, "NotFound", "NoSuchKey"):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for release %s: %w", bundle.ID(), err)
	}
	return out.Metadata["sha256"] == bundle.Digest && aws.ToInt64(out.ContentLength) == bundle.Archive.Size(), nil
}

func (b *Bundle) metadata() map[string]string { return map[string]string{"sha256": b.Digest} }

// read reads a part, and checks that it is what it was.
func (b *Bundle) read(part int, buffer []byte) ([]byte, error) {
	offset := int64(part) * partSize
	section := b.Archive.Section(offset, partSize)
	n, err := io.ReadFull(section, buffer[:min(partSize, b.Archive.Size()-offset)])
	if err := errors.Join(err, section.Close()); err != nil {
		return nil, err
	}
	if sha256.Sum256(buffer[:n]) != b.parts[part] {
		return nil, errChanged
	}
	return buffer[:n], nil
}

func (b *Bundle) checksum(part int) *string {
	return aws.String(base64.StdEncoding.EncodeToString(b.parts[part][:]))
}

func (b Bucket) putWhole(ctx context.Context, bundle *Bundle) error {
	content, err := bundle.read(0, make([]byte, bundle.Archive.Size()))
	if err != nil {
		return err
	}
	_, err = b.Client.PutObject(ctx, &s3.PutObjectInput{
		Bucket: &b.Name, Key: aws.String(archiveKey(bundle.ID())), Body: bytes.NewReader(content), ContentType: aws.String("application/x-tar"),
		ChecksumSHA256: bundle.checksum(0), Metadata: bundle.metadata(),
	})
	return err
}

// putParts sends the parts that the bucket doesn't have yet.
func (b Bucket) putParts(ctx context.Context, bundle *Bundle, sent func(int64)) error {
	key := archiveKey(bundle.ID())
	id, have, err := b.begun(ctx, key)
	if err != nil {
		return err
	}
	if id == "" {
		out, err := b.Client.CreateMultipartUpload(ctx, &s3.CreateMultipartUploadInput{
			Bucket: &b.Name, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmSha256,
			ContentType: aws.String("application/x-tar"), Metadata: bundle.metadata(),
		})
		if err != nil {
			return err
		}
		id = aws.ToString(out.UploadId)
	}
	var done atomic.Int64
	parts := make([]types.CompletedPart, len(bundle.parts))
	buffers := make(chan []byte, partsAtOnce)
	for range partsAtOnce {
		buffers <- nil
	}
	group, sending := errgroup.WithContext(ctx)
	group.SetLimit(partsAtOnce)
	for i := range bundle.parts {
		number := int32(i + 1) //nolint:gosec // 10,000 at most
		size := min(partSize, bundle.Archive.Size()-int64(i)*partSize)
		if part := have[number]; aws.ToString(part.ChecksumSHA256) == *bundle.checksum(i) {
			parts[i] = types.CompletedPart{PartNumber: &number, ETag: part.ETag, ChecksumSHA256: part.ChecksumSHA256}
			sent(done.Add(size))
			continue
		}
		group.Go(func() error {
			if err := sending.Err(); err != nil {
				return err
			}
			buffer := <-buffers
			if buffer == nil {
				buffer = make([]byte, partSize)
			}
			defer func() { buffers <- buffer }()
			content, err := bundle.read(i, buffer)
			if err != nil {
				return err
			}
			out, err := b.Client.UploadPart(sending, &s3.UploadPartInput{
				Bucket: &b.Name, Key: &key, UploadId: &id, PartNumber: &number, Body: bytes.NewReader(content), ChecksumSHA256: bundle.checksum(i),
			})
			if err != nil {
				return err
			}
			parts[i] = types.CompletedPart{PartNumber: &number, ETag: out.ETag, ChecksumSHA256: bundle.checksum(i)}
			sent(done.Add(size))
			return nil
		})
	}
	err = group.Wait()
	if err == nil {
		_, err = b.Client.CompleteMultipartUpload(ctx, &s3.CompleteMultipartUploadInput{
			Bucket: &b.Name, Key: &key, UploadId: &id, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		})
	}
	if awsapi.HasCode(err, "NoSuchUpload") { // another run has ended it
		if there, _ := b.Has(ctx, bundle); there {
			return nil
		}
	}
	return err
}

// begun is the newest upload of a key that hasn't ended, and its parts by their numbers; "" where there is none.
func (b Bucket) begun(ctx context.Context, key string) (id string, parts map[int32]types.Part, err error) {
	uploads, err := b.Client.ListMultipartUploads(ctx, &s3.ListMultipartUploadsInput{Bucket: &b.Name, Prefix: &key})
	if err != nil {
		return "", nil, err
	}
	if len(uploads.Uploads) == 0 {
		return "", nil, nil
	}
	newest := slices.MaxFunc(uploads.Uploads, func(x, y types.MultipartUpload) int {
		return cmp.Compare(aws.ToTime(x.Initiated).UnixNano(), aws.ToTime(y.Initiated).UnixNano())
	})
	if newest.ChecksumAlgorithm != types.ChecksumAlgorithmSha256 {
		return "", nil, nil // not one of ours
	}
	pages := s3.NewListPartsPaginator(b.Client, &s3.ListPartsInput{Bucket: &b.Name, Key: &key, UploadId: newest.UploadId})
	all, err := awsapi.Collect(ctx, pages, func(page *s3.ListPartsOutput) []types.Part { return page.Parts })
	if awsapi.HasCode(err, "NoSuchUpload") {
		return "", nil, nil
	}
	parts = map[int32]types.Part{}
	for _, part := range all {
		parts[aws.ToInt32(part.PartNumber)] = part
	}
	return aws.ToString(newest.UploadId), parts, err
}
