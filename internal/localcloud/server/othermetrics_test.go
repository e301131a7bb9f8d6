package server

import (
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Certificates are told of twice a day until they end, NAT gateways each minute while they are available.
func TestMeter_NotesCertificatesAndGateways(t *testing.T) {
	start := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	now := start
	clock := func() time.Time { return now }
	w, err := world.Open("", world.Options{Now: clock}, append(acmmodel.Kinds(), network.Kinds()...)...)
	if err != nil {
		t.Fatal(err)
	}
	m := &meter{store: metrics.New(clock)}
	const certificate = "arn:aws:acm:us-east-1:123456789012:certificate/1"
	if err := w.Update("us-east-1", func(tx *world.Tx) error {
		world.Add(tx, &acmmodel.Certificate{Object: tx.NamedObject(certificate, nil), Status: "ISSUED", NotAfter: start.Add(60 * time.Hour)})
		world.Add(tx, &network.NATGateway{Object: tx.NamedObject("nat-1", nil), State: "available"})
		world.Add(tx, &network.NATGateway{Object: tx.NamedObject("nat-2", nil), State: "deleting"})
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	var days []float64
	gateways := map[string]int{}
	for range 72 * 60 {
		now = now.Add(time.Minute)
		if err := w.View("us-east-1", func(tx *world.Tx) error {
			m.certificates(tx, now)
			m.gateways(tx, now)
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		read := func(namespace, name, unit string, d metrics.Dimension) []metrics.Datapoint {
			return m.store.Read(metrics.Metric{Region: "us-east-1", Namespace: namespace, Name: name, Dimensions: []metrics.Dimension{d}}, unit, now.Add(-time.Minute), now, time.Minute)
		}
		for _, point := range read("AWS/CertificateManager", "DaysToExpiry", "None", metrics.Dimension{Name: "CertificateArn", Value: certificate}) {
			value, _ := point.Statistic("Minimum")
			days = append(days, value)
		}
		for _, id := range []string{"nat-1", "nat-2"} {
			gateways[id] += len(read("AWS/NATGateway", "ErrorPortAllocation", "Count", metrics.Dimension{Name: "NatGatewayId", Value: id}))
			gateways[id+" bytes"] += len(read("AWS/NATGateway", "BytesOutToDestination", "Bytes", metrics.Dimension{Name: "NatGatewayId", Value: id}))
		}
	}
	if len(days) != 4 || days[0] != 2 || days[3] != 0 {
		t.Errorf("days: %v", days)
	}
	if gateways["nat-1"] != 72*60 || gateways["nat-1 bytes"] != 72*60 || gateways["nat-2"] != 0 {
		t.Errorf("gateways: %v", gateways)
	}
}
