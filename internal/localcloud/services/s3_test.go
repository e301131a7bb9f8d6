package services_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/blobs"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// storage is S3 alone, whose clock a test moves.
type storage struct {
	*testing.T
	*sdk.Client
	endpoint string
	world    *world.World
	now      time.Time
}

const bucketOfTests = "shop-files"

func newStorage(t *testing.T) *storage {
	t.Helper()
	s := &storage{T: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	w, err := world.Open("", world.Options{Now: func() time.Time { return s.now }}, model.Kinds()...)
	s.ok(err)
	contents, err := blobs.Open(t.TempDir())
	s.ok(err)
	handler := &wire.Handler{}
	s.ok(handler.Add(api.Operations(service.Env{World: w, Blobs: contents})...))
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	s.endpoint, s.world = server.URL, w
	s.Client = sdk.New(sdk.Options{
		Region: "us-east-1", BaseEndpoint: &server.URL, RetryMaxAttempts: 1, UsePathStyle: true, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", ""),
	})
	_, err = s.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String(bucketOfTests)})
	s.ok(err)
	return s
}

func (s *storage) ok(err error) {
	s.Helper()
	if err != nil {
		s.Fatal(err)
	}
}

func (s *storage) put(key, content string, change ...func(*sdk.PutObjectInput)) (*sdk.PutObjectOutput, error) {
	in := &sdk.PutObjectInput{Bucket: aws.String(bucketOfTests), Key: &key, Body: strings.NewReader(content)}
	for _, f := range change {
		f(in)
	}
	return s.PutObject(s.Context(), in)
}

func (s *storage) get(key string, change ...func(*sdk.GetObjectInput)) (string, *sdk.GetObjectOutput, error) {
	in := &sdk.GetObjectInput{Bucket: aws.String(bucketOfTests), Key: &key, ChecksumMode: types.ChecksumModeEnabled}
	for _, f := range change {
		f(in)
	}
	out, err := s.GetObject(s.Context(), in)
	if err != nil {
		return "", nil, err
	}
	defer out.Body.Close()
	content, err := io.ReadAll(out.Body)
	return string(content), out, err
}

func (s *storage) versions(on bool) {
	s.Helper()
	status := types.BucketVersioningStatusSuspended
	if on {
		status = types.BucketVersioningStatusEnabled
	}
	_, err := s.PutBucketVersioning(s.Context(), &sdk.PutBucketVersioningInput{Bucket: aws.String(bucketOfTests), VersioningConfiguration: &types.VersioningConfiguration{Status: status}})
	s.ok(err)
}

// s3Code is AWS's code of a refusal, with the HTTP status.
func s3Code(err error) string {
	var refusal smithy.APIError
	var response interface{ HTTPStatusCode() int }
	if !errors.As(err, &refusal) || !errors.As(err, &response) {
		return fmt.Sprint(err)
	}
	return fmt.Sprint(response.HTTPStatusCode(), " ", refusal.ErrorCode())
}

func TestObject_RoundTrips(t *testing.T) {
	s := newStorage(t)
	content := strings.Repeat("a line\n", 10_000)
	for _, key := range []string{"a", "a/b//c d", "ü?&+%2F", "../../etc/passwd", "/abs", strings.Repeat("k", model.MaxKey)} {
		put, err := s.put(key, content, func(in *sdk.PutObjectInput) {
			in.ContentType, in.CacheControl, in.Metadata = aws.String("text/x"), aws.String("max-age=5"), map[string]string{"colour": "red"}
		})
		s.ok(err)
		got, out, err := s.get(key)
		s.ok(err)
		if got != content || *out.ContentType != "text/x" || *out.CacheControl != "max-age=5" || out.Metadata["colour"] != "red" || *out.ETag != *put.ETag || *out.ContentLength != int64(len(content)) {
			t.Errorf("%q: got %d bytes and %+v", key, len(got), out)
		}
	}
	if _, err := s.put(strings.Repeat("k", model.MaxKey+1), ""); s3Code(err) != "400 KeyTooLongError" {
		t.Errorf("a long key: %v", err)
	}
	for asked, want := range map[string]string{"bytes=0-3": content[:4], "bytes=-5": content[len(content)-5:], "bytes=69990-": content[69990:], "bytes=69999-90000": content[69999:], "bytes=x": content} {
		if got, _, err := s.get("a", func(in *sdk.GetObjectInput) { in.Range = &asked }); err != nil || got != want {
			t.Errorf("%s: got %d bytes, %v, want %d", asked, len(got), err, len(want))
		}
	}
	if _, _, err := s.get("a", func(in *sdk.GetObjectInput) { in.Range = aws.String("bytes=70000-") }); s3Code(err) != "416 InvalidRange" {
		t.Errorf("a range beyond the end: %v", err)
	}
	if _, err := s.HeadObject(t.Context(), &sdk.HeadObjectInput{Bucket: aws.String(bucketOfTests), Key: aws.String("gone")}); s3Code(err) != "404 NotFound" {
		t.Errorf("HEAD of nothing: %v", err)
	}
}

