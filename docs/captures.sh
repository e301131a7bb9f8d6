#!/usr/bin/env bash
# Runs every command in terminals of 80 by 24 and 200 by 50, in a clean directory
# with a clean home, and writes what is on the screen to docs/captures/: as text,
# and at 80 by 24 as an SVG, too, which docs/captures.md shows.
#
# It needs tmux and curl, and takes some minutes. Sizes and scenes can be chosen: docs/captures.sh 80x24 up.
# PLATFORMCTL can name the binary.
set -euo pipefail
cd "$(dirname "$0")"
pages=$PWD/captures
sizes=(80x24 200x50)
if [[ ${1-} =~ ^[0-9]+x[0-9]+$ ]]; then sizes=("$1"); shift; fi
chosen=${1-}

# As long as what is shown in its place, so that nothing moves on the screen.
root=$(mktemp -d /tmp/XXXX)
shown=/home/you
socket=captures-$$
serving=
cleanup() {
	tmux -L "$socket" kill-server 2>/dev/null || true
	if [[ -n $serving ]]; then kill "$serving" 2>/dev/null || true; wait "$serving" 2>/dev/null || true; fi
	rm -rf "$root" || rm -rf "$root" # what ends may write a last file meanwhile
}
trap cleanup EXIT
mkdir -p "$root/.bin" "$pages"
if [[ -n ${PLATFORMCTL-} ]]; then
	cp "$PLATFORMCTL" "$root/.bin/platformctl"
else
	(cd .. && go build -o "$root/.bin/platformctl" ./cmd/platformctl)
fi

terminal() { tmux -L "$socket" "$@"; }

# serve: a local cloud that has room for a large platform. The first command
# that leaves it empty stops it.
serve() {
	env -i PATH="$PATH" HOME="$root" platformctl local serve --latency aws/10 --quota vcpus=400 --quota elastic_ips=10 \
		>"$root/.serve" 2>&1 &
	serving=$!
	until json local status | grep -q '"running": true'; do sleep 0.1; done
}

# open WIDTH HEIGHT: a shell in a clean home, for a local cloud that takes a tenth
# of AWS's time.
open() {
	export PATH="$root/.bin:$PATH"
	mkdir -p "$root/shop"
	# No file of the machine's is read, and the prompt says each time that a command has ended.
	terminal -f /dev/null new-session -d -x "$1" -y "$2" -s it \
		"cd $root/shop && exec env -i PATH=$PATH HOME=$root TERM=screen-256color LANG=C.UTF-8 PLATFORMCTL_LOCAL_LATENCY=aws/10 PS1='\$ ' \
		PROMPT_COMMAND='tmux -L $socket wait-for -S ended' bash --noprofile --norc"
	terminal set-option -g status off
	ended
}

close() {
	terminal kill-server
	wait "$serving" || true # local stop has ended it
	serving=
	rm -rf "$root/shop" "$root/.local"
}

ended() { timeout 300 tmux -L "$socket" wait-for ended; }

# enter COMMAND: begin it on an empty screen.
enter() {
	terminal send-keys C-l
	until [[ $(terminal capture-pane -p | tr -d '\n') == '$'* ]]; do sleep 0.05; done
	terminal send-keys -l "$1"
	terminal send-keys Enter
}

# until_shown REGEXP: wait until the screen shows it.
until_shown() {
	for ((i = 0; i < 3000; i++)); do
		if terminal capture-pane -p | grep -qE -- "$1"; then return; fi
		sleep 0.05
	done
	echo "the screen never showed $1:" >&2
	terminal capture-pane -p >&2
	return 1
}

