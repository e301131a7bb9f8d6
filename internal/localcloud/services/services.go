// Package services is the list of the AWS services that the local cloud simulates. All that
// iterates over them begins here; a new service is its folder and its line.
package services

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/acm"
	"github.com/platformctl/platformctl/internal/localcloud/services/autoscaling"
	"github.com/platformctl/platformctl/internal/localcloud/services/cloudwatch"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2"
	"github.com/platformctl/platformctl/internal/localcloud/services/elbv2"
	"github.com/platformctl/platformctl/internal/localcloud/services/iam"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53"
	"github.com/platformctl/platformctl/internal/localcloud/services/s3"
	"github.com/platformctl/platformctl/internal/localcloud/services/servicequotas"
	"github.com/platformctl/platformctl/internal/localcloud/services/sns"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm"
	"github.com/platformctl/platformctl/internal/localcloud/services/sts"
)

// All are all services.
func All() []service.Service {
	return []service.Service{
		ec2.Service(),
		elbv2.Service(),
		iam.Service(),
		sts.Service(),
		ssm.Service(),
		route53.Service(),
		servicequotas.Service(),
		acm.Service(),
		autoscaling.Service(),
		cloudwatch.Service(),
		sns.Service(),
		kms.Service(),
		s3.Service(),
	}
}
