package restxml_test

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/wire/restxml"
	"github.com/platformctl/platformctl/internal/testenv"
)

func storage() wire.Service {
	return wire.Service{Name: "s3", MaxBody: 6 << 20,
		Protocols: []wire.Protocol{restxml.Protocol{Namespace: "http://s3.amazonaws.com/doc/2006-03-01/", S3: true}}}
}

type object struct {
	Bucket string `query:"Bucket,required" rest:"path Bucket"`
	Key    string `query:"Key,required" rest:"path Key" min:"1"`
}

type putObjectInput struct {
	object
	Body          []byte            `query:"Body" rest:"body"`
	ContentType   string            `query:"ContentType" rest:"header Content-Type"`
	ContentLength *int64            `query:"ContentLength" rest:"header Content-Length"`
	Expires       *time.Time        `query:"Expires" rest:"header Expires"`
	IfNoneMatch   string            `query:"IfNoneMatch" rest:"header If-None-Match"`
	Metadata      map[string]string `query:"Metadata" rest:"headers x-amz-meta-"`
	Algorithm     string            `query:"ChecksumAlgorithm" rest:"header x-amz-sdk-checksum-algorithm"`
	CRC32         string            `query:"ChecksumCRC32" rest:"header x-amz-checksum-crc32"`
}

type putObjectOutput struct {
	ETag string `rest:"header ETag" xml:"-"`
}

type getObjectInput struct {
	object
	IfModifiedSince *time.Time `query:"IfModifiedSince" rest:"header If-Modified-Since"`
	ChecksumMode    wire.Only  `query:"ChecksumMode" rest:"header x-amz-checksum-mode" only:"ENABLED"`
}

type getObjectOutput struct {
	Body         []byte            `rest:"body" xml:"-"`
	ContentType  string            `rest:"header Content-Type" xml:"-"`
	LastModified *wire.Time        `rest:"header Last-Modified" xml:"-"`
	Metadata     map[string]string `rest:"headers x-amz-meta-" xml:"-"`
}

type headObjectOutput struct {
	ContentLength *int64 `rest:"header Content-Length" xml:"-"`
}

type listObjectsInput struct {
	Bucket  string `query:"Bucket,required" rest:"path Bucket"`
	Prefix  string `query:"Prefix" rest:"query prefix"`
	MaxKeys *int   `query:"MaxKeys" rest:"query max-keys"`
}

type listObjectsOutput struct {
	XMLName  xml.Name `xml:"ListBucketResult"`
	Name     string
	Contents []struct {
		Key          string
		LastModified wire.Time
		Size         int64
	}
}

type deleteObjectsInput struct {
	Bucket    string `query:"Bucket,required" rest:"path Bucket"`
	Algorithm string `query:"ChecksumAlgorithm" rest:"header x-amz-sdk-checksum-algorithm"`
	CRC32     string `query:"ChecksumCRC32" rest:"header x-amz-checksum-crc32"`
	Delete    struct {
		Objects []struct {
			Key string `query:"Key,required"`
		} `query:"Object,required" item:"-"`
		Quiet *bool `query:"Quiet"`
	} `query:"Delete,required" rest:"body Delete"`
}

type deleteObjectsOutput struct {
	XMLName xml.Name `xml:"DeleteResult"`
	Deleted []struct{ Key string }
}

// bucket keeps what was put, one object a key.
type bucket map[string]*putObjectInput

func (b bucket) find(key string) (*putObjectInput, error) {
	if o, ok := b[key]; ok {
		return o, nil
	}
	return nil, refuse.WithStatus(http.StatusNotFound, "NoSuchKey", "The specified key does not exist.")
}

