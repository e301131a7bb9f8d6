package runbook

import (
	"fmt"
	"strings"
)

func (p Platform) unhealthyInstance() recipe {
	i := p.suspect()
	id := i.ID
	shell := run("A shell (it needs the AWS CLI's session-manager-plugin, and the way out that a NAT gateway gives). In it: `sudo nginx -t`, `systemctl status nginx`, `sudo cloud-init status --long`:",
		p.aws("ssm start-session --target %s", id))
	if p.Machines != "" {
		shell = run("There is no shell here; what the instance wrote is in `" + p.Machines + "`. Is Nginx running?")
	}
	subject := "the first of the platform's; take the ID that `status` names"
	if i.State != "" && i.State != healthy && id != "i-…" {
		subject = "which was " + i.State + " when this was written"
	}
	return recipe{
		title:  "An instance is unhealthy",
		notice: fmt.Sprintf("`%s` says `degraded`, exits 3, and shows a target as `unhealthy` or `unused` with a reason. This is about %s (`%s` in %s), %s.", p.ctl("status"), i.Name, id, or(i.Zone, "…"), subject),
		users:  "For up to some seconds a share of the requests fails (502, 504), until the load balancer has noticed. Then nothing, while the others can carry the load.",
		look: []step{
			run("What has drifted, and which reason the target has ("+p.doc("what each means", "operations.md#reading-status")+"):", p.ctl("status")),
			p.lookAtTargets(),
			run("Whether it runs, and what it wrote while it started:",
				p.aws("ec2 describe-instances --instance-ids %s --query 'Reservations[].Instances[].[InstanceId,State.Name,StateReason.Message,LaunchTime]' --output text", id),
				p.aws("ec2 get-console-output --instance-id %s --latest --output text", id)),
			shell,
		},
		do: []step{
			run("Where `status` shows drift (`✗`), a stopped or terminated instance included, this is all:", p.ctl("up")),
			run("Otherwise replace it. It gets no requests now, so ending it costs none:",
				p.aws("ec2 terminate-instances --instance-ids %s", id),
				p.aws("ec2 wait instance-terminated --instance-ids %s", id),
				p.ctl("up")),
		},
		verify: []step{p.allWell(), p.lookAtTargets()},
		dont: []string{
			"Don't end a second instance before the first one's successor is healthy.",
			"Don't repair it by hand and leave it so: the next replacement is without your hand. Correct the page or the configuration.",
			"Don't run `up` alone and wait where nothing has drifted: it doesn't replace an instance that runs.",
			"If each new instance comes up unhealthy, stop: it is the way out (look for drift in routes) or the configuration. See [5xx rise](#" + anchor(p.serverErrors().title) + ").",
		},
	}
}

