#!/usr/bin/env bash
# Deletes all that a platform has with the AWS CLI alone, for when platformctl can't be used. It asks nothing.
#
#   bash docs/remove-by-hand.sh shop us-east-1
#
# It goes by the platform's tags, and ends where AWS holds something back (the load balancer's interfaces, for minutes): run
# it again then.
# shellcheck disable=SC2046,SC2086 # lists of IDs are split on purpose
set -euo pipefail
platform=${1:?the name of the platform} region=${2:?the region}
export AWS_DEFAULT_REGION=$region AWS_REGION=$region AWS_PAGER=
ours="Name=tag:platformctl:platform,Values=$platform"

# The ARNs among the arguments that carry the platform's tag.
owned() {
	local arn
	for arn in "$@"; do
		[[ $(aws elbv2 describe-tags --resource-arns "$arn" --output text \
			--query "TagDescriptions[0].Tags[?Key=='platformctl:platform'].Value | [0]") != "$platform" ]] || echo "$arn"
	done
}

for arn in $(owned $(aws elbv2 describe-load-balancers --query 'LoadBalancers[].LoadBalancerArn' --output text)); do
	aws elbv2 delete-load-balancer --load-balancer-arn "$arn"
done
for arn in $(owned $(aws elbv2 describe-target-groups --query 'TargetGroups[].TargetGroupArn' --output text)); do
	aws elbv2 delete-target-group --target-group-arn "$arn"
done

for group in $(aws autoscaling describe-auto-scaling-groups --filters "Name=tag:platformctl:platform,Values=$platform" \
	--query 'AutoScalingGroups[].AutoScalingGroupName' --output text); do
	aws autoscaling delete-auto-scaling-group --auto-scaling-group-name "$group" --force-delete
done
for id in $(aws ec2 describe-launch-templates --filters "$ours" --query 'LaunchTemplates[].LaunchTemplateId' --output text); do
	aws ec2 delete-launch-template --launch-template-id "$id"
done
instances=$(aws ec2 describe-instances --filters "$ours" Name=instance-state-name,Values=pending,running,shutting-down,stopping,stopped \
	--query 'Reservations[].Instances[].InstanceId' --output text)
if [[ -n $instances ]]; then
	aws ec2 terminate-instances --instance-ids $instances
	aws ec2 wait instance-terminated --instance-ids $instances
fi

nats=$(aws ec2 describe-nat-gateways --filter "$ours" Name=state,Values=pending,available,deleting --query 'NatGateways[].NatGatewayId' --output text)
for id in $nats; do aws ec2 delete-nat-gateway --nat-gateway-id "$id"; done
[[ -z $nats ]] || aws ec2 wait nat-gateway-deleted --nat-gateway-ids $nats
for id in $(aws ec2 describe-addresses --filters "$ours" --query 'Addresses[].AllocationId' --output text); do
	aws ec2 release-address --allocation-id "$id"
done
endpoints=$(aws ec2 describe-vpc-endpoints --filters "$ours" --query 'VpcEndpoints[].VpcEndpointId' --output text)
[[ -z $endpoints ]] || aws ec2 delete-vpc-endpoints --vpc-endpoint-ids $endpoints

# The two groups name each other: the rules go first.
groups=$(aws ec2 describe-security-groups --filters "$ours" --query 'SecurityGroups[].GroupId' --output text)
for id in $groups; do
	in=$(aws ec2 describe-security-groups --group-ids "$id" --query 'SecurityGroups[0].IpPermissions' --output json)
	out=$(aws ec2 describe-security-groups --group-ids "$id" --query 'SecurityGroups[0].IpPermissionsEgress' --output json)
	[[ $in == '[]' ]] || aws ec2 revoke-security-group-ingress --group-id "$id" --ip-permissions "$in"
	[[ $out == '[]' ]] || aws ec2 revoke-security-group-egress --group-id "$id" --ip-permissions "$out"
done
for id in $groups; do aws ec2 delete-security-group --group-id "$id"; done

for id in $(aws ec2 describe-subnets --filters "$ours" --query 'Subnets[].SubnetId' --output text); do
	aws ec2 delete-subnet --subnet-id "$id"
done
for id in $(aws ec2 describe-route-tables --filters "$ours" --query 'RouteTables[].RouteTableId' --output text); do
	aws ec2 delete-route-table --route-table-id "$id"
done
for id in $(aws ec2 describe-internet-gateways --filters "$ours" --query 'InternetGateways[].InternetGatewayId' --output text); do
	vpc=$(aws ec2 describe-internet-gateways --internet-gateway-ids "$id" --query 'InternetGateways[0].Attachments[0].VpcId' --output text)
	[[ $vpc == None ]] || aws ec2 detach-internet-gateway --internet-gateway-id "$id" --vpc-id "$vpc"
	aws ec2 delete-internet-gateway --internet-gateway-id "$id"
done
for id in $(aws ec2 describe-vpcs --filters "$ours" --query 'Vpcs[].VpcId' --output text); do
	aws ec2 delete-vpc --vpc-id "$id"
done

name=$platform-$region-web
if aws iam get-instance-profile --instance-profile-name "$name" >/dev/null 2>&1; then
	aws iam remove-role-from-instance-profile --instance-profile-name "$name" --role-name "$name" || true # not in it any more
	aws iam delete-instance-profile --instance-profile-name "$name"
fi
if aws iam get-role --role-name "$name" >/dev/null 2>&1; then
	for arn in $(aws iam list-attached-role-policies --role-name "$name" --query 'AttachedPolicies[].PolicyArn' --output text); do
		aws iam detach-role-policy --role-name "$name" --policy-arn "$arn"
	done
	aws iam delete-role --role-name "$name"
fi

# Under a domain: the records that led to the load balancer, and the certificate. Hosted zones stay, and so does what proved the
# domain, which other certificates may need.
for zone in $(aws route53 list-hosted-zones --query 'HostedZones[].Id' --output text); do
	led="Type=='A' && AliasTarget && starts_with(AliasTarget.DNSName, '$platform-alb-') && contains(AliasTarget.DNSName, '.$region.elb.')"
	changes=$(aws route53 list-resource-record-sets --hosted-zone-id "$zone" --output json \
		--query "{Changes: ResourceRecordSets[?$led].{Action: 'DELETE', ResourceRecordSet: @}}")
	[[ $changes != *DELETE* ]] || aws route53 change-resource-record-sets --hosted-zone-id "$zone" --change-batch "$changes"
done
for arn in $(aws acm list-certificates --includes keyTypes=EC_prime256v1 --query 'CertificateSummaryList[].CertificateArn' --output text); do
	[[ $(aws acm list-tags-for-certificate --certificate-arn "$arn" --output text \
		--query "Tags[?Key=='platformctl:platform'].Value | [0]") != "$platform" ]] || aws acm delete-certificate --certificate-arn "$arn"
done
