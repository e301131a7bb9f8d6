package model

import (
	"fmt"
	"strings"
	"time"

	s3model "github.com/platformctl/platformctl/internal/localcloud/services/s3/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// LogDelivery is the service that writes load balancers' logs.
// Source: Elastic Load Balancing User Guide, "Enable access logs for your Application Load Balancer".
const LogDelivery = "logdelivery.elasticloadbalancing.amazonaws.com"

// LogDestination is where a load balancer's access logs go.
type LogDestination struct {
	ARN, Name, ID  string // of the load balancer; ID is app/name/id
	Region         string
	Bucket, Prefix string
}

// AccessLogs is where the load balancer's access logs go; false where there are none.
func (b *LoadBalancer) AccessLogs() (LogDestination, bool) {
	if b.attribute("access_logs.s3.enabled") != "true" {
		return LogDestination{}, false
	}
	_, id, _ := strings.Cut(b.ID, ":loadbalancer/")
	return LogDestination{b.ID, b.Name, id, b.Region, b.attribute("access_logs.s3.bucket"), b.attribute("access_logs.s3.prefix")}, true
}

func (d LogDestination) below() string {
	if d.Prefix != "" {
		return d.Prefix + "/AWSLogs/" + world.AccountID + "/"
	}
	return "AWSLogs/" + world.AccountID + "/"
}

// TestKey is the key of the object by which a load balancer tries whether it may write.
func (d LogDestination) TestKey() string { return d.below() + "ELBAccessLogTestFile" }

// Key is the key of what one of its nodes has logged until a time.
// Source: as of LogDelivery, "Access log files".
func (d LogDestination) Key(end time.Time, node, random string) string {
	if end = end.UTC(); !end.Truncate(time.Minute).Equal(end) { // as it is written, it holds what came before
		end = end.Truncate(time.Minute).Add(time.Minute)
	}
	return fmt.Sprintf("%selasticloadbalancing/%s/%s/%s_elasticloadbalancing_%s_%s_%s_%s_%s.log.gz", d.below(), d.Region, end.Format("2006/01/02"),
		world.AccountID, d.Region, strings.ReplaceAll(d.ID, "/", "."), end.Format("20060102T1504Z"), node, random)
}

// checkLogs refuses logs that can't be written: attributes are those that the load balancer is to have.
func checkLogs(tx *world.Tx, b *LoadBalancer) error {
	for _, kind := range []string{"access_logs", "connection_logs", "health_check_logs"} {
		if b.attribute(kind+".s3.enabled") != "true" {
			continue
		}
		if b.attribute(kind+".s3.bucket") == "" {
			return invalid("The value of '%s.s3.bucket' cannot be empty", kind)
		}
		if kind != "access_logs" {
			return refuse.NotSimulated("attribute %s.s3.enabled is not simulated", kind)
		}
		d, _ := b.AccessLogs()
		bucket, err := s3model.FindBucket(tx.In(""), d.Bucket)
		if err == nil && bucket.Location != tx.Region() {
			return refuse.New("InvalidConfigurationRequest", "The S3 bucket %s must be in the same region as the load balancer", d.Bucket)
		}
		if err == nil {
			err = s3model.MayDeliver(tx, d.Bucket, d.TestKey(), LogDelivery, b.ID)
		}
		if err != nil {
			return refuse.New("InvalidConfigurationRequest", "Access Denied for bucket: %s. Please check S3bucket permission", d.Bucket)
		}
	}
	return nil
}