func (b bucket) operations() []wire.Operation {
	modified := wire.Time(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC))
	return []wire.Operation{
		wire.Op(storage(), "PutObject", func(_ *wire.Call, in *putObjectInput) (*putObjectOutput, error) {
			if b[in.Key] != nil && in.IfNoneMatch == "*" {
				return nil, refuse.WithStatus(http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the pre-conditions you specified did not hold")
			}
			b[in.Key] = in
			return &putObjectOutput{`"etag"`}, nil
		}).At("PUT /{Bucket}/{Key+}"),
		wire.Op(storage(), "GetObject", func(_ *wire.Call, in *getObjectInput) (*getObjectOutput, error) {
			o, err := b.find(in.Key)
			if err != nil {
				return nil, err
			}
			return &getObjectOutput{o.Body, o.ContentType, &modified, o.Metadata}, nil
		}).At("GET /{Bucket}/{Key+}"),
		wire.Op(storage(), "HeadObject", func(_ *wire.Call, in *getObjectInput) (*headObjectOutput, error) {
			o, err := b.find(in.Key)
			if err != nil {
				return nil, err
			}
			return &headObjectOutput{aws.Int64(int64(len(o.Body)))}, nil
		}).At("HEAD /{Bucket}/{Key+}"),
		wire.Op(storage(), "DeleteObject", func(_ *wire.Call, in *object) (*wire.Empty, error) {
			delete(b, in.Key)
			return &wire.Empty{}, nil
		}).At("DELETE /{Bucket}/{Key+}", http.StatusNoContent),
		wire.Op(storage(), "DeleteObjects", func(_ *wire.Call, in *deleteObjectsInput) (*deleteObjectsOutput, error) {
			out := &deleteObjectsOutput{}
			for _, o := range in.Delete.Objects {
				out.Deleted = append(out.Deleted, struct{ Key string }{o.Key})
			}
			return out, nil
		}).At("POST /{Bucket}?delete"),
		wire.Op(storage(), "ListObjectsV2", func(_ *wire.Call, in *listObjectsInput) (*listObjectsOutput, error) {
			out := &listObjectsOutput{Name: in.Bucket}
			for key, o := range b {
				if strings.HasPrefix(key, in.Prefix) {
					out.Contents = append(out.Contents, struct {
						Key          string
						LastModified wire.Time
						Size         int64
					}{key, modified, int64(len(o.Body))})
				}
			}
			return out, nil
		}).At("GET /{Bucket}?list-type=2"),
		wire.Op(storage(), "GetBucketLocation", func(*wire.Call, *struct {
			Bucket string `query:"Bucket,required" rest:"path Bucket"`
		}) (*struct {
			XMLName xml.Name `xml:"LocationConstraint"`
			Region  string   `xml:",chardata"`
		}, error) {
			return &struct {
				XMLName xml.Name `xml:"LocationConstraint"`
				Region  string   `xml:",chardata"`
			}{Region: "eu-west-1"}, nil
		}).At("GET /{Bucket}?location"),
		wire.Op(storage(), "ListBuckets", func(*wire.Call, *wire.Empty) (*struct {
			Buckets struct{ Bucket []struct{ Name string } }
		}, error) {
			return &struct {
				Buckets struct{ Bucket []struct{ Name string } }
			}{struct{ Bucket []struct{ Name string } }{[]struct{ Name string }{{"one"}, {"two"}}}}, nil
		}).At("GET /"),
	}
}

