package logging

import (
	"encoding/json"
	"fmt"
	"reflect"
)

// delivery is the service that writes the logs of Application Load Balancers.
// Source: Elastic Load Balancing User Guide, "Enable access logs for your Application Load Balancer".
const delivery = "logdelivery.elasticloadbalancing.amazonaws.com"

// policyOf is the bucket's policy: nobody comes but over TLS, and where logs are kept the load balancers of the account in the region
// may write them. Who else may what is left to the account's own policies.
func policyOf(live LiveBucket, spec Bucket) string {
	arn := bucketARN(live.Name)
	type object = map[string]any
	statements := []object{{
		"Sid": "NobodyComesWithoutTLS", "Effect": "Deny", "Principal": "*", "Action": "s3:*",
		"Resource":  []string{arn, arn + "/*"},
		"Condition": object{"Bool": object{"aws:SecureTransport": "false"}},
	}}
	if spec.Days > 0 {
		balancers := fmt.Sprintf("arn:aws:elasticloadbalancing:%s:%s:loadbalancer/*", live.Region, live.Account)
		statements = append([]object{{
			"Sid": "LoadBalancersDeliverLogs", "Effect": "Allow", "Principal": object{"Service": delivery}, "Action": "s3:PutObject",
			"Resource":  fmt.Sprintf("%s/%s%s/*", arn, LogsPrefix, live.Account),
			"Condition": object{"ArnLike": object{"aws:SourceArn": balancers}},
		}}, statements...)
	}
	text, err := json.Marshal(object{"Version": "2012-10-17", "Statement": statements})
	if err != nil {
		panic(err) // texts alone are in it
	}
	return string(text)
}

// samePolicy reports whether the bucket has the policy that it should have: however it is written.
func samePolicy(live LiveBucket, spec Bucket) bool {
	var want, have any
	if json.Unmarshal([]byte(policyOf(live, spec)), &want) != nil || json.Unmarshal([]byte(live.Policy), &have) != nil {
		return false
	}
	return reflect.DeepEqual(want, have)
}
