package runbook

import "strings"

// console is a page of the AWS console. https://docs.aws.amazon.com/awsconsolehelpdocs/latest/gsg/select-region.html
func (p Platform) console(path string) string {
	domain := "console.aws.amazon.com"
	switch {
	case strings.HasPrefix(p.Region, "cn-"):
		domain = "console.amazonaws.cn"
	case strings.HasPrefix(p.Region, "us-gov-"):
		domain = "console.amazonaws-us-gov.com"
	}
	service, page, _ := strings.Cut(path, "#")
	return "https://" + p.Region + "." + domain + "/" + service + "/home?region=" + p.Region + "#" + page
}

// link is a Markdown link to the page of an object, or where its ID isn't known
// to that of all of its kind. Elsewhere than on AWS there is no console, and it
// is the text alone.
func (p Platform) link(text, id, page, list string) string {
	if !p.onAWS() {
		return text
	}
	if id == "" {
		return "[" + text + "](" + p.console(list) + ")"
	}
	return "[" + text + "](" + p.console(page+id) + ")"
}

func (p Platform) instanceLink(text, id string) string {
	return p.link(text, id, "ec2#InstanceDetails:instanceId=", "ec2#Instances:tag:platformctl:platform="+p.Name)
}

func (p Platform) subnetLink(text, id string) string {
	return p.link(text, id, "vpcconsole#SubnetDetails:subnetId=", "vpcconsole#subnets:")
}

func (p Platform) natLink(text, id string) string {
	return p.link(text, id, "vpcconsole#NatGatewayDetails:natGatewayId=", "vpcconsole#NatGateways:")
}

func (p Platform) routeTableLink(text, id string) string {
	return p.link(text, id, "vpcconsole#RouteTableDetails:RouteTableId=", "vpcconsole#RouteTables:")
}

func (p Platform) vpcLink(text string) string {
	return p.link(text, p.VPC, "vpcconsole#VpcDetails:VpcId=", "vpcconsole#vpcs:")
}

func (p Platform) groupLink(text, id string) string {
	return p.link(text, id, "ec2#SecurityGroup:groupId=", "ec2#SecurityGroups:")
}

func (p Platform) loadBalancerLink(text string) string {
	return p.link(text, p.LoadBalancer, "ec2#LoadBalancer:loadBalancerArn=", "ec2#LoadBalancers:")
}

func (p Platform) targetGroupLink(text string) string {
	return p.link(text, p.TargetGroup, "ec2#TargetGroup:targetGroupArn=", "ec2#TargetGroups:")
}
