package runbook

import (
	"fmt"
	"strings"

	"github.com/platformctl/platformctl/internal/kinds/compute"
	"github.com/platformctl/platformctl/internal/kinds/loadbalancing"
	"github.com/platformctl/platformctl/internal/kinds/network"
)

// docs is where the longer texts are, for a runbook that isn't among them.
const docs = "https://github.com/platformctl/platformctl/blob/main/docs/"

// doc is a Markdown link to a page of the documentation.
func (p Platform) doc(text, page string) string {
	if p.Generic {
		return "[" + text + "](" + page + ")"
	}
	return "[" + text + "](" + docs + page + ")"
}

// Markdown is the runbook.
func (p Platform) Markdown() string {
	var b strings.Builder
	recipes := []recipe{
		p.unhealthyInstance(), p.lostZone(), p.serverErrors(), p.newPage(), p.newImage(),
		p.scale(), p.lostState(), p.stuckTeardown(), p.unrestoredDrill(), p.drillSchedule(),
	}
	p.head(&b)
	for _, r := range recipes {
		fmt.Fprintf(&b, "- [%s](#%s)\n", r.title, anchor(r.title))
	}
	p.platform(&b)
	for _, r := range recipes {
		r.write(&b)
	}
	return b.String()
}

func (p Platform) head(b *strings.Builder) {
	if p.Generic {
		fmt.Fprintf(b, "# Runbook\n\nWhat to do when something is wrong with a platform, and how to change one. `platformctl runbook` writes this text for *your* platform,\n"+
			"with its IDs, its commands to paste, and links to its pages in the AWS console:\n\n%s\n"+
			"Here the platform is the default one, `%s` in %s, on AWS; `…` stands for the rest of an ID. %s has the background.\n\n", block(p.ctl("runbook --file runbook-shop.md")), p.Name, p.Region, p.doc("operations.md", "operations.md"))
		return
	}
	fmt.Fprintf(b, "# Runbook of %s\n\n", p.Name)
	if p.missing() {
		fmt.Fprintf(b, "**Not all of this platform is there.** Where an ID isn't known, `…` stands for it: once `%s` has ended well, write this again.\n\n", p.ctl("up"))
	}
	fmt.Fprintf(b, "Written by `%s` on %s, when the platform was %s. **IDs change whenever instances are replaced: write it again then.** Run all\ncommands in `%s`. %s has the background.\n\n",
		p.ctl("runbook"), p.Written.UTC().Format("2 January 2006 15:04 UTC"), p.Health, p.Directory, p.doc("operations.md", "operations.md"))
}

// missing says whether an ID isn't known that the recipes use.
func (p Platform) missing() bool {
	for _, i := range p.Instances {
		if i.ID == "" {
			return true
		}
	}
	return p.VPC == "" || p.LoadBalancer == "" || p.TargetGroup == ""
}

// platform is what is where.
func (p Platform) platform(b *strings.Builder) {
	b.WriteString("\n## The platform\n\n")
	switch {
	case p.Generic:
		b.WriteString("AWS credentials for `aws` are those of `platformctl`: the same `AWS_PROFILE`. First of all, is it the right account?\n")
	case p.onAWS():
		fmt.Fprintf(b, "AWS account %s, credentials for `aws` as for `platformctl`: the same `AWS_PROFILE`. First of all, is it the right account?\n", p.Account)
	case p.Machines == "":
		fmt.Fprintf(b, "It isn't on AWS, but behind the endpoint %s; credentials for `aws` are as for `platformctl`.\n", p.Endpoint)
	default:
		fmt.Fprintf(b, "It is in the local cloud, whose picture of it is at %s in a browser. Any credentials do for `aws`.\n", p.Endpoint)
	}
	lines := []string{p.aws("sts get-caller-identity"), p.ctl("status")}
	if exports := p.exports(); exports != "" {
		lines = append([]string{exports}, lines...)
	}
	fmt.Fprintf(b, "\n%s\n", block(lines...))
	fmt.Fprintf(b, "| What | Which |\n|---|---|\n| Page | %s |\n", code(p.page()))
	fmt.Fprintf(b, "| %s | `%s` |\n", p.link(loadbalancing.LoadBalancerKind().Console, "Load balancer", p.LoadBalancer), or(p.LoadBalancer, "arn:…:loadbalancer/app/"+p.Name+"-alb/…"))
	fmt.Fprintf(b, "| %s | `%s` |\n", p.link(loadbalancing.TargetGroupKind().Console, "Target group", p.TargetGroup), p.targetGroup())
	fmt.Fprintf(b, "| %s | `%s` |\n", p.link(network.VPCKind().Console, "VPC", p.VPC), or(p.VPC, "vpc-…"))
	for _, g := range p.SecurityGroups {
		fmt.Fprintf(b, "| %s | `%s` |\n", p.link(network.SecurityGroupKind().Console, "Security group "+g.Name, g.ID), or(g.ID, "sg-…"))
	}
	subnet := network.SubnetKind().Console
	b.WriteString("\n| Zone | Instances | Private subnet | Its route table | Public subnet | NAT gateway |\n|---|---|---|---|---|---|\n")
	for _, z := range p.Zones {
		var instances []string
		for _, i := range p.Instances {
			if i.Zone == z.Name {
				state := ""
				if i.State != "" {
					state = ", " + i.State
				}
				instances = append(instances, fmt.Sprintf("%s `%s`%s", p.link(compute.InstanceKind().Console, i.Name, i.ID), or(i.ID, "i-…"), state))
			}
		}
		nat := "none of its own"
		if z.NAT != "" || p.Generic {
			nat = p.link(network.NATGatewayKind().Console, "NAT gateway", z.NAT) + " " + code(or(z.NAT, "nat-…"))
		}
		fmt.Fprintf(b, "| %s | %s | %s `%s` | %s `%s` | %s `%s` | %s |\n", z.Name, strings.Join(instances, "<br>"),
			p.link(subnet, "subnet", z.Private), or(z.Private, "subnet-…"), p.link(network.RouteTableKind().Console, "table", z.Table), or(z.Table, "rtb-…"),
			p.link(subnet, "subnet", z.Public), or(z.Public, "subnet-…"), nat)
	}
}

// exports sets what each command needs of the environment.
func (p Platform) exports() string {
	set := p.Variables
	if p.Machines != "" {
		set = append([]string{"AWS_ACCESS_KEY_ID=local", "AWS_SECRET_ACCESS_KEY=local"}, set...)
	}
	if len(set) == 0 {
		return ""
	}
	return "export " + strings.Join(set, " ")
}

func code(text string) string { return "`" + text + "`" }

// lookAtTargets asks the load balancer how it sees its targets.
func (p Platform) lookAtTargets() step {
	return run("How the load balancer sees the instances, and why:",
		p.aws("elbv2 describe-target-health --target-group-arn %s --query 'TargetHealthDescriptions[].[Target.Id,TargetHealth.State,TargetHealth.Reason,TargetHealth.Description]' --output text", p.targetGroup()))
}

// allWell is the verification that most recipes end with.
func (p Platform) allWell() step {
	return run("It exits 0 and says `healthy` and `all as configured`:", p.ctl("status"))
}
