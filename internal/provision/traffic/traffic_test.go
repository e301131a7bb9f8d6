package traffic_test

import (
	"net/http/httptest"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/provision/traffic"
)

func TestRead_PutsEachMinuteInItsPlace(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 10, 20, 0, time.UTC)
	late := time.Duration(0)
	clock := func() time.Time { return now.Add(late) }
	w, err := world.Open("", world.Options{Now: clock}, model.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	store := metrics.New(clock)
	handler := &wire.Handler{}
	if err := handler.Add(api.Operations(service.Env{World: w, Metrics: store})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	defer server.Close()
	clients, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "eu-west-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	const name = "app/shop-alb/50dc6c495c0c9188"
	add := func(of, metric string, ago time.Duration, value, count float64) {
		store.Add(metrics.Metric{Region: "eu-west-1", Namespace: "AWS/ApplicationELB", Name: metric, Dimensions: []metrics.Dimension{{Name: "LoadBalancer", Value: of}}},
			"Count", now.Truncate(time.Minute).Add(-ago), metrics.Times(value, count))
	}
	add(name, "RequestCount", time.Minute, 1, 120)
	add(name, "RequestCount", 30*time.Minute, 1, 60)
	add(name, "RequestCount", 31*time.Minute, 1, 7) // too early
	add(name, "RequestCount", 0, 1, 7)              // this minute isn't over
	add("app/other/1", "RequestCount", time.Minute, 1, 7)
	add(name, "HTTPCode_Target_5XX_Count", time.Minute, 1, 2)
	add(name, "HTTPCode_ELB_5XX_Count", time.Minute, 1, 3)
	add(name, "TargetResponseTime", time.Minute, 0.25, 120)

	late = metrics.Delay // until then nobody sees what AWS measured last
	got, err := traffic.Read(t.Context(), clients, "arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/"+name, now)
	if err != nil {
		t.Fatal(err)
	}
	last := traffic.Minutes - 1
	if len(got.Requests) != traffic.Minutes || got.Requests[last] != 120 || got.Requests[0] != 60 || got.Errors[last] != 5 || got.P95[last] < 0.24 || got.P95[last] > 0.26 {
		t.Errorf("%+v", got)
	}
	for _, minute := range got.Requests[1:last] {
		if minute != 0 {
			t.Errorf("%v", got.Requests)
		}
	}
	if calls := clients.Ledger.Calls(); calls != 1 {
		t.Errorf("%d calls", calls)
	}
	if _, err := traffic.Read(t.Context(), clients, "x", now); err == nil {
		t.Error("what isn't a load balancer has traffic")
	}
}