func TestObject_ComparesWhatItsSenderSays(t *testing.T) {
	s := newStorage(t)
	for _, algorithm := range []types.ChecksumAlgorithm{types.ChecksumAlgorithmCrc32, types.ChecksumAlgorithmCrc32c, types.ChecksumAlgorithmCrc64nvme, types.ChecksumAlgorithmSha1, types.ChecksumAlgorithmSha256} {
		if _, err := s.put("a", "content", func(in *sdk.PutObjectInput) { in.ChecksumAlgorithm = algorithm }); err != nil {
			t.Errorf("%s: %v", algorithm, err)
		}
		if _, _, err := s.get("a"); err != nil {
			t.Errorf("%s: read: %v", algorithm, err)
		}
	}
	for want, change := range map[string]func(*sdk.PutObjectInput){
		"400 BadDigest":     func(in *sdk.PutObjectInput) { in.ChecksumCRC32 = aws.String("AAAAAA==") },
		"400 InvalidDigest": func(in *sdk.PutObjectInput) { in.ContentMD5 = aws.String("?") },
	} {
		if _, err := s.put("bad", "content", change); s3Code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if _, _, err := s.get("bad"); s3Code(err) != "404 NoSuchKey" {
		t.Errorf("what was refused is there: %v", err)
	}
}

// TestObject_InChunks sends a body as SDKs do that don't know its checksum before.
func TestObject_InChunks(t *testing.T) {
	s := newStorage(t)
	send := func(body string, headers map[string]string) string {
		r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, s.endpoint+"/"+bucketOfTests+"/chunked", strings.NewReader(body))
		s.ok(err)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/s3/aws4_request, SignedHeaders=host, Signature=x")
		for key, value := range headers {
			r.Header.Set(key, value)
		}
		response, err := http.DefaultClient.Do(r)
		s.ok(err)
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		s.ok(err)
		return fmt.Sprint(response.StatusCode, " ", string(text))
	}
	headers := map[string]string{"X-Amz-Content-Sha256": "STREAMING-UNSIGNED-PAYLOAD-TRAILER", "Content-Encoding": "aws-chunked", "X-Amz-Decoded-Content-Length": "11", "X-Amz-Trailer": "x-amz-checksum-crc32"}
	if got := send("6\r\nhello \r\n5\r\nworld\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n", headers); !strings.HasPrefix(got, "200") {
		t.Error(got)
	}
	if got, out, err := s.get("chunked"); err != nil || got != "hello world" || out.ContentEncoding != nil {
		t.Errorf("got %q, %+v, %v", got, out, err)
	}
	for name, body := range map[string]string{
		"a wrong checksum": "b\r\nhello world\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n",
		"too short":        "5\r\nhello\r\n0\r\n\r\n",
		"too long":         "10\r\nhello world12345\r\n0\r\n\r\n",
		"no size":          "x\r\nhello world\r\n0\r\n\r\n",
		"cut off":          "b\r\nhello",
		"another size":     "6\r\nhello world\r\n0\r\n\r\n",
	} {
		if got := send(body, headers); !strings.HasPrefix(got, "400") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

// The outcomes as the user guide's page on conditional writes has them.
func TestObject_ConditionalWrites(t *testing.T) {
	s := newStorage(t)
	none := func(value string) func(*sdk.PutObjectInput) {
		return func(in *sdk.PutObjectInput) { in.IfNoneMatch = &value }
	}
	match := func(value string) func(*sdk.PutObjectInput) {
		return func(in *sdk.PutObjectInput) { in.IfMatch = &value }
	}
	first, err := s.put("lock", "1", none("*"))
	s.ok(err)
	for _, tt := range []struct {
		key    string
		change func(*sdk.PutObjectInput)
		want   string
	}{
		{"lock", none("*"), "412 PreconditionFailed"},
		{"lock", none(*first.ETag), "501 NotImplemented"},
		{"lock", match(`"0"`), "412 PreconditionFailed"},
		{"lock", match("*"), "501 NotImplemented"},
		{"lock", func(in *sdk.PutObjectInput) { in.IfMatch, in.IfNoneMatch = first.ETag, aws.String("*") }, "501 NotImplemented"},
		{"gone", match(*first.ETag), "404 NoSuchKey"},
		{"lock", match(*first.ETag), "<nil>"},
		{"lock", match(*first.ETag), "412 PreconditionFailed"},
	} {
		if _, err := s.put(tt.key, "2", tt.change); s3Code(err) != tt.want {
			t.Errorf("%s: got %v, want %s", tt.key, err, tt.want)
		}
	}
	remove := func(etag string) error {
		_, err := s.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(bucketOfTests), Key: aws.String("lock"), IfMatch: &etag})
		return err
	}
	if err := remove(*first.ETag); s3Code(err) != "412 PreconditionFailed" {
		t.Errorf("deleted by an old tag: %v", err)
	}
	s.versions(true)
	marker, err := s.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(bucketOfTests), Key: aws.String("lock")})
	if err != nil || marker.DeleteMarker == nil || !*marker.DeleteMarker {
		t.Errorf("%+v, %v", marker, err)
	}
	if _, err := s.put("lock", "3", none("*")); err != nil {
		t.Errorf("a delete marker is no absence: %v", err)
	}
}

