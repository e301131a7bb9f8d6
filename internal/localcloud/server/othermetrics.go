package server

import (
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/metrics"
	acmmodel "github.com/platformctl/platformctl/internal/localcloud/services/acm/model"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// gateways notes the metrics of NAT gateways: all are 0, for nothing that instances fetch passes through one here, and none lacks a port.
// Source: Amazon VPC User Guide, "NAT gateway metrics and dimensions", which are sent each minute; of most it says what a value of 0 means.
func (m *meter) gateways(tx *world.Tx, end time.Time) {
	names := map[string][]string{
		"Count": {"ActiveConnectionCount", "ConnectionAttemptCount", "ConnectionEstablishedCount", "ErrorPortAllocation", "IdleTimeoutCount", "PacketsDropCount",
			"PacketsInFromDestination", "PacketsInFromSource", "PacketsOutToDestination", "PacketsOutToSource"},
		"Bytes": {"BytesInFromDestination", "BytesInFromSource", "BytesOutToDestination", "BytesOutToSource"},
	}
	for _, g := range world.All[network.NATGateway](tx) {
		if g.State != "available" {
			continue
		}
		for unit, list := range names {
			for _, name := range list {
				m.store.Add(metrics.Metric{Region: tx.Region(), Namespace: "AWS/NATGateway", Name: name,
					Dimensions: []metrics.Dimension{{Name: "NatGatewayId", Value: g.ID}}}, unit, end.Add(-metrics.Interval), metrics.One(0))
			}
		}
	}
}

// told is how often ACM tells of a certificate's days.
// Source: ACM User Guide, "Supported CloudWatch metrics": twice a day, until the certificate has ended.
const told = 12 * time.Hour

// certificates notes how many days certificates have left.
func (m *meter) certificates(tx *world.Tx, end time.Time) {
	if !end.Truncate(told).Equal(end) {
		return
	}
	for _, c := range world.All[acmmodel.Certificate](tx) {
		if left := c.NotAfter.Sub(end); left > 0 {
			m.store.Add(metrics.Metric{Region: tx.Region(), Namespace: "AWS/CertificateManager", Name: "DaysToExpiry",
				Dimensions: []metrics.Dimension{{Name: "CertificateArn", Value: c.ID}}}, "None", end.Add(-metrics.Interval), metrics.One(float64(int(left/(24*time.Hour)))))
		}
	}
}
