package release

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
)

// bucketOf is a bucket of a local cloud of the test's own.
func bucketOf(t *testing.T) (Bucket, *awsapi.Clients) {
	t.Helper()
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: localcloudtest.Start(t).Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	b := Bucket{Client: clients.S3, Name: "platformctl-site"}
	if _, err := b.Client.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: &b.Name}); err != nil {
		t.Fatal(err)
	}
	return b, clients
}

// content is an archive in memory. It hears of each section that is read.
type content struct {
	text  []byte
	heard func(offset int64) error
}

func (c *content) Size() int64 { return int64(len(c.text)) }

func (c *content) Section(offset, n int64) io.ReadCloser {
	if c.heard != nil {
		if err := c.heard(offset); err != nil {
			return io.NopCloser(failing{err})
		}
	}
	return io.NopCloser(bytes.NewReader(c.text[offset:min(offset+n, c.Size())]))
}

type failing struct{ error }

func (f failing) Read([]byte) (int, error) { return 0, f.error }

func bundleOf(t *testing.T, c *content) *Bundle {
	t.Helper()
	b, err := NewBundle(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// tarOf is an archive of a film with so many bytes, and a page.
func tarOf(t *testing.T, film int) *content {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	for _, f := range []struct {
		name string
		size int
	}{{"film.mp4", film}, {"index.html", 10}} {
		err := w.WriteHeader(&tar.Header{Name: f.name, Size: int64(f.size), Mode: 0o644})
		_, failed := w.Write(bytes.Repeat([]byte("x"), f.size))
		if err = errors.Join(err, failed); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return &content{text: out.Bytes()}
}

func large(t *testing.T) *content { return tarOf(t, 2*partSize) }

func small(t *testing.T) *content { return tarOf(t, 100) }

func TestNewBundle_HasTheDigestOfTheWhole(t *testing.T) {
	c := large(t)
	var read int64
	b, err := NewBundle(t.Context(), c, func(n int64) { read = n })
	sum := sha256.Sum256(c.text)
	if err != nil || b.Digest != hex.EncodeToString(sum[:]) || b.ID() != b.Digest[:16] || len(b.parts) != 3 || read != c.Size() {
		t.Errorf("got %+v, %v", b, err)
	}
}

func TestUpload_SendsOnceWhatAnInstanceCanCheck(t *testing.T) {
	b, clients := bucketOf(t)
	for name, c := range map[string]*content{"one part": small(t), "three parts": large(t)} {
		bundle := bundleOf(t, c)
		var sent atomic.Int64
		if err := b.Upload(t.Context(), bundle, func(n int64) { sent.Store(max(n, sent.Load())) }); err != nil {
			t.Fatal(err)
		}
		got, _, err := b.read(t.Context(), archiveKey(bundle.ID()), 1<<30)
		if err != nil || !bytes.Equal(got, c.text) || sent.Load() != c.Size() {
			t.Errorf("%s: %d bytes, of %d sent, %v", name, len(got), sent.Load(), err)
		}
		if files, err := b.Files(t.Context(), bundle.ID()); err != nil || !slices.Equal(files, bundle.Files) || len(files) != 2 || files[1].Path != "index.html" {
			t.Errorf("%s: files %v, %v", name, files, err)
		}
		if sum, _, err := b.read(t.Context(), sumKey(bundle.ID()), 1<<10); err != nil || string(sum) != bundle.Digest+"  "+bundle.ID()+".tar\n" {
			t.Errorf("%s: %s, %v", name, sum, err)
		}
		calls := clients.Ledger.Calls()
		if err := b.Upload(t.Context(), bundle, nil); err != nil || clients.Ledger.Calls() != calls+1 {
			t.Errorf("%s: again %d calls, %v", name, clients.Ledger.Calls()-calls, err)
		}
	}
}

func TestUpload_GoesOnWithWhatWasSent(t *testing.T) {
	b, _ := bucketOf(t)
	c := large(t)
	bundle := bundleOf(t, c)
	c.heard = func(offset int64) error {
		if offset == 2*partSize {
			return errors.New("the machine is switched off")
		}
		return nil
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	if err := b.Upload(ctx, bundle, nil); err == nil || !strings.Contains(err.Error(), "switched off") {
		t.Fatalf("got %v", err)
	}
	_, had, err := b.begun(t.Context(), archiveKey(bundle.ID()))
	if err != nil || len(had) == 3 {
		t.Fatalf("%d parts are there, %v", len(had), err)
	}
	var read atomic.Int64
	c.heard = func(int64) error { read.Add(1); return nil }
	if err := b.Upload(t.Context(), bundle, nil); err != nil {
		t.Fatal(err)
	}
	if there, err := b.Has(t.Context(), bundle); !there || err != nil || int(read.Load()) != 3-len(had) {
		t.Errorf("there: %v, %v; %d parts were read, and %d had been sent", there, err, read.Load(), len(had))
	}
	if id, _, err := b.begun(t.Context(), archiveKey(bundle.ID())); id != "" || err != nil {
		t.Errorf("an upload is left: %s, %v", id, err)
	}
}

func TestUpload_RefusesASiteThatChangesMeanwhile(t *testing.T) {
	b, _ := bucketOf(t)
	for _, c := range []*content{small(t), large(t)} {
		bundle := bundleOf(t, c)
		c.text[len(c.text)-1] ^= 1
		if err := b.Upload(t.Context(), bundle, nil); !errors.Is(err, errChanged) {
			t.Errorf("got %v", err)
		}
		if there, err := b.Has(t.Context(), bundle); there || err != nil {
			t.Errorf("it is there: %v, %v", there, err)
		}
	}
}

func TestCompare_SaysWhatWasAddedChangedAndRemoved(t *testing.T) {
	before := []File{{"a", 1, "1"}, {"b", 1, "1"}, {"d", 1, "1"}, {"e", 1, "1"}}
	after := []File{{"a", 1, "1"}, {"b", 2, "2"}, {"c", 1, "1"}, {"e", 1, "2"}, {"f", 1, "1"}}
	c := Compare(before, after)
	for what, tt := range map[string][2][]File{
		"added": {c.Added, {after[2], after[4]}}, "changed": {c.Changed, {after[1], after[3]}}, "removed": {c.Removed, {before[2]}},
	} {
		if !slices.Equal(tt[0], tt[1]) {
			t.Errorf("%s are %v, want %v", what, tt[0], tt[1])
		}
	}
	if c := Compare(nil, before); len(c.Added) != 4 || len(c.Changed)+len(c.Removed) > 0 {
		t.Errorf("of the first %v", c)
	}
}

func TestFiles_RefusesAListThatIsNone(t *testing.T) {
	b, _ := bucketOf(t)
	for _, text := range []string{"", "no gzip", "\x1f\x8b\x08"} {
		if _, err := b.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.Name, Key: aws.String(filesKey(older)), Body: strings.NewReader(text)}); err != nil {
			t.Fatal(err)
		}
		if files, err := b.Files(t.Context(), older); err == nil {
			t.Errorf("%q was read as %v", text, files)
		}
	}
	if files, err := b.Files(t.Context(), newer); err != nil || files != nil {
		t.Errorf("without a list: %v, %v", files, err)
	}
}