func TestObject_Versions(t *testing.T) {
	s := newStorage(t)
	_, err := s.put("a", "0")
	s.ok(err)
	s.versions(true)
	var ids []string
	for _, content := range []string{"1", "2"} {
		out, err := s.put("a", content)
		s.ok(err)
		ids = append(ids, *out.VersionId)
	}
	for id, want := range map[string]string{"null": "0", ids[0]: "1", ids[1]: "2"} {
		if got, _, err := s.get("a", func(in *sdk.GetObjectInput) { in.VersionId = &id }); err != nil || got != want {
			t.Errorf("version %s: %q, %v", id, got, err)
		}
	}
	marker, err := s.DeleteObject(t.Context(), &sdk.DeleteObjectInput{Bucket: aws.String(bucketOfTests), Key: aws.String("a")})
	s.ok(err)
	if _, _, err := s.get("a"); s3Code(err) != "404 NoSuchKey" {
		t.Errorf("deleted: %v", err)
	}
	if _, _, err := s.get("a", func(in *sdk.GetObjectInput) { in.VersionId = marker.VersionId }); s3Code(err) != "405 MethodNotAllowed" {
		t.Errorf("the marker: %v", err)
	}
	listed, err := s.ListObjectVersions(t.Context(), &sdk.ListObjectVersionsInput{Bucket: aws.String(bucketOfTests)})
	if err != nil || len(listed.Versions) != 3 || len(listed.DeleteMarkers) != 1 || !*listed.DeleteMarkers[0].IsLatest || *listed.Versions[0].VersionId != ids[1] {
		t.Errorf("%+v, %v", listed, err)
	}
	if _, err := s.DeleteBucket(t.Context(), &sdk.DeleteBucketInput{Bucket: aws.String(bucketOfTests)}); s3Code(err) != "409 BucketNotEmpty" {
		t.Errorf("the bucket: %v", err)
	}
	var all []types.ObjectIdentifier
	for _, v := range listed.Versions {
		all = append(all, types.ObjectIdentifier{Key: v.Key, VersionId: v.VersionId})
	}
	all = append(all, types.ObjectIdentifier{Key: aws.String("a"), VersionId: marker.VersionId}, types.ObjectIdentifier{Key: aws.String("gone")})
	removed, err := s.DeleteObjects(t.Context(), &sdk.DeleteObjectsInput{Bucket: aws.String(bucketOfTests), Delete: &types.Delete{Objects: all}})
	if err != nil || len(removed.Deleted) != 5 || len(removed.Errors) != 0 {
		t.Errorf("%+v, %v", removed, err)
	}
}

