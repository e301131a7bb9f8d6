package verify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/blueprint"
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
	answer, err := Fetch(t.Context(), "http://shop.invalid/")
	if err != nil || asked != "http://shop.invalid/" || answer.Zone != "us-east-1a" {
		t.Errorf("the proxy was asked for %q: %+v, %v", asked, answer, err)
	}
}

func TestEveryZone_EndsAtNameThatOnlyAnEmulatorGives(t *testing.T) {
	for name, wanted := range map[string]int{"shop.us-east-1.elb.localhost": 1, "shop.us-east-1.elb.amazonaws.com": 2} {
		ctx, cancel := context.WithCancel(t.Context())
		fetched := 0
		err := everyZone(ctx, []string{"us-east-1a"}, func(context.Context) (Answer, error) {
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