func (p Platform) lostZone() recipe {
	z := p.zone()
	rest := p.others(z.Name)
	without := run("If it lasts for hours and those who are left can't carry the load: give them more instances (see [scale](#scale)), or leave the zone. To leave it, name the others in the configuration, `network: {zones: ["+rest+"]}`, then:", p.ctl("plan"), p.ctl("up"))
	if len(p.Zones) <= 2 {
		without = run(fmt.Sprintf("If it lasts for hours and those who are left can't carry the load: a load balancer needs two zones, so name another one instead of this, `network: {zones: [%s, …]}`, then:", rest), p.ctl("plan"), p.ctl("up"))
	}
	health := step{say: "Is it AWS? [AWS Health](https://health.aws.amazon.com/health/status), and the state of the zones:", run: []string{
		p.aws("ec2 describe-availability-zones --query 'AvailabilityZones[].[ZoneName,State]' --output text")}}
	notice := fmt.Sprintf("`%s` shows all targets of one zone as `unhealthy` (`Target.Timeout`) or `unused`, and the others as healthy. This is about %s.", p.ctl("status"), z.Name)
	if p.onAWS() {
		notice += " Or it ends after two minutes with an error of `DescribeInstances`: while a zone is disrupted, AWS may refuse to list instances that aren't named, and then no command of platformctl gets further. It has changed nothing then, and the load balancer goes on without it: go by the targets' health, below."
	} else {
		health.say = "The state of the zones:"
	}
	return recipe{
		title:  "A zone is lost",
		notice: notice,
		users:  fmt.Sprintf("For up to a quarter of a minute the zone's share of the requests hangs or fails (504). After that it is served by %s. Clients that hold the address of the load balancer's node in the zone time out, until its name has lost it: a minute or two.", rest),
		look: []step{
			run("Is it the zone, or only what is in it?", p.ctl("status")), p.lookAtTargets(), health,
			run("Is it a network ACL, as an unfinished drill leaves one? Then it is [that recipe](#"+anchor(p.unrestoredDrill().title)+"). Are the routes there?",
				p.aws("ec2 describe-network-acls --filters Name=association.subnet-id,Values=%s,%s --query 'NetworkAcls[].[NetworkAclId,IsDefault,Tags]' --output json", or(z.Private, "subnet-…"), or(z.Public, "subnet-…")),
				p.aws("ec2 describe-route-tables --filters Name=association.subnet-id,Values=%s,%s --query 'RouteTables[].Routes[].[DestinationCidrBlock,GatewayId,NatGatewayId,State]' --output text", or(z.Private, "subnet-…"), or(z.Public, "subnet-…"))),
		},
		do: []step{
			{say: "Nothing, at first: the load balancer has taken the zone out by itself, and takes it back by itself. See that those who are left carry the load."},
			run("If it is drift, repair it:", p.ctl("up")),
			without,
		},
		verify: []step{p.allWell(), run("The page comes, whichever zone answers:", "curl -sS -D - -o /dev/null "+p.page())},
		dont: []string{
			"Don't run `up` to replace instances in a zone that is lost: AWS can't start them there, and `up` waits for them.",
			"Don't end instances that are unreachable: when the zone is back, so are they.",
			"Don't run a drill.",
		},
	}
}

func (p Platform) serverErrors() recipe {
	i := p.suspect()
	metrics := run("How many, and whose: `HTTPCode_ELB_5XX_Count` is the load balancer's own (502, 503, 504), `HTTPCode_Target_5XX_Count` the instances'. The last hour, by minute:",
		p.metric("HTTPCode_ELB_5XX_Count"), p.metric("HTTPCode_Target_5XX_Count"))
	if p.Machines != "" {
		metrics = run("There are no metrics here. The page at " + p.Endpoint + " shows requests and errors as they come.")
	}
	return recipe{
		title:  "5xx rise",
		notice: "Your monitoring, or your users; " + code(p.ctl("status")) + " may still say `healthy`, since it fetches the page once.",
		users:  "Errors, on a share of the requests or on all.",
		look: []step{
			run("Which error, and from whom? A 5xx with `X-Platformctl-Instance` comes from that instance; without it, from the load balancer:",
				"for n in 1 2 3 4 5 6 7 8 9 10; do curl -sS -o /dev/null -D - "+p.page()+" | grep -iE '^HTTP|^X-Platformctl-(Instance|Zone)'; done"),
			metrics, p.lookAtTargets(),
			{say: "| It is | Which means | So |\n|---|---|---|\n" +
				"| 502 | an instance resets or breaks off: Nginx is down, or was cut off by a replacement | [that instance](#" + anchor("An instance is unhealthy") + "); a longer `load_balancer.deregistration_delay` |\n" +
				"| 503 | the target group has no target | " + code(p.ctl("up")) + " |\n" +
				"| 504 | silence: a rule, a route, a network ACL, or an instance that hangs | drift, which " + code(p.ctl("up")) + " repairs; else [the instance](#" + anchor("An instance is unhealthy") + "), or [the zone](#" + anchor("A zone is lost") + ") |\n" +
				"| 500 or 503 with `X-Platformctl-Instance` | Nginx itself, which the health check doesn't see | if one: take it out, below. If all: take back [the page](#" + anchor("Deploy a new page") + ") or [the image](#" + anchor("Replace the image") + ") that came last |"},
		},
		do: []step{
			run("Repair what has drifted; it changes nothing else:", p.ctl("plan"), p.ctl("up")),
			run(fmt.Sprintf("One instance answers wrongly though it is `healthy`: take it out gently, so that what is under way ends well (`draining`, up to %s), then replace it. Here with %s:", p.Drain, i.Name),
				p.aws("elbv2 deregister-targets --target-group-arn %s --targets Id=%s,Port=%d", p.targetGroup(), i.ID, p.Port),
				p.aws("elbv2 wait target-deregistered --target-group-arn %s --targets Id=%s,Port=%d", p.targetGroup(), i.ID, p.Port),
				p.aws("ec2 terminate-instances --instance-ids %s", i.ID),
				p.aws("ec2 wait instance-terminated --instance-ids %s", i.ID),
				p.ctl("up")),
			{say: "All of them, since the last change: take the change back, in the configuration, and `up`. They are overloaded: [scale](#scale)."},
		},
		verify: []step{p.allWell(), run("No 5xx among a hundred:",
			"for n in $(seq 100); do curl -sS -o /dev/null -w '%{http_code}\\n' "+p.page()+"; done | sort | uniq -c")},
		dont: []string{
			"Don't make the health check fail on purpose to take an instance out: with all of them failing, the load balancer sends requests to all.",
			"Don't deregister more than one instance at a time, and don't leave one deregistered: `status` calls it drift.",
			"Don't raise `load_balancer.idle_timeout` against 504s: users wait longer for the same error.",
		},
	}
}

