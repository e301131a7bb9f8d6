package services_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	elbmodel "github.com/platformctl/platformctl/internal/localcloud/services/elbv2/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/servicequotas/api"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// reply is all that the service answers.
type reply struct {
	Type      string `json:"__type"`
	NextToken string
	Quota     quota
	Quotas    []quota
}

type quota struct {
	QuotaCode, QuotaArn string
	Value               float64
}

// newService gives a function that calls the service with a document of JSON.
func newService(t *testing.T) (*world.World, func(operation, in string) reply) {
	t.Helper()
	w, err := world.Open("", world.Options{}, slices.Concat(network.Kinds(), compute.Kinds(), elbmodel.Kinds())...)
	if err != nil {
		t.Fatal(err)
	}
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{World: w})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	return w, func(operation, in string) (out reply) {
		t.Helper()
		r, err := http.NewRequestWithContext(t.Context(), "POST", server.URL, strings.NewReader(in))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("X-Amz-Target", "ServiceQuotasV20190624."+operation)
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=any/20260101/eu-west-1/servicequotas/aws4_request, SignedHeaders=host, Signature=0")
		response, err := localcloudtest.Client().Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		if err := json.NewDecoder(response.Body).Decode(&out); err != nil {
			t.Fatal(err)
		}
		return out
	}
}

func TestGetServiceQuota_FollowsWorld(t *testing.T) {
	w, call := newService(t)
	ask := `{"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE"}`
	want := quota{"L-F678F1CE", "arn:aws:servicequotas:eu-west-1:123456789012:vpc/L-F678F1CE", 5}
	if got := call("GetServiceQuota", ask); got.Quota != want {
		t.Errorf("got %+v", got)
	}
	w.SetQuotas(world.Quotas{"vpcs": 7})
	want.Value = 7
	if got := call("GetServiceQuota", ask); got.Quota != want {
		t.Errorf("after a change: %+v", got)
	}
	if got := call("ListServiceQuotas", ask); len(got.Quotas) != 1 || got.Quotas[0] != want {
		t.Errorf("listed: %+v", got)
	}
}

// Every quota of the world can be asked for, each by a code of its own and with a limit of
// its own.
func TestListServiceQuotas_ListsEveryQuota(t *testing.T) {
	w, call := newService(t)
	limits := world.Quotas{}
	if err := w.View("", func(tx *world.Tx) error {
		for i, q := range tx.Quotas() {
			limits[q.Key] = 1000 + i
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	w.SetQuotas(limits)
	values, codes := map[float64]bool{}, map[string]bool{}
	for _, service := range []string{"ec2", "vpc", "elasticloadbalancing"} {
		for token := ""; ; {
			page := call("ListServiceQuotas", `{"ServiceCode": "`+service+`", "MaxResults": 2, "NextToken": "`+token+`"}`)
			if len(page.Quotas) == 0 || len(page.Quotas) > 2 {
				t.Fatalf("a page of %s: %+v", service, page)
			}
			for _, q := range page.Quotas {
				values[q.Value], codes[q.QuotaCode] = true, true
			}
			if token = page.NextToken; token == "" {
				break
			}
		}
	}
	if n := len(limits); n < 20 || len(values) != n || len(codes) != n {
		t.Errorf("%d limits and %d codes of %d quotas", len(values), len(codes), n)
	}
}

func TestServiceQuotas_RefusesInvalidCalls(t *testing.T) {
	_, call := newService(t)
	for _, test := range [][3]string{
		{"GetServiceQuota", `{"ServiceCode": "vpc", "QuotaCode": "no-code"}`, "NoSuchResourceException"},
		{"ListServiceQuotas", `{"ServiceCode": "vpc", "QuotaCode": "no-code"}`, "NoSuchResourceException"},
		{"GetServiceQuota", `{"ServiceCode": "vpc", "QuotaCode": "L-29B6F2EB"}`, "NotSimulated"},
		{"ListServiceQuotas", `{"ServiceCode": "vpc", "QuotaCode": "L-29B6F2EB"}`, "NotSimulated"},
		{"ListServiceQuotas", `{"ServiceCode": "rds"}`, "NotSimulated"},
		{"ListServiceQuotas", `{"ServiceCode": "vpc", "NextToken": "nonsense"}`, "InvalidPaginationTokenException"},
		{"ListServiceQuotas", `{"ServiceCode": "vpc", "MaxResults": 101}`, "ValidationException"},
		{"GetServiceQuota", `{"ServiceCode": "vpc"}`, "ValidationException"},
		{"GetServiceQuota", `{"ServiceCode": "vpc", "QuotaCode": "L-F678F1CE", "ContextId": "x"}`, "NotSimulated"},
	} {
		if got := call(test[0], test[1]); got.Type != test[2] {
			t.Errorf("%s %s: got %+v, want %s", test[0], test[1], got, test[2])
		}
	}
}
