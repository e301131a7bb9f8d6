#!/usr/bin/env bash
# Lists the IAM actions of all AWS API calls in platformctl's code, tests and local cloud left out.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rhoE '\.(ACM|EC2|ELB|IAM|Quotas|Route53|SSM|STS)\.[A-Z][A-Za-z]+\(|\bdecoder\.[A-Z][A-Za-z]+\(|\b(acm|ec2|elb|iam|servicequotas|ssm)\.New[A-Z][A-Za-z]+Paginator' \
	internal/kinds/{network,compute,dns,loadbalancing} internal/{provision,blueprint,awsapi} --include='*.go' --exclude='*_test.go' |
	sed -E 's/^\.//; s/\($//; s/\.New([A-Za-z]+)Paginator$/.\1/' |
	sed -E 's/^(ACM|acm)\./acm:/; s/^Route53\./route53:/; s/^(EC2|ec2)\./ec2:/; s/^(ELB|elb)\./elasticloadbalancing:/; s/^(IAM|iam)\./iam:/; s/^(SSM|ssm)\./ssm:/; s/^STS\./sts:/; s/^(Quotas|servicequotas)\./servicequotas:/; s/^decoder\./sts:/' |
	LC_ALL=C sort -u