func TestList_PagesAndFolds(t *testing.T) {
	s := newStorage(t)
	keys := []string{"a", "b/1", "b/2", "b/c/3", "d", "e f"}
	for _, key := range keys {
		_, err := s.put(key, key)
		s.ok(err)
	}
	read := func(in sdk.ListObjectsV2Input) (all []string) {
		in.Bucket = aws.String(bucketOfTests)
		pages := sdk.NewListObjectsV2Paginator(s.Client, &in)
		for pages.HasMorePages() {
			page, err := pages.NextPage(t.Context())
			s.ok(err)
			for _, o := range page.Contents {
				all = append(all, *o.Key)
			}
			for _, p := range page.CommonPrefixes {
				all = append(all, *p.Prefix+"…")
			}
		}
		slices.Sort(all)
		return all
	}
	for _, tt := range []struct {
		in   sdk.ListObjectsV2Input
		want []string
	}{
		{sdk.ListObjectsV2Input{}, keys},
		{sdk.ListObjectsV2Input{MaxKeys: aws.Int32(2)}, keys},
		{sdk.ListObjectsV2Input{Delimiter: aws.String("/")}, []string{"a", "b/…", "d", "e f"}},
		{sdk.ListObjectsV2Input{Delimiter: aws.String("/"), MaxKeys: aws.Int32(1)}, []string{"a", "b/…", "d", "e f"}},
		{sdk.ListObjectsV2Input{Prefix: aws.String("b/"), Delimiter: aws.String("/")}, []string{"b/1", "b/2", "b/c/…"}},
		{sdk.ListObjectsV2Input{StartAfter: aws.String("b/1")}, keys[2:]},
		{sdk.ListObjectsV2Input{StartAfter: aws.String("b/1"), Delimiter: aws.String("/")}, []string{"b/…", "d", "e f"}},
		{sdk.ListObjectsV2Input{Prefix: aws.String("z")}, nil},
	} {
		if got := read(tt.in); !slices.Equal(got, tt.want) {
			t.Errorf("got %q, want %q", got, tt.want)
		}
	}
	s.versions(true)
	for range 3 {
		_, err := s.put("d", "again")
		s.ok(err)
	}
	count := 0
	pages := sdk.NewListObjectVersionsPaginator(s.Client, &sdk.ListObjectVersionsInput{Bucket: aws.String(bucketOfTests), MaxKeys: aws.Int32(2)})
	for pages.HasMorePages() {
		page, err := pages.NextPage(t.Context())
		s.ok(err)
		count += len(page.Versions)
	}
	if count != len(keys)+3 {
		t.Errorf("%d versions in all, want %d", count, len(keys)+3)
	}
}

func TestUpload_InParts(t *testing.T) {
	s := newStorage(t)
	large, small := bytes.Repeat([]byte("x"), 5<<20), []byte("the end")
	key := aws.String("film")
	made, err := s.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String(bucketOfTests), Key: key, ContentType: aws.String("video/x")})
	s.ok(err)
	var parts []types.CompletedPart
	for n, content := range [][]byte{large, small} {
		out, err := s.UploadPart(t.Context(), &sdk.UploadPartInput{Bucket: aws.String(bucketOfTests), Key: key, UploadId: made.UploadId, PartNumber: aws.Int32(int32(n + 1)), Body: bytes.NewReader(content)})
		s.ok(err)
		parts = append(parts, types.CompletedPart{ETag: out.ETag, PartNumber: aws.Int32(int32(n + 1)), ChecksumCRC32: out.ChecksumCRC32})
	}
	listed, err := s.ListParts(t.Context(), &sdk.ListPartsInput{Bucket: aws.String(bucketOfTests), Key: key, UploadId: made.UploadId})
	if err != nil || len(listed.Parts) != 2 {
		t.Errorf("%+v, %v", listed, err)
	}
	complete := func(parts ...types.CompletedPart) (*sdk.CompleteMultipartUploadOutput, error) {
		return s.CompleteMultipartUpload(t.Context(), &sdk.CompleteMultipartUploadInput{Bucket: aws.String(bucketOfTests), Key: key, UploadId: made.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts}})
	}
	for want, some := range map[string][]types.CompletedPart{
		"400 InvalidPartOrder": {parts[1], parts[0]},
		"400 InvalidPart":      {parts[0], {ETag: parts[0].ETag, PartNumber: aws.Int32(2)}},
	} {
		if _, err := complete(some...); s3Code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	out, err := complete(parts...)
	s.ok(err)
	got, head, err := s.get("film")
	if err != nil || got != string(large)+string(small) || *head.ContentType != "video/x" || !strings.HasSuffix(*out.ETag, `-2"`) {
		t.Errorf("got %d bytes, %+v, %v", len(got), out, err)
	}
	if _, err := complete(parts...); s3Code(err) != "404 NoSuchUpload" {
		t.Errorf("completed twice: %v", err)
	}
	other, err := s.CreateMultipartUpload(t.Context(), &sdk.CreateMultipartUploadInput{Bucket: aws.String(bucketOfTests), Key: key})
	s.ok(err)
	if all, err := s.ListMultipartUploads(t.Context(), &sdk.ListMultipartUploadsInput{Bucket: aws.String(bucketOfTests)}); err != nil || len(all.Uploads) != 1 {
		t.Errorf("%+v, %v", all, err)
	}
	_, err = s.AbortMultipartUpload(t.Context(), &sdk.AbortMultipartUploadInput{Bucket: aws.String(bucketOfTests), Key: key, UploadId: other.UploadId})
	s.ok(err)
	if all, err := s.ListMultipartUploads(t.Context(), &sdk.ListMultipartUploadsInput{Bucket: aws.String(bucketOfTests)}); err != nil || len(all.Uploads) != 0 {
		t.Errorf("%+v, %v", all, err)
	}
}