// metric is the command line for one of the load balancer's metrics.
func (p Platform) metric(name string) string {
	_, dimension, _ := strings.Cut(or(p.LoadBalancer, "arn:loadbalancer/app/"+p.Name+"-alb/…"), "loadbalancer/")
	return p.aws("cloudwatch get-metric-statistics --namespace AWS/ApplicationELB --metric-name %s --dimensions Name=LoadBalancer,Value=%s --statistics Sum --period 60 --start-time \"$(date -u -d '1 hour ago' +%%FT%%TZ)\" --end-time \"$(date -u +%%FT%%TZ)\"", name, dimension)
}

func (p Platform) newPage() recipe {
	return recipe{
		title:  "Deploy a new page",
		notice: "You have a new page.",
		users:  "The old page or the new one, whichever instance answers, until all are replaced. No error: `up` replaces the instances zone by zone, and each new one is healthy before an old one drains.",
		look:   []step{run("Is all well now? What would be replaced, and in which turns?", p.ctl("status"), p.ctl("plan"))},
		do: []step{
			run("Put the page into the file that `web.page` names, or name another there. Then:", p.ctl("plan"), p.ctl("up")),
			{say: "If `up` stops because a new instance doesn't become healthy, the old ones serve on, and its console is shown. Take the old page back and run `up` again: it removes the new instance. Interrupted, it goes on from where it was."},
		},
		verify: []step{p.allWell(), run("The new page, from each instance:", "for n in $(seq "+fmt.Sprint(2*max(p.Wanted, 1))+"); do curl -sS "+p.page()+" | head -5; done")},
		dont: []string{
			"Don't edit the page on the instances: nobody knows of it, and the next replacement takes it away.",
			"Don't deploy while the platform is degraded, or a zone is lost.",
			"Don't go over 8 KiB: the page travels in the user data.",
		},
	}
}

func (p Platform) newImage() recipe {
	return recipe{
		title:  "Replace the image",
		notice: "A security bulletin of Amazon Linux, or your calendar. `up` takes no newer image by itself, unless `web.image` is `latest`.",
		users:  "Nothing: as for a new page, one zone at a time, and a new instance is healthy before an old one drains.",
		look: []step{run("Which image runs, and which is the newest?",
			p.aws("ec2 describe-instances --filters %s Name=instance-state-name,Values=running --query 'Reservations[].Instances[].[InstanceId,ImageId,InstanceType]' --output text", p.owned()),
			p.aws("ssm get-parameter --name %s --query Parameter.Value --output text", p.ImageParameter))},
		do: []step{
			run("In the configuration, under `web`, set `image: latest` for the newest, or `image: ami-…` for one that you have tried elsewhere. Then:", p.ctl("plan"), p.ctl("up")),
			{say: "If `up` stops because a new instance doesn't become healthy, the old ones serve on. Set `image` to the ID of the old image and run `up` again. `latest` goes on replacing at each `up` that finds a newer one; with an ID nothing happens unasked."},
		},
		verify: []step{p.allWell(), run("All have the new image:",
			p.aws("ec2 describe-instances --filters %s Name=instance-state-name,Values=running --query 'Reservations[].Instances[].[InstanceId,ImageId]' --output text", p.owned()))},
		dont: []string{
			"Don't patch instances over a shell and call it done.",
			"Don't end the old instances to get new ones: that is an outage of their share, where `up` has none.",
			"Don't deregister or delete the old image before the roll is over: it is your way back.",
		},
	}
}

