package release

import (
	"context"
	"errors"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

func TestRun_ReleasesOneInstanceThenItsZoneThenTheOthers(t *testing.T) {
	b, clients := bucketOf(t)
	f := newFleet(t, b)
	f.served(older)
	var seen []string
	note := func() {
		if now := f.serving(); len(seen) == 0 || seen[len(seen)-1] != now {
			seen = append(seen, now)
		}
	}
	f.during = note
	var told []string
	r := f.roll(newer)
	r.Tell = func(text string) { told = append(told, text) }
	if err := r.Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	note()
	want := []string{ // zones: b a b a c
		"older older older older older", "older newer older older older", "older newer older newer older", "newer newer newer newer older", "newer newer newer newer newer",
	}
	if !slices.Equal(seen, want) {
		t.Errorf("served were\n%s\nwant\n%s", strings.Join(seen, "\n"), strings.Join(want, "\n"))
	}
	wantTold := "release " + newer + " in instance i-00000000000000001, release " + newer + " in zone us-east-1a, release " + newer + " in zone us-east-1b, release " + newer + " in zone us-east-1c"
	if got := strings.Join(told, ", "); got != wantTold {
		t.Errorf("told was %s", got)
	}
	p := f.pointer()
	if p.Current() != newer || p.UnderWay() || p.Before(newer) != older || p.By != "ann" {
		t.Errorf("the pointer is\n%s", p.Text())
	}
	calls := clients.Ledger.Calls()
	if err := r.Run(t.Context()); err != nil || clients.Ledger.Calls() != calls+1 {
		t.Errorf("unchanged: %d calls, %v", clients.Ledger.Calls()-calls, err)
	}
}

func TestRun_PutsBackWhatFails(t *testing.T) {
	for name, tt := range map[string]struct {
		want   string
		serves func(*fleet)
	}{
		"a corrupt archive": {"failed in instance i-00000000000000001: instance i-00000000000000001 reports: checksum differs", func(f *fleet) {
			f.fault = func(_, release string) string { return map[string]string{newer: "checksum differs"}[release] }
		}},
		"a full disk in the second zone": {"failed in zone us-east-1b: instance i-00000000000000002 reports: no space left on device", func(f *fleet) {
			f.fault = func(instance, release string) string {
				return map[string]string{newer + "i-00000000000000002": "no space left on device"}[release+instance]
			}
		}},
		"a health check that fails": {"the health check /healthz failed: HTTP 404 from instance i-00000000000000001", func(f *fleet) {
			f.status = func(release, path string) int {
				if release == newer && path == "/healthz" {
					return http.StatusNotFound
				}
				return http.StatusOK
			}
		}},
		"errors": {"requests failed, and 99 % must succeed; the last: HTTP 500 from instance i-00000000000000001", func(f *fleet) {
			f.status = func(release, path string) int {
				if release == newer && path == "/" {
					return http.StatusInternalServerError
				}
				return http.StatusOK
			}
		}},
		"an instance that hangs": {"not within 3m0s: instance i-00000000000000001 doesn't report", func(f *fleet) {
			f.during = func() {
				if f.pointer().Wanted == newer {
					f.instances[1].tried = newer
				} else if f.instances[1].tried == newer {
					f.instances[1].tried = ""
				}
			}
		}},
		"a target that isn't healthy": {"the load balancer finds instance i-00000000000000001 not healthy: Target.Timeout", func(f *fleet) {
			f.during = func() {
				i := f.instances[1]
				i.Healthy, i.Reason = f.pointer().Wanted != newer, "Target.Timeout"
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b, _ := bucketOf(t)
			f := newFleet(t, b)
			f.served(older)
			tt.serves(f)
			err := f.roll(newer).Run(t.Context())
			var failed *Failed
			if !errors.As(err, &failed) || !strings.Contains(err.Error(), tt.want) || !strings.HasSuffix(err.Error(), "release "+older+" is served again") {
				t.Fatalf("got %v, want %q", err, tt.want)
			}
			p := f.pointer()
			if p.Current() != older || p.UnderWay() || len(p.History) != 1 || f.serving() != "older older older older older" {
				t.Errorf("served are %s by\n%s", f.serving(), p.Text())
			}
			// What is repaired is released the next time.
			fresh := newFleet(t, b)
			f.fault, f.status, f.during = fresh.fault, fresh.status, fresh.during
			f.instances[1].Healthy, f.instances[1].tried = true, older
			if err := f.roll(newer).Run(t.Context()); err != nil || f.serving() != "newer newer newer newer newer" {
				t.Errorf("the next time: %v, %s", err, f.serving())
			}
		})
	}
}

func TestRun_TheFirstHasNoneToGoBackTo(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.fault = func(string, string) string { return "checksum differs" }
	if err := f.roll(older).Run(t.Context()); err == nil || !strings.Contains(err.Error(), "there is none before it to go back to") {
		t.Errorf("got %v", err)
	}
}

func TestRun_GoesBackAtOnce(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.served(older)
	if err := f.roll(newer).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	back := f.roll(older)
	back.AtOnce = true
	began := f.now
	if err := back.Run(t.Context()); err != nil || f.serving() != "older older older older older" || f.now.Sub(began) > 2*tick {
		t.Errorf("got %v, %s after %s", err, f.serving(), f.now.Sub(began))
	}
	if p := f.pointer(); p.Current() != older || p.Before(newer) != older || p.Before(older) != "" {
		t.Errorf("the pointer is\n%s", p.Text())
	}
}

func TestRun_KilledAnywhereGoesOn(t *testing.T) {
	for _, after := range []bool{false, true} {
		for n := 1; ; n++ {
			b, _ := bucketOf(t)
			f := newFleet(t, b)
			f.served(older)
			ctx, kill := context.WithCancel(t.Context())
			r := f.roll(newer)
			r.Bucket = f.killed(n, after, kill)
			err := r.Run(ctx)
			kill()
			if strings.Contains(f.serving(), "none") {
				t.Fatalf("killed at call %d (after it: %v): somebody serves nothing", n, after)
			}
			if err == nil {
				if n < 20 {
					t.Errorf("it has only %d calls", n)
				}
				break
			}
			if errors.As(err, new(*Failed)) {
				t.Fatalf("killed at call %d (after it: %v): %v", n, after, err)
			}
			if err := f.roll(newer).Run(t.Context()); err != nil || f.serving() != "newer newer newer newer newer" || f.pointer().UnderWay() {
				t.Fatalf("killed at call %d (after it: %v): then %v, %s", n, after, err, f.serving())
			}
			if t.Failed() {
				return
			}
			n += n / 8 // the looks are all alike
		}
	}
}

func TestRun_OneOfTwoWinsAndTheOtherIsToldWho(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.served(older)
	bob := f.roll("00000000000000aa")
	bob.By = "bob"
	var refused error
	f.during = func() {
		if f.pointer().UnderWay() && refused == nil {
			refused = bob.Run(t.Context())
		}
	}
	if err := f.roll(newer).Run(t.Context()); err != nil || f.serving() != "newer newer newer newer newer" {
		t.Errorf("ann: %v, %s", err, f.serving())
	}
	var taken *Taken
	if !errors.As(refused, &taken) || taken.By != "ann" || taken.Wanted != newer {
		t.Errorf("bob: %v", refused)
	}
}

func TestRun_StopsWhereAnotherHasWrittenMeanwhile(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.served(older)
	f.during = func() {
		f.during = func() {}
		stored, err := b.Pointer(t.Context())
		if err != nil {
			t.Error(err)
		}
		theirs := stored.Pointer
		theirs.Scopes, theirs.By = []Scope{{everything, older}}, "bob"
		if _, err := b.replace(t.Context(), stored, theirs); err != nil {
			t.Error(err)
		}
	}
	err := f.roll(newer).Run(t.Context())
	if taken := (*Taken)(nil); !errors.As(err, &taken) || taken.By != "bob" {
		t.Errorf("got %v", err)
	}
	if p := f.pointer(); p.Current() != older || p.By != "bob" {
		t.Errorf("the pointer is\n%s", p.Text())
	}
}

func TestRun_TakesOverFromWhoIsDead(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.served(older)
	ctx, kill := context.WithCancel(t.Context())
	f.during = func() {
		if f.pointer().UnderWay() {
			kill()
		}
	}
	if err := f.roll(newer).Run(ctx); !errors.Is(err, context.Canceled) || !f.pointer().UnderWay() {
		t.Fatalf("got %v", err)
	}
	f.during = func() {}
	other := f.roll(newer)
	other.By = "bob"
	if err := other.Run(t.Context()); !errors.As(err, new(*Taken)) {
		t.Errorf("at once: %v", err)
	}
	f.now = f.now.Add(dead)
	if err := other.Run(t.Context()); err != nil || f.serving() != "newer newer newer newer newer" {
		t.Errorf("later: %v, %s", err, f.serving())
	}
}

func TestRun_BeatsWhileItWaits(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.served(older)
	var oldest time.Duration
	f.during = func() {
		if p := f.pointer(); p.UnderWay() {
			oldest = max(oldest, f.now.Sub(p.At))
			f.instances[1].tried = p.Serves(f.instances[1].Instance, "") // it does nothing
		}
	}
	if err := f.roll(newer).Run(t.Context()); !errors.As(err, new(*Failed)) || oldest > beat+tick {
		t.Errorf("got %v; the pointer was %s old", err, oldest)
	}
}

func TestRun_DeletesWhatNobodyCanGoBackTo(t *testing.T) {
	b, _ := bucketOf(t)
	f := newFleet(t, b)
	f.now = time.Now().Add(48 * time.Hour) // the bucket's own clock says when an object came
	f.served(older)
	for _, key := range []string{archiveKey(older), sumKey(older), archiveKey("00000000000000aa"), sumKey("00000000000000aa"), releasesPrefix + "notes.txt"} {
		if _, err := b.Client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.Name, Key: aws.String(key), Body: strings.NewReader("x")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := f.roll(newer).Run(t.Context()); err != nil {
		t.Fatal(err)
	}
	page, err := b.Client.ListObjectsV2(t.Context(), &s3.ListObjectsV2Input{Bucket: &b.Name, Prefix: aws.String(releasesPrefix)})
	if err != nil {
		t.Fatal(err)
	}
	var left []string
	for _, object := range page.Contents {
		left = append(left, *object.Key)
	}
	if want := []string{sumKey(older), archiveKey(older), releasesPrefix + "notes.txt"}; !slices.Equal(left, want) {
		t.Errorf("left are %v, want %v", left, want)
	}
}