func TestLifecycle_ExpiresAtMidnight(t *testing.T) {
	s := newStorage(t)
	_, err := s.PutBucketLifecycleConfiguration(t.Context(), &sdk.PutBucketLifecycleConfigurationInput{Bucket: aws.String(bucketOfTests), LifecycleConfiguration: &types.BucketLifecycleConfiguration{
		Rules: []types.LifecycleRule{{Status: types.ExpirationStatusEnabled, Filter: &types.LifecycleRuleFilter{Prefix: aws.String("logs/")}, Expiration: &types.LifecycleExpiration{Days: aws.Int32(2)}}},
	}})
	s.ok(err)
	for _, key := range []string{"logs/1", "other"} {
		_, err := s.put(key, "x")
		s.ok(err)
	}
	for at, want := range map[time.Time]int{time.Date(2026, 3, 3, 23, 59, 0, 0, time.UTC): 2} {
		s.now = at
		if out, err := s.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String(bucketOfTests)}); err != nil || len(out.Contents) != want {
			t.Errorf("at %s: %+v, %v", at, out, err)
		}
	}
	s.now = time.Date(2026, 3, 4, 0, 0, 1, 0, time.UTC)
	s.ok(s.world.Settle())
	if out, err := s.ListObjectsV2(t.Context(), &sdk.ListObjectsV2Input{Bucket: aws.String(bucketOfTests)}); err != nil || len(out.Contents) != 1 || *out.Contents[0].Key != "other" {
		t.Errorf("after two days: %+v, %v", out, err)
	}
}