func (p Platform) scale() recipe {
	return recipe{
		title:  "Scale",
		notice: fmt.Sprintf("Instances are busy, or idle. There is no Auto Scaling: it is the number `web.instances`, now %d, over `network.zones`, now %d.", p.Wanted, p.ZoneCount),
		users:  "Nothing. Instances that go are drained first.",
		look: []step{
			run("What there is, and how busy:", p.ctl("status"),
				p.aws("ec2 describe-instances --filters %s Name=instance-state-name,Values=running --query 'Reservations[].Instances[].[InstanceId,InstanceType,Placement.AvailabilityZone]' --output text", p.owned())),
			run("Does the quota allow it? (Running on-demand standard instances, in vCPUs; a t3.micro has two.)",
				p.aws("service-quotas get-service-quota --service-code ec2 --quota-code L-1216C47A --query Quota.Value --output text")),
		},
		do: []step{
			run(fmt.Sprintf("Set `web.instances` in the configuration; as many as there are zones, or a multiple, keeps them even. To try what it would do, here with %d:", p.Wanted+p.ZoneCount),
				fmt.Sprintf("PLATFORMCTL_WEB_INSTANCES=%d %s", p.Wanted+p.ZoneCount, p.ctl("plan"))),
			run("Then:", p.ctl("plan"), p.ctl("up")),
			{say: "Larger instances: `web.instance_type`, which replaces them one zone at a time. More zones: `network.zones`; no subnet moves."},
		},
		verify: []step{p.allWell(), p.lookAtTargets()},
		dont: []string{
			"Don't start or end instances by hand: `up` goes back to the number.",
			"Don't go below one instance a zone: a zone without one doesn't help when the other is lost.",
			"Don't leave the number in a variable: the next `up` without it takes it back.",
		},
	}
}

func (p Platform) lostState() recipe {
	state := p.Directory + "/.platformctl/" + p.Name + ".json"
	if p.Generic {
		state = ".platformctl/" + p.Name + ".json"
	}
	return recipe{
		title:  "Restore or rebuild the state",
		notice: "A command says that the state file is missing or can't be used, or refuses it, or the machine that had it is gone.",
		users:  "Nothing. The state is an index; the tags on the objects are the truth.",
		look: []step{
			run("What is there, by the tags alone; the first asks platformctl, the second doesn't:", p.ctl("status"),
				p.aws("ec2 describe-tags --filters Name=key,Values=platformctl:platform Name=value,Values=%s --query 'Tags[].[ResourceType,ResourceId]' --output text", p.Name)),
			run("Is there a copy?", "ls -l "+state+"*"),
		},
		do: []step{
			run("Missing, damaged or lost with its machine: nothing but going on, in a directory with the same configuration. `up` reads the copy and the tags, and writes a new file ("+p.doc("which file does what", "operations.md#the-state-file")+"):", p.ctl("plan"), p.ctl("up")),
			{say: "From a backup: put the file back as it was, then `up`. An old backup does no harm, since what it doesn't know is found by its tags."},
			{say: "Refused, because it is of another target, account or region: it isn't lost, but the wrong one. Use the right credentials or directory, or `--state`. Refused, because it is of a newer version: use that version of platformctl."},
		},
		verify: []step{p.allWell()},
		dont: []string{
			"Don't edit the file.",
			"Don't delete it to get around a refusal or a lock: the refusal is there to save another platform, and a dead run's lock goes by itself.",
			"Don't change tags whose names begin with `platformctl:`.",
			"Don't run `up` from two machines: only those that share the directory see each other's lock.",
		},
	}
}

