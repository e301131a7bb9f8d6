package main

import (
	"context"
	"errors"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/kms"
	"github.com/aws/aws-sdk-go-v2/service/sns"
)

// liveMonitoring is a platform whose alarms, topic, key and dashboard somebody else changes in every way that up repairs, and which
// tells others later. A key that is to be deleted is taken back.
func liveMonitoring(o *operator) {
	const told = "monitoring: {notify: [ops@example.com]}\n"
	o.configured(0, told)
	var key string
	o.meanwhile(func(ctx context.Context, _ *story) error {
		anybody := credentials.NewStaticCredentialsProvider("any", "any", "")
		alarms := cloudwatch.New(cloudwatch.Options{Region: "us-east-1", BaseEndpoint: &o.cloud.Endpoint, Credentials: anybody})
		topics := sns.New(sns.Options{Region: "us-east-1", BaseEndpoint: &o.cloud.Endpoint, Credentials: anybody})
		keys := kms.New(kms.Options{Region: "us-east-1", BaseEndpoint: &o.cloud.Endpoint, Credentials: anybody})
		name, topic, alias := "platformctl.shop.latency", aws.String("arn:aws:sns:us-east-1:123456789012:platformctl-shop"), aws.String("alias/platformctl-shop")
		_, err := alarms.DisableAlarmActions(ctx, &cloudwatch.DisableAlarmActionsInput{AlarmNames: []string{name}})
		errs := []error{err}
		_, err = alarms.PutDashboard(ctx, &cloudwatch.PutDashboardInput{DashboardName: aws.String("platformctl-shop-us-east-1"), DashboardBody: aws.String(`{"widgets":[]}`)})
		errs = append(errs, err)
		_, err = topics.SetTopicAttributes(ctx, &sns.SetTopicAttributesInput{TopicArn: topic, AttributeName: aws.String("KmsMasterKeyId"), AttributeValue: aws.String("")})
		errs = append(errs, err)
		described, err := keys.DescribeKey(ctx, &kms.DescribeKeyInput{KeyId: alias})
		if err != nil {
			return errors.Join(append(errs, err)...)
		}
		id := described.KeyMetadata.KeyId
		key = *id
		_, err = keys.PutKeyPolicy(ctx, &kms.PutKeyPolicyInput{KeyId: id, Policy: aws.String(`{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::123456789012:root"},"Action":"kms:*","Resource":"*"}]}`)})
		errs = append(errs, err)
		_, err = keys.DisableKeyRotation(ctx, &kms.DisableKeyRotationInput{KeyId: id})
		errs = append(errs, err)
		_, err = keys.DisableKey(ctx, &kms.DisableKeyInput{KeyId: id})
		errs = append(errs, err)
		_, err = keys.DeleteAlias(ctx, &kms.DeleteAliasInput{AliasName: alias})
		return errors.Join(append(errs, err)...)
	})
	o.name(key)
	o.configured(0, told+"tags: {team: a}\n")
	o.meanwhile(func(ctx context.Context, _ *story) error { return confirmMail(ctx, o.T, o.home) })
	o.configured(0, "monitoring: {notify: [others@example.com], dashboard: false}\n")
	o.configured(0, "")
	o.configured(0, told) // the key is taken back
	o.run(0, "status")
	o.run(0, "down")
}

// liveMonitoredDrills is a platform whose alarms hear of a drill, which asks after one of somebody else's, too.
func liveMonitoredDrills(o *operator) {
	o.configured(0, "monitoring: {notify: [ops@example.com]}\n")
	o.meanwhile(func(ctx context.Context, _ *story) error {
		_, err := o.anybody.cloudwatch.PutMetricAlarm(ctx, &cloudwatch.PutMetricAlarmInput{AlarmName: aws.String("checkout-errors"), Namespace: aws.String("Shop"), MetricName: aws.String("Errors"),
			Statistic: "Sum", Period: aws.Int32(60), EvaluationPeriods: aws.Int32(1), Threshold: aws.Float64(1), ComparisonOperator: "GreaterThanThreshold", TreatMissingData: aws.String("notBreaching")})
		return err
	})
	said := o.run(0, "failover-drill", "--duration", "6s", "--availability", "1", "--abort-on-alarm", "checkout-errors")
	for _, failure := range []string{"nobody was told", "the dashboard doesn't"} {
		if strings.Contains(said, failure) {
			o.Errorf("%s", said)
		}
	}
	o.run(0, "down")
}