func TestBucket_Names(t *testing.T) {
	s := newStorage(t)
	for name, want := range map[string]string{
		"taken-by-others": "409 BucketAlreadyExists", "Shop": "400 InvalidBucketName", "a": "400 InvalidBucketName", "192.168.1.1": "400 InvalidBucketName",
		"xn--shop": "400 InvalidBucketName", "shop-s3alias": "400 InvalidBucketName", bucketOfTests: "<nil>", // one's own, in us-east-1
	} {
		if _, err := s.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String(name)}); s3Code(err) != want {
			t.Errorf("%s: got %v, want %s", name, err, want)
		}
	}
	elsewhere := func(o *sdk.Options) { o.Region = "eu-west-1" }
	first := &types.CreateBucketConfiguration{LocationConstraint: "us-east-1"}
	_, err := s.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("shop-2"), CreateBucketConfiguration: first}, elsewhere)
	if s3Code(err) != "400 IllegalLocationConstraintException" {
		t.Errorf("the first region's name, elsewhere: %v", err)
	}
	if _, err := s.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("shop-2")}, elsewhere); s3Code(err) != "400 IllegalLocationConstraintException" {
		t.Errorf("no place named in eu-west-1: %v", err)
	}
	there := &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraintEuWest1, Tags: []types.Tag{{Key: aws.String("team"), Value: aws.String("web")}}}
	for _, want := range []string{"<nil>", "409 BucketAlreadyOwnedByYou"} {
		if _, err := s.CreateBucket(t.Context(), &sdk.CreateBucketInput{Bucket: aws.String("shop-2"), CreateBucketConfiguration: there}, elsewhere); s3Code(err) != want {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if tags, err := s.GetBucketTagging(t.Context(), &sdk.GetBucketTaggingInput{Bucket: aws.String("shop-2")}); err != nil || len(tags.TagSet) != 1 {
		t.Errorf("%+v, %v", tags, err)
	}
	if _, err := s.HeadBucket(t.Context(), &sdk.HeadBucketInput{Bucket: aws.String("taken-by-others")}); !strings.HasPrefix(s3Code(err), "403") {
		t.Errorf("another account's: %v", err)
	}
	if _, err := s.GetBucketTagging(t.Context(), &sdk.GetBucketTaggingInput{Bucket: aws.String("gone")}); s3Code(err) != "404 NoSuchBucket" {
		t.Errorf("none: %v", err)
	}
	out, err := s.ListBuckets(t.Context(), &sdk.ListBucketsInput{MaxBuckets: aws.Int32(1)})
	if err != nil || len(out.Buckets) != 1 || *out.Buckets[0].Name != "shop-2" || out.ContinuationToken == nil {
		t.Errorf("%+v, %v", out, err)
	}
}

func TestPolicy_Decides(t *testing.T) {
	s := newStorage(t)
	set := func(policy string) error {
		_, err := s.PutBucketPolicy(t.Context(), &sdk.PutBucketPolicyInput{Bucket: aws.String(bucketOfTests), Policy: &policy})
		return err
	}
	const arn = "arn:aws:s3:::" + bucketOfTests
	if err := set(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"s3:GetObject","Resource":"` + arn + `/*"}]}`); s3Code(err) != "403 AccessDenied" {
		t.Errorf("a public policy: %v", err)
	}
	if err := set(`{"Statement":`); s3Code(err) != "400 MalformedPolicy" {
		t.Errorf("no policy: %v", err)
	}
	may := func(key string) string {
		var err error
		s.ok(s.world.View("us-east-1", func(tx *world.Tx) error {
			err = model.MayDeliver(tx, bucketOfTests, key, "logdelivery.elasticloadbalancing.amazonaws.com", "arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/app/a/1")
			return nil
		}))
		return fmt.Sprint(err)
	}
	if got := may("AWSLogs/x"); got != "AccessDenied: Access Denied" {
		t.Errorf("without a policy: %s", got)
	}
	s.ok(set(`{"Version":"2012-10-17","Statement":[
		{"Effect":"Allow","Principal":{"Service":"logdelivery.elasticloadbalancing.amazonaws.com"},"Action":"s3:PutObject","Resource":"` + arn + `/AWSLogs/*",
		 "Condition":{"ArnLike":{"aws:SourceArn":"arn:aws:elasticloadbalancing:us-east-1:123456789012:loadbalancer/*"}}},
		{"Effect":"Deny","Principal":"*","Action":"s3:GetObject","Resource":"` + arn + `/secret"},
		{"Effect":"Deny","Principal":"*","Action":"s3:*","Resource":["` + arn + `","` + arn + `/*"],"Condition":{"Bool":{"aws:SecureTransport":"false"}}}]}`))
	if got := may("AWSLogs/x"); got != "<nil>" {
		t.Errorf("with one: %s", got)
	}
	if got := may("other/x"); got != "AccessDenied: Access Denied" {
		t.Errorf("elsewhere: %s", got)
	}
	for _, key := range []string{"secret", "open"} {
		_, err := s.put(key, "x")
		s.ok(err)
	}
	if _, _, err := s.get("secret"); s3Code(err) != "403 AccessDenied" {
		t.Errorf("what the policy denies: %v", err)
	}
	if _, _, err := s.get("open"); err != nil {
		t.Errorf("what it doesn't: %v", err)
	}
	_, err := s.PutBucketEncryption(t.Context(), &sdk.PutBucketEncryptionInput{Bucket: aws.String(bucketOfTests), ServerSideEncryptionConfiguration: &types.ServerSideEncryptionConfiguration{
		Rules: []types.ServerSideEncryptionRule{{ApplyServerSideEncryptionByDefault: &types.ServerSideEncryptionByDefault{SSEAlgorithm: types.ServerSideEncryptionAwsKms}}},
	}})
	s.ok(err)
	if got := may("AWSLogs/x"); got != "AccessDenied: Access Denied" {
		t.Errorf("with a key of KMS: %s", got)
	}
}
