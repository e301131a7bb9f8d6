package verify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/blueprint"
	"github.com/platformctl/platformctl/internal/httpclient"
)

func TestFetch_GoesByTheEnvironmentsProxy(t *testing.T) {
	asked := ""
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.String()
		w.Header().Set(blueprint.ZoneHeader, "us-east-1a")
	}))
	defer proxy.Close()
	t.Setenv("HTTP_PROXY", proxy.URL)
	t.Setenv("NO_PROXY", "")
	answer, err := Fetch(t.Context(), httpclient.Way{URL: "http://shop.invalid/"})
	if err != nil || asked != "http://shop.invalid/" || answer.Zone != "us-east-1a" {
		t.Errorf("the proxy was asked for %q: %+v, %v", asked, answer, err)
	}
}

func TestEveryZone_EndsAtNameThatOnlyAnEmulatorGives(t *testing.T) {
	for name, wanted := range map[string]int{"shop.us-east-1.elb.localhost": 1, "shop.us-east-1.elb.amazonaws.com": 2} {
		ctx, cancel := context.WithCancel(t.Context())
		fetched := 0
		err := everyZone(ctx, []string{"us-east-1a"}, false, func(context.Context) (Answer, error) {
			if fetched++; fetched == wanted {
				defer cancel() // where it asks again, it waits
			}
			return Answer{}, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
		})
		cancel()
		if says := err != nil && strings.Contains(err.Error(), "no such host") && strings.Contains(err.Error(), "--no-probe"); fetched != wanted || says != (wanted == 1) || !says && !errors.Is(err, context.Canceled) {
			t.Errorf("%s: fetched %d times, %v", name, fetched, err)
		}
	}
}

// TestEveryZone_WaitsForNameAsLongAsDNSTakes never finds a name of AWS's form. An emulator
// that gave it has none; at AWS itself it may still come.
func TestEveryZone_WaitsForNameAsLongAsDNSTakes(t *testing.T) {
	for _, emulated := range []bool{true, false} {
		synctest.Test(t, func(t *testing.T) {
			began := time.Now()
			err := everyZone(t.Context(), []string{"us-east-1a"}, emulated, func(context.Context) (Answer, error) {
				return Answer{}, &net.DNSError{Err: "no such host", Name: "shop.us-east-1.elb.amazonaws.com", IsNotFound: true}
			})
			var unknown *Nameless
			var silent *Error
			took := time.Since(began)
			if emulated && (!errors.As(err, &unknown) || took < nameKnown || took > nameKnown+10*time.Second) {
				t.Errorf("with an emulator it ended after %s: %v", took, err)
			}
			if !emulated && (!errors.As(err, &silent) || took != pageTimeout || silent.failure == nil) {
				t.Errorf("at AWS it ended after %s: %v", took, err)
			}
		})
	}
}

// Where nobody knows which zones have an instance, one answer from any of them is success, and none is not.
func TestEveryZone_WithoutZonesWantsOneAnswer(t *testing.T) {
	fetches := 0
	if err := everyZone(t.Context(), nil, false, func(context.Context) (Answer, error) {
		fetches++
		return Answer{Status: 200, Instance: "i-1", Zone: "us-east-1b"}, nil
	}); err != nil || fetches != 1 {
		t.Errorf("%d fetches, %v; want one that is enough", fetches, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	if err := everyZone(ctx, nil, false, func(context.Context) (Answer, error) {
		cancel()
		return Answer{Status: 503}, nil
	}); !errors.Is(err, context.Canceled) {
		t.Errorf("without an answer: %v", err)
	}
}
