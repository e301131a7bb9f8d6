package faults

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/query"
)

// A round trip takes half of its time before the call is carried out, and half after
// it. A caller who hangs up is not waited for, and the call is carried out all the same.
func TestIntercept_DelaysByRoundTrip(t *testing.T) {
	for _, test := range []struct {
		name             string
		patience         time.Duration
		carriedOut, over time.Duration
	}{
		{"waits", time.Minute, 40 * time.Millisecond, 80 * time.Millisecond},
		{"hangs up on the way there", 10 * time.Millisecond, 10 * time.Millisecond, 10 * time.Millisecond},
		{"hangs up on the way back", 50 * time.Millisecond, 40 * time.Millisecond, 50 * time.Millisecond},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				injector := NewInjector(time.Now, nil, nil)
				injector.Set(Config{RoundTrip: Duration(80 * time.Millisecond)})
				began, carriedOut := time.Now(), time.Duration(-1)
				h := &wire.Handler{Interceptors: []wire.Interceptor{injector.Intercept}}
				if err := h.Add(wire.Op(wire.Service{Name: "ec2", Protocols: []wire.Protocol{query.EC2{}}}, "DescribeVpcs", func(*wire.Call, *struct{}) (*struct{}, error) {
					carriedOut = time.Since(began)
					return &struct{}{}, nil
				})); err != nil {
					t.Fatal(err)
				}
				ctx, hangUp := context.WithTimeout(t.Context(), test.patience)
				defer hangUp()
				r := httptest.NewRequestWithContext(ctx, http.MethodPost, "/", strings.NewReader("Action=DescribeVpcs&Version=2016-11-15"))
				r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
				r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/eu-west-1/ec2/aws4_request, SignedHeaders=host, Signature=x")
				h.ServeHTTP(httptest.NewRecorder(), r)
				if carriedOut != test.carriedOut || time.Since(began) != test.over {
					t.Errorf("carried out after %s and over after %s, want %s and %s", carriedOut, time.Since(began), test.carriedOut, test.over)
				}
			})
		})
	}
}