func storageClient(t *testing.T) *s3.Client {
	t.Helper()
	return s3.New(s3.Options{BaseEndpoint: aws.String(serve(t, bucket{}.operations()).URL), Region: "eu-west-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), RetryMaxAttempts: 1})
}

func TestS3_RoundTrips(t *testing.T) {
	client, content := storageClient(t), bytes.Repeat([]byte("\x00<&é"), 1<<20)
	const key = "a//b c/é?&+%2F"
	put, err := client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: aws.String("b"), Key: aws.String(key), Body: bytes.NewReader(content),
		ContentType: aws.String("text/x"), Metadata: map[string]string{"colour": "red"}, Expires: aws.Time(time.Unix(1e9, 0))})
	if err != nil || *put.ETag != `"etag"` {
		t.Fatal(put, err)
	}
	got, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: aws.String("b"), Key: aws.String(key), IfModifiedSince: aws.Time(time.Unix(1e9, 0))})
	if err != nil {
		t.Fatal(err)
	}
	defer got.Body.Close()
	if body, err := io.ReadAll(got.Body); err != nil || !bytes.Equal(body, content) {
		t.Errorf("%d bytes, want %d; %v", len(body), len(content), err)
	}
	if diff := testenv.Diff([]any{"text/x", map[string]string{"colour": "red"}, 2026}, []any{*got.ContentType, got.Metadata, got.LastModified.Year()}); diff != "" {
		t.Error(diff)
	}
	head, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: aws.String("b"), Key: aws.String(key)})
	if err != nil || *head.ContentLength != int64(len(content)) {
		t.Errorf("%+v, %v", head, err)
	}
	list, err := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: aws.String("b"), Prefix: aws.String("a/"), MaxKeys: aws.Int32(9)})
	if err != nil || *list.Name != "b" || len(list.Contents) != 1 || *list.Contents[0].Key != key || *list.Contents[0].Size != int64(len(content)) {
		t.Errorf("%+v, %v", list, err)
	}
	removed, err := client.DeleteObjects(t.Context(), &s3.DeleteObjectsInput{Bucket: aws.String("b"), Delete: &types.Delete{Quiet: aws.Bool(false),
		Objects: []types.ObjectIdentifier{{Key: aws.String("a")}, {Key: aws.String("<b>")}}}})
	if err != nil || len(removed.Deleted) != 2 || *removed.Deleted[1].Key != "<b>" {
		t.Errorf("%+v, %v", removed, err)
	}
	if _, err := client.DeleteObject(t.Context(), &s3.DeleteObjectInput{Bucket: aws.String("b"), Key: aws.String(key)}); err != nil {
		t.Error(err)
	}
	where, err := client.GetBucketLocation(t.Context(), &s3.GetBucketLocationInput{Bucket: aws.String("b")})
	if err != nil || where.LocationConstraint != "eu-west-1" {
		t.Errorf("%+v, %v", where, err)
	}
	buckets, err := client.ListBuckets(t.Context(), &s3.ListBucketsInput{})
	if err != nil || len(buckets.Buckets) != 2 || *buckets.Buckets[1].Name != "two" {
		t.Errorf("%+v, %v", buckets, err)
	}
}

