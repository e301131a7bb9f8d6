package release

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// Prefix is where in the platform's bucket everything of the site's is.
const Prefix = "site/"

const (
	pointerKey     = Prefix + "pointer"
	reportsPrefix  = Prefix + "reports/"
	releasesPrefix = Prefix + "releases/"
)

func archiveKey(id string) string { return releasesPrefix + id + ".tar" }

// sumKey is of the file by which instances check an archive, as sha256sum -c reads it.
func sumKey(id string) string { return releasesPrefix + id + ".sha256" }

// Bucket is the platform's bucket.
type Bucket struct {
	Client *s3.Client
	Name   string
}

// Stored is a pointer as the bucket has it.
type Stored struct {
	Pointer
	etag string // "" before the first
}

// Taken is the error of who was late: somebody else has changed the pointer meanwhile, or is about to.
type Taken struct {
	By     string
	At     time.Time
	Wanted string
}

// Error says who.
func (t *Taken) Error() string {
	return fmt.Sprintf("release %s was begun by %s at %s, and goes on: two can't release at once", t.Wanted, t.By, t.At.UTC().Format(time.RFC3339))
}

// Pointer reads the pointer; of a bucket that has none it is empty.
func (b Bucket) Pointer(ctx context.Context) (Stored, error) {
	text, etag, err := b.read(ctx, pointerKey, maxPointer)
	if awsapi.HasCode(err, "NoSuchKey") {
		return Stored{}, nil
	}
	if err != nil {
		return Stored{}, fmt.Errorf("read which release is served: %w", err)
	}
	p, err := ParsePointer(text)
	return Stored{p, etag}, err
}

func (b Bucket) read(ctx context.Context, key string, most int64) (text []byte, etag string, err error) {
	out, err := b.Client.GetObject(ctx, &s3.GetObjectInput{Bucket: &b.Name, Key: &key})
	if err != nil {
		return nil, "", err
	}
	defer out.Body.Close()
	text, err = io.ReadAll(io.LimitReader(out.Body, most+1))
	if err == nil && int64(len(text)) > most {
		err = fmt.Errorf("s3://%s/%s has more than %d bytes: it is none of platformctl's", b.Name, key, most)
	}
	return text, aws.ToString(out.ETag), err
}

// mostConflicts is how often a write is repeated that S3 refuses because another was under way.
const mostConflicts = 5

// replace writes a pointer in the place of the one that was read. Where another has come meanwhile it returns a *Taken.
// docs: "How to prevent object overwrites with conditional writes"
func (b Bucket) replace(ctx context.Context, read Stored, p Pointer) (Stored, error) {
	text := p.Text()
	in := &s3.PutObjectInput{Bucket: &b.Name, Key: aws.String(pointerKey), ContentType: aws.String("text/plain")}
	if read.etag == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = &read.etag
	}
	for try := 1; ; try++ {
		in.Body = bytes.NewReader(text)
		out, err := b.Client.PutObject(ctx, in)
		switch {
		case err == nil:
			return Stored{p, aws.ToString(out.ETag)}, nil
		case awsapi.HasCode(err, "ConditionalRequestConflict") && try < mostConflicts:
			continue
		case !awsapi.HasCode(err, "PreconditionFailed", "NoSuchKey", "ConditionalRequestConflict"):
			return read, fmt.Errorf("say which release is served: %w", err)
		}
		now, err := b.Pointer(ctx)
		if err != nil {
			return read, err
		}
		if bytes.Equal(now.Text(), text) { // the reply to the first try was lost
			return now, nil
		}
		return now, &Taken{By: now.By, At: now.At, Wanted: now.Wanted}
	}
}

// Report is what an instance says of the site that it serves.
type Report struct {
	Release string // that it serves; "" for none
	Wanted  string // that the pointer said
	Failed  bool
	Reason  string // of a failure
	At      time.Time
}

// maxReport in bytes.
const maxReport = 4 << 10

// Report reads an instance's last report; of one that has written none it is empty.
func (b Bucket) Report(ctx context.Context, instance string) (Report, error) {
	text, _, err := b.read(ctx, reportsPrefix+instance, maxReport)
	if awsapi.HasCode(err, "NoSuchKey") {
		return Report{}, nil
	}
	if err != nil {
		return Report{}, fmt.Errorf("read what instance %s reports: %w", instance, err)
	}
	return parseReport(string(text)), nil
}

// parseReport reads a report. An instance may write anything: what isn't of the form is left out.
func parseReport(text string) (r Report) {
	for line := range strings.Lines(text) {
		key, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		switch key {
		case "release", "wanted":
			if !idForm.MatchString(value) {
				continue
			}
			if key == "release" {
				r.Release = value
			} else {
				r.Wanted = value
			}
		case "state":
			r.Failed = value == "failed"
		case "reason":
			r.Reason = printable(value)
		case "at":
			r.At, _ = time.Parse(time.RFC3339, value)
		}
	}
	return r
}

// printable is a text of an instance's as a terminal can bear it.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 {
			return -1
		}
		return r
	}, text)
}

// prune deletes the archives that nobody can go back to, but for those that came within a day: somebody may be about to release
// them. Where it fails, what is left is there for the next release to delete.
func (b Bucket) prune(ctx context.Context, history []Released, now time.Time) error {
	kept := map[string]bool{}
	for _, r := range history {
		kept[r.ID] = true
	}
	pages := s3.NewListObjectsV2Paginator(b.Client, &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: aws.String(releasesPrefix)})
	objects, err := awsapi.Collect(ctx, pages, func(page *s3.ListObjectsV2Output) []types.Object { return page.Contents })
	if err != nil {
		return err
	}
	for _, object := range objects {
		id, _, _ := strings.Cut(strings.TrimPrefix(aws.ToString(object.Key), releasesPrefix), ".")
		if !idForm.MatchString(id) || kept[id] || now.Sub(aws.ToTime(object.LastModified)) < 24*time.Hour {
			continue
		}
		if _, err := b.Client.DeleteObject(ctx, &s3.DeleteObjectInput{Bucket: &b.Name, Key: object.Key}); err != nil {
			return err
		}
	}
	return nil
}
