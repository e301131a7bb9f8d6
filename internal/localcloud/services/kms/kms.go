// Package kms is AWS Key Management Service: the objects and AWS's rules about them in model, the operations in api, and
// here what the service is to the rest of the local cloud. What uses keys asks package model.
package kms

import (
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/kms/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Service is KMS.
func Service() service.Service {
	return service.Service{
		Service: api.Wire(), Title: "Key Management Service",
		Kinds:      model.Kinds(),
		Operations: api.Operations,
		Throttle:   throttle,
		Asks:       api.Asks(),
		Refusals:   service.JSONRefusals(),
		Deviations: deviations(),
	}
}

// throttle is by the calls a second that each operation has.
// Source: KMS Developer Guide, "Request quotas".
func throttle(c *wire.Call) []service.Draw {
	rate := map[string]float64{"DeleteAlias": 15, "DescribeKey": 2000, "DisableKeyRotation": 5, "EnableKeyRotation": 15, "GetKeyPolicy": 1000, "GetKeyRotationStatus": 1000,
		"ListAliases": 500, "ListKeyPolicies": 100, "ListKeys": 500, "ListResourceTags": 2000, "PutKeyPolicy": 15, "ScheduleKeyDeletion": 15, "TagResource": 10}[c.Operation]
	if rate == 0 {
		rate = 5
	}
	return service.Shared(c.Operation, rate, rate)
}