# keep SCENE TITLE: write what is on the screen now.
keep() {
	if [[ -n $chosen && $1 != "$chosen"* ]]; then return; fi
	terminal capture-pane -p | sed "s|$root|$shown|g" >"$pages/$1.$size.txt"
	if grep -qE '^(panic|fatal error):|^goroutine [0-9]' "$pages/$1.$size.txt"; then
		echo "$1 shows a crash:" >&2
		cat "$pages/$1.$size.txt" >&2
		rm "$pages/$1.$size.txt"
		exit 1
	fi
	# The empty rows at the end are no use to anybody.
	sed -i -e :a -e '/^\n*$/{$d;N;ba' -e '}' "$pages/$1.$size.txt"
	if [[ $size == 80x24 ]]; then
		terminal capture-pane -ep | sed "s|$root|$shown|g" |
			LC_ALL=C awk -v width=80 -v height=24 -v title="$2" -f captures.awk >"$pages/$1.svg"
	fi
	echo "$size $1" >&2
}

# scene SCENE COMMAND: run it to its end.
scene() {
	enter "$2"
	ended
	keep "$1" "$2"
}

# json COMMAND…: what it says to a script; an unhealthy status is no failure.
json() { (cd "$root/shop" && { env -i HOME="$root" PATH="$PATH" PLATFORMCTL_LOCAL_LATENCY=aws/10 platformctl "$@" -o json || true; }); }

# aws SERVICE PARAMETER…: a call that isn't platformctl's.
aws() {
	local service=$1 arguments=()
	shift
	local endpoint
	endpoint=$(json local status | sed -n 's/.*"endpoint": "\(.*\)".*/\1/p')
	for argument in "$@"; do arguments+=(--data-urlencode "$argument"); done
	curl -sS --fail-with-body --aws-sigv4 "aws:amz:us-east-1:$service" --user local:local "${arguments[@]}" "$endpoint"
}

# text XML ELEMENT: the text of the first such element.
text() { sed -n "s|.*<$2>\([^<]*\)</$2>.*|\1|p" <<<"$1" | head -1; }

# stop_one stops the first instance behind the platform's back.
stop_one() {
	local instance
	instance=$(json status | sed -n 's/.*"instance": "\(i-[0-9a-f]*\)".*/\1/p' | head -1)
	aws ec2 Action=StopInstances Version=2016-11-15 "InstanceId.1=$instance" >/dev/null
}

# elb and iam: a call of those services that isn't platformctl's.
elb() { aws elasticloadbalancing Version=2015-12-01 "$@"; }
iam() { aws iam Version=2010-05-08 "$@"; }

# id KEY: the ID of one of the platform's objects.
id() { json status --no-probe | tr -d '\n ' | grep -o "\"key\":\"$1\"[^}]*" | sed -n 's/.*"id":"\([^"]*\)".*/\1/p' | head -1; }

# by_hand is drift of every sort: a rule before the listener's own action, a target group's attribute, a network ACL's entry,
# the role's policies, a target of somebody else's; and what is stricter than asked for.
by_hand() {
	local acl role
	elb Action=CreateRule "ListenerArn=$(id listener/http)" Priority=1 Conditions.member.1.Field=path-pattern \
		'Conditions.member.1.Values.member.1=/sale/*' Actions.member.1.Type=fixed-response \
		Actions.member.1.FixedResponseConfig.StatusCode=200 >/dev/null
	elb Action=ModifyTargetGroupAttributes "TargetGroupArn=$(id target-group/web)" \
		Attributes.member.1.Key=load_balancing.cross_zone.enabled Attributes.member.1.Value=false >/dev/null
	elb Action=RegisterTargets "TargetGroupArn=$(id target-group/web)" "Targets.member.1.Id=$(id instance/web-a-1)" Targets.member.1.Port=8080 >/dev/null
	protection true
	acl=$(text "$(aws ec2 Action=DescribeNetworkAcls Version=2016-11-15 Filter.1.Name=vpc-id "Filter.1.Value.1=$(id vpc/main)")" networkAclId)
	aws ec2 Action=CreateNetworkAclEntry Version=2016-11-15 "NetworkAclId=$acl" RuleNumber=90 Egress=false Protocol=6 RuleAction=deny \
		CidrBlock=203.0.113.0/24 PortRange.From=80 PortRange.To=80 >/dev/null
	role=$(id role/web)
	iam Action=PutRolePolicy "RoleName=$role" PolicyName=by-hand \
		'PolicyDocument={"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:*","Resource":"*"}]}' >/dev/null
}