func (p Platform) stuckTeardown() recipe {
	vpc := or(p.VPC, "vpc-…")
	return recipe{
		title:  "A stuck teardown",
		notice: "`" + p.ctl("down") + "` exits 1 with the code `blocked`, `remaining` or `timeout`, or goes on saying that something `is waiting`.",
		users:  "Nobody should be there any more. What is left costs money.",
		look: []step{
			run("What is left, and what `down` names as in the way:", p.ctl("status")),
			run("All that has a network interface in the VPC; `Description`, `InterfaceType` and `RequesterId` say whose it is. Those of the platform's own load balancer (`ELB app/…`) go by themselves, on AWS after some minutes:",
				p.aws("ec2 describe-network-interfaces --filters Name=vpc-id,Values=%s --query 'NetworkInterfaces[].[NetworkInterfaceId,Status,InterfaceType,RequesterId,Description]' --output text", vpc)),
			run("Instances, and security groups whose rules name each other:",
				p.aws("ec2 describe-instances --filters Name=vpc-id,Values=%s Name=instance-state-name,Values=pending,running,stopping,stopped --query 'Reservations[].Instances[].[InstanceId,State.Name,Tags]' --output json", vpc),
				p.aws("ec2 describe-security-groups --filters Name=vpc-id,Values=%s --query 'SecurityGroups[].[GroupId,GroupName,IpPermissions[].UserIdGroupPairs[].GroupId]' --output json", vpc)),
		},
		do: []step{
			run("Nothing without the platform's tags is ever deleted, so it is for you to say whose it is: ask its owner, then delete or move it. An object that was the platform's and lost its tag gets it back:",
				p.aws("ec2 create-tags --resources subnet-… --tags Key=platformctl:platform,Value=%s", p.Name)),
			run("Then the same command goes on from where it was. Interrupting one that waits is safe, too:", p.ctl("down")),
			{say: "If platformctl can't be used at all: " + p.doc("by hand, as the last resort", "operations.md#by-hand-as-the-last-resort") + "."},
		},
		verify: p.nothingLeft(),
		dont: []string{
			"Don't delete what you don't know: `down` names the owner of each thing.",
			"Don't delete the VPC in the console: it takes what isn't the platform's along.",
			"Don't delete the state file: it knows what was on its way.",
		},
	}
}

// nothingLeft is the verification of a teardown. The local cloud stops with its
// last platform, so there is nobody but platformctl to ask.
func (p Platform) nothingLeft() []step {
	steps := []step{run("`down` ends with \"nothing is left\", and this says `absent`:", p.ctl("status"))}
	if p.Machines != "" {
		return steps
	}
	return append(steps, run("Nothing carries the tag any more (terminated instances and deleted NAT gateways are listed for an hour yet):",
		p.aws("ec2 describe-vpcs --filters %s --query 'Vpcs[].VpcId' --output text", p.owned()),
		p.aws("ec2 describe-addresses --filters %s --query 'Addresses[].AllocationId' --output text", p.owned())))
}

