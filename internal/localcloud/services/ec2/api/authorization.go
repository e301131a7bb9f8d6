package api

import (
	"maps"
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Sources: Service Authorization Reference, "Actions, resources, and condition keys for Amazon EC2"; Amazon
// EC2 User Guide, "Grant permission to tag Amazon EC2 resources during creation". Where an action has optional
// resources, it is asked for on those that the call names.
func Asks() service.Asks {
	instances, table := on("InstanceId"), on("RouteTableId")
	template := found(templateOf)
	group, acl, endpoint := on("GroupId"), on("NetworkAclId"), on("VpcEndpointId")
	asks := service.Asks{
		"CreateVpc": made("vpc"), "DeleteVpc": on("VpcId"), "ModifyVpcAttribute": on("VpcId"), "DescribeVpcAttribute": on("VpcId"),
		"CreateSubnet": both(made("subnet"), on("VpcId")), "DeleteSubnet": on("SubnetId"), "ModifySubnetAttribute": on("SubnetId"),
		"CreateInternetGateway": made("internet-gateway"), "DeleteInternetGateway": on("InternetGatewayId"),
		"AttachInternetGateway": on("InternetGatewayId", "VpcId"), "DetachInternetGateway": on("InternetGatewayId", "VpcId"),
		"AllocateAddress": made("elastic-ip"), "ReleaseAddress": on("AllocationId"),
		"AssociateAddress":    on("AllocationId", "InstanceId", "NetworkInterfaceId"),
		"DisassociateAddress": found(ofAddress),
		"CreateNatGateway":    both(made("natgateway"), on("AllocationId", "SubnetId")), "DeleteNatGateway": on("NatGatewayId"),
		"CreateRouteTable": both(made("route-table"), on("VpcId")), "DeleteRouteTable": table,
		"CreateRoute": table, "ReplaceRoute": table, "DeleteRoute": table,
		"AssociateRouteTable": on("RouteTableId", "SubnetId"), "DisassociateRouteTable": found(ofRouteTable),
		"ReplaceRouteTableAssociation": both(table, found(subnetOfRouteTable)),
		"CreateVpcEndpoint":            both(made("vpc-endpoint"), on("VpcId", "RouteTableId")), "DeleteVpcEndpoints": endpoint,
		"ModifyVpcEndpoint": on("VpcEndpointId", "AddRouteTableId", "RemoveRouteTableId"),

		"CreateSecurityGroup": both(made("security-group"), found(vpcOfGroup)), "DeleteSecurityGroup": group,
		"AuthorizeSecurityGroupIngress": both(group, madeOnly("security-group-rule")), "AuthorizeSecurityGroupEgress": both(group, madeOnly("security-group-rule")),
		"RevokeSecurityGroupIngress": group, "RevokeSecurityGroupEgress": group,
		"UpdateSecurityGroupRuleDescriptionsIngress": group, "UpdateSecurityGroupRuleDescriptionsEgress": group,
		"ModifySecurityGroupRules": on("GroupId", "SecurityGroupRule.SecurityGroupRuleId"),
		"CreateNetworkAcl":         both(made("network-acl"), on("VpcId")), "DeleteNetworkAcl": acl,
		"CreateNetworkAclEntry": acl, "ReplaceNetworkAclEntry": acl, "DeleteNetworkAclEntry": acl,
		"ReplaceNetworkAclAssociation": both(acl, found(subnetOfNetworkACL)),
		"CreateNetworkInterface":       both(made("network-interface"), on("SubnetId", "SecurityGroupId")), "DeleteNetworkInterface": on("NetworkInterfaceId"),
		"ModifyNetworkInterfaceAttribute": on("NetworkInterfaceId", "SecurityGroupId"),

		"RunInstances":   launching(ofCall),
		"StartInstances": instances, "StopInstances": instances, "RebootInstances": instances, "TerminateInstances": instances,
		"DescribeInstanceAttribute": instances, "GetConsoleOutput": instances, "ModifyInstanceMetadataOptions": instances,
		"ModifyInstanceAttribute": on("InstanceId", "GroupId"),

		"CreateLaunchTemplate": made("launch-template"), "CreateLaunchTemplateVersion": template, "ModifyLaunchTemplate": template,
		"DeleteLaunchTemplate": template, "DeleteLaunchTemplateVersions": template, "GetLaunchTemplateData": instances,

		"CreateTags": found(retagged), "DeleteTags": found(retagged),
	}
	for _, operation := range []string{
		"AccountAttributes", "Addresses", "AddressesAttribute", "AvailabilityZones", "DhcpOptions", "IamInstanceProfileAssociations", "Images",
		"InstanceCreditSpecifications", "InstanceStatus", "InstanceTypeOfferings", "InstanceTypes", "Instances", "InternetGateways",
		"LaunchTemplateVersions", "LaunchTemplates", "ManagedPrefixLists", "NatGateways", "NetworkAcls", "NetworkInterfaces", "PrefixLists", "Regions", "RouteTables",
		"SecurityGroupRules", "SecurityGroups", "Subnets", "Tags", "Volumes", "VpcEndpointServices", "VpcEndpoints", "Vpcs",
	} {
		asks["Describe"+operation] = service.Anything()
	}
	for _, l := range emptyLists() {
		asks[l.operation] = service.Anything()
	}
	return asks
}

// finding lists the resources of a call.
type finding = func(tx *world.Tx, c *wire.Call) []service.Resource

// found asks for the operation's own action on what a function finds.
func found(find finding) []service.Ask { return []service.Ask{{On: find}} }

// both puts together what an operation asks for: its own action before the others.
func both(asks ...[]service.Ask) []service.Ask {
	all := service.Asking(asks...)
	own := func(a service.Ask) bool { return a.Action == "" }
	others := slices.DeleteFunc(slices.Clone(all), own)
	return append(slices.DeleteFunc(all, func(a service.Ask) bool { return !own(a) }), others...)
}

// on is the operation's own action on the objects that parameters name.
func on(paths ...string) []service.Ask {
	return found(func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, path := range paths {
			all = append(all, named(tx, c.Each(path)...)...)
		}
		return all
	})
}

