package api

import (
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/compute"
	"github.com/platformctl/platformctl/internal/localcloud/services/ssm/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Asks are what each operation needs the permission for.
// Source: Service Authorization Reference, "Actions, resources, and condition keys for AWS Systems Manager".
func Asks() service.Asks {
	asks := service.Asks{
		"SendCommand":         {{On: documentsOf}, {On: instancesOf}},
		"GetParameter":        {{On: parametersAt("Name")}},
		"GetParameters":       {{On: parametersAt("Names")}},
		"GetParametersByPath": {{On: parametersAt("Path")}},
	}
	for _, operation := range []string{"CancelCommand", "DescribeInstanceInformation", "GetCommandInvocation", "ListCommandInvocations", "ListCommands"} {
		asks[operation] = service.Anything()
	}
	return asks
}

// documentsOf is the document of a command. AWS's own belong to no account.
func documentsOf(tx *world.Tx, c *wire.Call) []service.Resource {
	name, account := c.Value("DocumentName"), world.AccountID
	if strings.HasPrefix(name, "AWS-") {
		account = ""
	}
	return []service.Resource{{ARN: "arn:aws:ssm:" + tx.Region() + ":" + account + ":document/" + name}}
}

// instancesOf are the instances that a command goes to.
func instancesOf(tx *world.Tx, c *wire.Call) (all []service.Resource) {
	ids := c.Each("InstanceIds")
	var targets []model.Target
	for _, t := range c.Parts("Targets") {
		targets = append(targets, model.Target{Key: t.Value("Key"), Values: t.Each("Values")})
	}
	if len(targets) > 0 {
		ids = append(ids, model.Meant(tx, targets)...)
	}
	for _, id := range ids {
		r := service.Resource{ARN: "arn:aws:ec2:" + tx.Region() + ":" + world.AccountID + ":instance/" + id}
		if i, ok := world.Get[compute.Instance](tx, id); ok {
			r.Context = service.TagKeys(i.Tags, service.ResourceTag, "ssm:resourceTag/")
		}
		all = append(all, r)
	}
	return all
}

// parametersAt are the parameters that a call names. AWS's own belong to no account.
func parametersAt(path string) func(*world.Tx, *wire.Call) []service.Resource {
	return func(tx *world.Tx, c *wire.Call) (all []service.Resource) {
		for _, name := range c.Each(path) {
			if _, after, ok := strings.Cut(name, ":parameter/"); ok && strings.HasPrefix(name, "arn:") {
				name = after
			}
			name, _, _ = strings.Cut(strings.TrimPrefix(name, "/"), ":") // a version
			account := world.AccountID
			if strings.HasPrefix(name, "aws/") {
				account = ""
			}
			all = append(all, service.Resource{ARN: "arn:aws:ssm:" + tx.Region() + ":" + account + ":parameter/" + name})
		}
		return all
	}
}