func (p Platform) unrestoredDrill() recipe {
	i, z := p.suspect(), p.zone()
	return recipe{
		title:  "A drill that couldn't restore",
		notice: "`failover-drill` exits 1 with the code `not-restored`, or it was killed, or its machine is gone. `" + p.ctl("status") + "` shows a stopped instance, or a zone in silence.",
		users:  "What the drill broke stays broken: one share less. Nobody may notice, until the next thing breaks.",
		look: []step{
			run("What is marked as broken. The value begins with the scenario; on a subnet its third word is the network ACL that it had:",
				p.aws("ec2 describe-tags --filters Name=key,Values=platformctl:drill --query 'Tags[].[ResourceType,ResourceId,Value]' --output text")),
		},
		do: []step{
			run("In the directory of the drill or, with the same configuration, in any:", p.ctl("failover-drill --restore")),
			{say: "If that fails, **by hand** (" + p.doc("all of it", "failover-drill.md#restoring-by-hand") + "). Take the IDs that the look above has shown."},
			run("`instance` and `drain`: start it, and for `drain` register it:",
				p.aws("ec2 start-instances --instance-ids %s", i.ID),
				p.aws("ec2 wait instance-running --instance-ids %s", i.ID),
				p.aws("elbv2 register-targets --target-group-arn %s --targets Id=%s,Port=%d", p.targetGroup(), i.ID, p.Port)),
			run("`process`: start Nginx, or stop and start the instance:",
				p.aws("ssm send-command --document-name AWS-RunShellScript --instance-ids %s --parameters commands='systemctl start nginx'", i.ID)),
			run("`zone`: for each marked subnet, ask for its association, give it back the network ACL of the third word, then delete the drill's own, which is marked, too:",
				p.aws("ec2 describe-network-acls --filters Name=association.subnet-id,Values=%s --query 'NetworkAcls[].Associations[?SubnetId==`%s`][].[NetworkAclAssociationId,NetworkAclId]' --output text", or(z.Private, "subnet-…"), or(z.Private, "subnet-…")),
				p.aws("ec2 replace-network-acl-association --association-id aclassoc-… --network-acl-id acl-…"),
				p.aws("ec2 delete-network-acl --network-acl-id acl-…")),
			run("At last, take the mark away from all that has it:",
				p.aws("ec2 delete-tags --resources %s --tags Key=platformctl:drill", i.ID)),
		},
		verify: []step{
			run("Nothing is marked, and all is well:",
				p.aws("ec2 describe-tags --filters Name=key,Values=platformctl:drill --query 'Tags[].[ResourceType,ResourceId,Value]' --output text"), p.ctl("status")),
		},
		dont: []string{
			"Don't take the mark away before it is restored: it is what tells platformctl, and the next one of you, what is broken.",
			"Don't begin another drill: it would restore this one first, and refuse if it can't.",
			"Don't delete the journal, `.platformctl/" + p.Name + ".drill.json`, unless `status` says that all is healthy.",
		},
	}
}

func (p Platform) drillSchedule() recipe {
	directory := p.Directory
	if p.Generic {
		directory = "/srv/" + p.Name
	}
	return recipe{
		title:  "The drill schedule",
		notice: "The calendar; a scheduled drill that exits 4 (objective missed) or 1 (not run, or not restored) tells you by mail.",
		users:  "`drain` costs not one request. `process` and `zone` cost what the drill predicts before it breaks anything.",
		look:   []step{run("The last verdict is in `status`; the last twenty documents are beside the state:", p.ctl("status"), "ls "+strings.TrimPrefix(directory+"/", "./")+".platformctl/"+p.Name+".drills")},
		do: []step{
			{say: "| When | What | Expect |\n|---|---|---|\n" +
				"| each working day, in the morning | " + code(p.ctl("failover-drill --scenario drain --max-errors 0")) + " | not one failed request |\n" +
				"| each week | " + code(p.ctl("failover-drill --scenario instance")) + " | the load balancer notices within its own settings; `up` has nothing to do afterwards |\n" +
				"| each quarter, announced, in a quiet hour | " + code(p.ctl("failover-drill --scenario zone --abort-below 80 --max-duration 2m --report zone.html")) + " | the other zones carry the load |\n" +
				"| after each change of the health check or of the number of instances | " + code(p.ctl("failover-drill --scenario process")) + " | as predicted |"},
			run("As cron lines; the second is for a machine that went down amid a drill, and does nothing otherwise ("+p.doc("more", "failover-drill.md#drills-on-a-schedule")+"):",
				fmt.Sprintf("17 10 * * 1-5  cd %s && %s > drain.json 2> drain.log || mail -s '%s: the drill failed' ops@example.com < drain.log", directory, p.ctl("failover-drill --scenario drain --max-errors 0 --report drain.html -o json"), p.Name),
				fmt.Sprintf("47 *  * * *    cd %s && %s", directory, p.ctl("failover-drill --restore"))),
			run("And each night, is anything other than configured? It exits 3 then:", p.ctl("plan --exit-code")),
		},
		verify: []step{p.allWell()},
		dont: []string{
			"Don't drill while the platform is degraded: the drill refuses, and so should you.",
			"Don't schedule `zone` where nobody is there to see its end.",
			"Don't drill from a machine that may not come back: nothing on AWS ends the fault.",
		},
	}
}