// named are the objects of IDs. One that there isn't has no tags, and so is none of those that a condition on
// tags allows.
func named(tx *world.Tx, ids ...string) (all []service.Resource) {
	for _, id := range ids {
		kind, object := world.ByPrefix(tx, id)
		if kind == "" {
			kind = "*"
		}
		r := service.Resource{ARN: requests.Arn(tx.Region(), kind, id), Context: policy.Context{}}
		if object != nil {
			r.Context = service.TagKeys(object.Tags, service.ResourceTag, "ec2:ResourceTag/")
			if vpc := vpcOf(tx, id); vpc != "" {
				r.Context["ec2:Vpc"] = []string{requests.Arn(tx.Region(), "vpc", vpc)}
			}
		}
		r.Context["ec2:Region"] = []string{tx.Region()}
		all = append(all, r)
	}
	return all
}

// vpcOf is the VPC of an object of a type that has the condition key ec2:Vpc.
func vpcOf(tx *world.Tx, id string) string {
	if o, ok := world.Get[network.SecurityGroup](tx, id); ok {
		return o.VPCID
	}
	if o, ok := world.Get[network.NetworkACL](tx, id); ok {
		return o.VPCID
	}
	if o, ok := world.Get[network.RouteTable](tx, id); ok {
		return o.VPCID
	}
	if o, ok := world.Get[network.Subnet](tx, id); ok {
		return o.VPCID
	}
	return ""
}

// made is the operation's own action on new objects of these types, and ec2:CreateTags on those that get tags.
func made(types ...string) []service.Ask {
	return service.Asking(found(func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, kind := range types {
			all = append(all, created(tx, c, kind))
		}
		return all
	}), tagging())
}

// madeOnly is for objects that the action is asked for on where they get tags.
func madeOnly(kind string) []service.Ask {
	return service.Asking(found(func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		if slices.Contains(c.Each("TagSpecification.ResourceType"), kind) {
			all = append(all, created(tx, c, kind))
		}
		return all
	}), tagging())
}

// created is an object of a type that isn't there yet, with the tags that the call gives it.
func created(tx *world.Tx, c *wire.Call, kind string) service.Resource {
	tags := world.Tags{}
	for _, s := range c.Parts("TagSpecification") {
		if s.Value("ResourceType") == kind {
			maps.Copy(tags, service.TagsIn(s.Parts("Tag"))) // several specifications of a type add up
		}
	}
	return service.Resource{ARN: requests.Arn(tx.Region(), kind, "*"), Context: service.Merged(
		service.RequestedTags(tags), policy.Context{"ec2:Region": {tx.Region()}})}
}

// tagging is ec2:CreateTags on all that a call makes with tags.
func tagging() []service.Ask {
	return []service.Ask{{Service: "ec2", Action: "CreateTags", On: func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, kind := range c.Each("TagSpecification.ResourceType") {
			r := created(tx, c, kind)
			r.Context["ec2:CreateAction"] = []string{c.Operation}
			all = append(all, r)
		}
		return all
	}}}
}

// retagged are the objects whose tags a call changes.
func retagged(tx *world.Tx, c *wire.Call) []service.Resource {
	all := named(tx, c.Each("ResourceId")...)
	for i := range all {
		all[i].Context = service.Merged(all[i].Context, service.RequestedTags(service.TagsIn(c.Parts("Tag"))))
	}
	return all
}

func ofAddress(tx *world.Tx, c *wire.Call) []service.Resource {
	for _, a := range world.All[network.Address](tx) {
		if a.AssociationID == c.Value("AssociationId") {
			return named(tx, a.ID, a.NetworkInterfaceID)
		}
	}
	return nil
}

// tableOf is the route table of an association, and the association's subnet.
func tableOf(tx *world.Tx, association string) (table, subnet string) {
	for _, t := range world.All[network.RouteTable](tx) {
		for _, a := range t.Associations {
			if a.ID == association {
				return t.ID, a.SubnetID
			}
		}
	}
	return "", ""
}

func ofRouteTable(tx *world.Tx, c *wire.Call) []service.Resource {
	table, subnet := tableOf(tx, c.Value("AssociationId"))
	return named(tx, given(table, subnet)...)
}

func subnetOfRouteTable(tx *world.Tx, c *wire.Call) []service.Resource {
	_, subnet := tableOf(tx, c.Value("AssociationId"))
	return named(tx, given(subnet)...)
}

func subnetOfNetworkACL(tx *world.Tx, c *wire.Call) []service.Resource {
	for _, acl := range world.All[network.NetworkACL](tx) {
		for _, a := range acl.Associations {
			if a.ID == c.Value("AssociationId") {
				return named(tx, a.SubnetID)
			}
		}
	}
	return nil
}

func given(ids ...string) []string {
	return slices.DeleteFunc(ids, func(id string) bool { return id == "" })
}

// vpcOfGroup is the VPC of a new security group, by default the default VPC.
func vpcOfGroup(tx *world.Tx, c *wire.Call) []service.Resource {
	if id := c.Value("VpcId"); id != "" {
		return named(tx, id)
	}
	for _, v := range world.All[network.VPC](tx) {
		if v.Default {
			return named(tx, v.ID)
		}
	}
	return nil
}