# protection VALUE: the load balancer's deletion protection.
protection() {
	elb Action=ModifyLoadBalancerAttributes "LoadBalancerArn=$(id load-balancer/alb)" \
		Attributes.member.1.Key=deletion_protection.enabled "Attributes.member.1.Value=$1" >/dev/null
}

# lead_elsewhere ACTION: change, or delete, the domain's record by hand.
lead_elsewhere() {
	local endpoint zone
	endpoint=$(json local status | sed -n 's/.*"endpoint": "\(.*\)".*/\1/p')
	zone=$(id dns-record/validation-shop.example.localhost)
	curl -sS --fail-with-body --aws-sigv4 aws:amz:us-east-1:route53 --user local:local -H 'Content-Type: application/xml' --data-binary "
		<ChangeResourceRecordSetsRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><ChangeBatch><Changes><Change><Action>$1</Action>
		<ResourceRecordSet><Name>shop.example.localhost</Name><Type>A</Type><TTL>60</TTL><ResourceRecords><ResourceRecord><Value>192.0.2.7</Value>
		</ResourceRecord></ResourceRecords></ResourceRecordSet></Change></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>" \
		"$endpoint/2013-04-01/hostedzone/${zone%%/*}/rrset/" >/dev/null
}

# type LINE: typed beside the scenes, unseen.
type_line() {
	terminal send-keys -l "$1"
	terminal send-keys Enter
	ended
}

for size in "${sizes[@]}"; do
	open "${size%x*}" "${size#*x}"

	scene version 'platformctl version'
	scene help 'platformctl help'
	scene init 'platformctl init </dev/null'
	rm "$root/shop/platform.yaml"
	scene status-absent 'platformctl status'
	scene plan 'platformctl plan'

	scene error-usage 'platformctl pln'
	printf 'name: shop\nnetwork:\n  zones: 9\nwebb:\n  instances: two\n' >"$root/shop/wrong.yaml"
	scene error-configuration 'platformctl plan -c wrong.yaml'
	rm "$root/shop/wrong.yaml"
	scene error-quota 'PLATFORMCTL_WEB_INSTANCES=60 PLATFORMCTL_WEB_INSTANCE_TYPE=m5.4xlarge platformctl up'

	enter 'platformctl up'
	until_shown 'nat-gateway/a +[2-9].*pending'
	terminal send-keys C-c
	ended
	keep error-interrupted 'platformctl up, and Ctrl-C'
	enter 'platformctl down'
	ended

	enter 'platformctl up'
	until_shown 'nat-gateway/a +[4-9].*pending'
	keep up-running 'platformctl up, while it runs'
	ended
	keep up 'platformctl up'
	scene up-again 'platformctl up'
	scene up-plain 'platformctl up 2>&1 | cat'
	scene local-status 'platformctl local status'
	scene status 'platformctl status'
	scene list 'platformctl list'
	scene status-verbose 'platformctl status -v 2>/dev/null'
	scene plan-nothing 'platformctl plan'
	scene plan-changes 'PLATFORMCTL_WEB_INSTANCES=3 PLATFORMCTL_WEB_INSTANCE_TYPE=t3.small platformctl plan'
	scene status-drifted 'PLATFORMCTL_WEB_INSTANCES=3 PLATFORMCTL_WEB_INSTANCE_TYPE=t3.small platformctl status'
	scene plan-impact 'PLATFORMCTL_NETWORK_CIDR=10.1.0.0/16 platformctl plan'
	scene list 'platformctl list'
	scene local-logs 'platformctl local logs'

	# The same platform, as if its cloud were AWS: there up and down ask.
	type_line "export AWS_ENDPOINT_URL=$(json local status | sed -n 's/.*"endpoint": "\(.*\)".*/\1/p') AWS_ACCESS_KEY_ID=any AWS_SECRET_ACCESS_KEY=any"
	printf 'name: shop\nweb: {instances: 3}\n' >"$root/shop/platform.yaml"
	enter 'platformctl up --target aws --state aws.json'
	until_shown 'on AWS[?]'
	keep ask-up 'platformctl up --target aws --state aws.json'
	type_line n
	enter 'platformctl down --target aws --state aws.json'
	until_shown 'to go on:'
	keep ask-down 'platformctl down --target aws --state aws.json'
	type_line n
	rm "$root/shop/platform.yaml"
	type_line 'unset AWS_ENDPOINT_URL AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY'

	enter 'platformctl failover-drill --duration 10s'
	until_shown 'since the fault'
	until_shown 'unhealthy|next: the fault is restored|detected'
	keep drill-running 'platformctl failover-drill, while it runs'
	ended
	keep drill 'platformctl failover-drill'

	enter 'platformctl status --watch'
	until_shown 'until Ctrl-C'
	stop_one
	until_shown 'is degraded'
	keep status-watch 'platformctl status --watch'
	terminal send-keys C-c
	ended
	scene up-repairs 'platformctl up'

	by_hand
	scene status-by-hand 'platformctl status'
	scene plan-by-hand 'platformctl plan'
	scene up-by-hand 'platformctl up'
	scene error-protected 'platformctl down'
	protection false

	subnet=$(id subnet/private-a)
	interface=$(text "$(aws ec2 Action=CreateNetworkInterface Version=2016-11-15 "SubnetId=$subnet" Description=database)" networkInterfaceId)
	scene error-blocked 'platformctl down'
	aws ec2 Action=DeleteNetworkInterface Version=2016-11-15 "NetworkInterfaceId=$interface" >/dev/null

	enter 'platformctl down'
	until_shown 'nat-gateway'
	until_shown 'security-group/alb .*[1-9]\.[0-9]s'
	keep down-running 'platformctl down, while it runs'
	ended
	keep down 'platformctl down'
	scene down-again 'platformctl down'

	# Under a domain, which somebody leads elsewhere then.
	printf 'name: shop\nload_balancer:\n  https: {domain: shop.example.localhost, hosted_zone: example.localhost}\n' >"$root/shop/platform.yaml"
	scene https-up 'platformctl up'
	until json status | grep -q '"health": "healthy"'; do sleep 0.2; done # by its name, which DNS has to hear of
	scene https-status 'platformctl status'
	lead_elsewhere UPSERT
	scene https-elsewhere 'platformctl status --no-probe'
	lead_elsewhere DELETE
	enter 'platformctl down'
	ended
	rm "$root/shop/platform.yaml"

	# 78 instances in six zones: two hundred objects.
	terminal send-keys 'export PLATFORMCTL_NETWORK_ZONES=6 PLATFORMCTL_WEB_INSTANCES=78 PLATFORMCTL_WEB_INSTANCE_TYPE=t2.micro' Enter
	ended
	scene many-plan 'platformctl plan'
	serve
	enter 'platformctl up'
	until_shown 'nat-gateways?.*[1-9]\.[0-9]s'
	keep many-up-running 'platformctl up, while it runs'
	until_shown 'registrations? .*waiting|[0-9]+ registrations.*[0-9]s'
	keep many-up-registering 'platformctl up, while targets become healthy'
	ended
	keep many-up 'platformctl up'
	stop_one
	scene many-status 'platformctl status'
	enter 'platformctl down'
	until_shown 'instances .*[1-9]\.[0-9]s'
	keep many-down-running 'platformctl down, while it runs'
	ended
	keep many-down 'platformctl down'
	scene local-stop 'platformctl local stop'
	close
done