func TestS3_Refuses(t *testing.T) {
	client := storageClient(t)
	name, key := aws.String("b"), aws.String("k")
	put := func(change func(*s3.PutObjectInput)) error {
		in := &s3.PutObjectInput{Bucket: name, Key: key}
		change(in)
		_, err := client.PutObject(t.Context(), in)
		return err
	}
	var gone *types.NoSuchKey
	if _, err := client.GetObject(t.Context(), &s3.GetObjectInput{Bucket: name, Key: aws.String("gone")}); !errors.As(err, &gone) {
		t.Errorf("%v", err)
	}
	var absent *types.NotFound // a HEAD's refusal has no body
	if _, err := client.HeadObject(t.Context(), &s3.HeadObjectInput{Bucket: name, Key: aws.String("gone")}); !errors.As(err, &absent) {
		t.Errorf("%v", err)
	}
	if err := put(func(*s3.PutObjectInput) {}); err != nil {
		t.Fatal(err)
	}
	_, unknown := client.GetObjectTagging(t.Context(), &s3.GetObjectTaggingInput{Bucket: name, Key: key})
	_, policy := client.GetBucketPolicy(t.Context(), &s3.GetBucketPolicyInput{Bucket: name})
	_, unlisted := client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: name, StartAfter: key})
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"operation":    {unknown, "NotSimulated: platformctl local cloud: parameter tagging of GetObject is not simulated"},
		"bucket":       {policy, "NotSimulated: platformctl local cloud: operation GET /b is not simulated"},
		"query":        {unlisted, "NotSimulated: platformctl local cloud: parameter start-after of ListObjectsV2 is not simulated"},
		"header":       {put(func(in *s3.PutObjectInput) { in.ACL = "private" }), "NotSimulated: platformctl local cloud: parameter X-Amz-Acl of PutObject is not simulated"},
		"HTTP's":       {put(func(in *s3.PutObjectInput) { in.CacheControl = key }), "NotSimulated: platformctl local cloud: parameter Cache-Control of PutObject is not simulated"},
		"precondition": {put(func(in *s3.PutObjectInput) { in.IfNoneMatch = aws.String("*") }), "PreconditionFailed: At least one of the pre-conditions you specified did not hold"},
		"large":        {put(func(in *s3.PutObjectInput) { in.Body = strings.NewReader(strings.Repeat("x", 6<<20+1)) }), "RequestEntityTooLarge: The request body exceeds 6291456 bytes"},
	} {
		var refusal smithy.APIError
		if !errors.As(test.err, &refusal) {
			t.Errorf("%s: no refusal: %v", name, test.err)
			continue
		}
		if diff := testenv.Diff(test.want, refusal.ErrorCode()+": "+refusal.ErrorMessage()); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

// A part of an object or a bucket that isn't simulated is said to be so, whatever its document is: it changes nothing.
func TestRead_RefusesDocumentsOfPartsThatAreNotSimulated(t *testing.T) {
	server := serve(t, bucket{}.operations())
	for _, path := range []string{"/b/k?tagging", "/b/k?acl", "/b?delete&cors"} {
		if status, body := post(t, server.URL+path, "s3", "<Tagging><TagSet/></Tagging>"); status != 501 || !strings.Contains(body, "NotSimulated") {
			t.Errorf("%s: %d %s", path, status, body)
		}
	}
}

// A refusal of S3's may say more than its code and its message.
func TestRefusal_TellsDetail(t *testing.T) {
	refusal := refuse.New("PreconditionFailed", "no").With("Condition", "If-<Match")
	reply := restxml.Protocol{S3: true}.Refusal(&wire.Call{}, refusal)
	if want := "<Message>no</Message><Condition>If-&lt;Match</Condition>"; !strings.Contains(string(reply.Body), want) {
		t.Errorf("%s, want %s", reply.Body, want)
	}
}

// S3's refusals stand alone, without a namespace.
func TestRefusal_IsS3sOwnForm(t *testing.T) {
	server := serve(t, bucket{}.operations())
	status, body := post(t, server.URL+"/b?delete", "s3", "<Delete><Object><Key>a</Key></Object><Object/></Delete>")
	if want := "<Error><Code>InvalidArgument</Code><Message>1 validation error detected: Value null at &#39;delete.object.2.member.key&#39; failed"; status != 400 || !strings.Contains(body, want) {
		t.Errorf("%d %s", status, body)
	}
}

// What a caller says of a body is compared, also where no operation lists it.
func TestRead_ComparesTheBodysChecksum(t *testing.T) {
	server := serve(t, bucket{}.operations())
	const body = "<Delete><Object><Key>a</Key></Object></Delete>"
	for want, headers := range map[int][]string{
		200: {"X-Amz-Sdk-Checksum-Algorithm", "CRC32", "X-Amz-Checksum-Crc32", "v6Ysrw=="},
		400: {"X-Amz-Sdk-Checksum-Algorithm", "CRC32", "X-Amz-Checksum-Crc32", "AAAAAA=="},
	} {
		if status, text := post(t, server.URL+"/b?delete", "s3", body, headers...); status != want || want == 400 && !strings.Contains(text, "<Code>BadDigest</Code>") {
			t.Errorf("%v: %d %s", headers, status, text)
		}
	}
	if status, text := post(t, server.URL+"/b?delete", "s3", body, "Content-Md5", "AAAAAAAAAAAAAAAAAAAAAA=="); status != 400 || !strings.Contains(text, "<Code>BadDigest</Code>") {
		t.Errorf("MD5: %d %s", status, text)
	}
}

func post(t *testing.T, url, service, body string, headers ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/"+service+"/aws4_request, SignedHeaders=host, Signature=x")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(text)
}
