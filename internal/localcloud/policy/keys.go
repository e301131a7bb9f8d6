package policy

import (
	"slices"
	"strings"
)

// Keys lists the condition keys that requests can have. One that ends in a slash goes on with the
// key of a tag. Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization
// Reference.
func Keys() []string {
	return []string{
		"aws:CurrentTime", "aws:EpochTime", "aws:PrincipalAccount", "aws:PrincipalArn", "aws:PrincipalTag/", "aws:PrincipalType",
		"aws:RequestTag/", "aws:RequestedRegion", "aws:ResourceAccount", "aws:ResourceTag/", "aws:SecureTransport", "aws:TagKeys",
		"aws:userid", "aws:username",
		"acm:CertificateTransparencyLogging", "acm:DomainNames", "acm:Export", "acm:KeyAlgorithm", "acm:ValidationMethod",
		"ec2:CreateAction", "ec2:IsLaunchTemplateResource", "ec2:LaunchTemplate", "ec2:Region", "ec2:ResourceTag/", "ec2:Vpc",
		"elasticloadbalancing:CreateAction", "elasticloadbalancing:ListenerProtocol", "elasticloadbalancing:ResourceTag/", "elasticloadbalancing:SecurityPolicy",
		"iam:AWSServiceName", "iam:PassedToService", "iam:PermissionsBoundary", "iam:PolicyARN", "iam:ResourceTag/", "kms:ViaService",
		"route53:ChangeResourceRecordSetsActions", "route53:ChangeResourceRecordSetsNormalizedRecordNames", "route53:ChangeResourceRecordSetsRecordTypes",
		"ssm:resourceTag/",
	}
}

// hasSeveral reports whether a key may have several values. Letters' case doesn't count.
func hasSeveral(key string) bool {
	return slices.ContainsFunc([]string{
		"aws:TagKeys", "acm:DomainNames",
		"route53:ChangeResourceRecordSetsActions", "route53:ChangeResourceRecordSetsNormalizedRecordNames", "route53:ChangeResourceRecordSetsRecordTypes",
	}, func(k string) bool { return strings.EqualFold(k, key) })
}

// known reports whether requests can have a key. Letters' case doesn't count.
func known(key string) bool {
	return slices.ContainsFunc(Keys(), func(k string) bool {
		if strings.HasSuffix(k, "/") {
			return len(key) > len(k) && strings.EqualFold(k, key[:len(k)])
		}
		return strings.EqualFold(k, key)
	})
}

// checkSimulated refuses by name what the local cloud can't decide by: conditions and variables
// about what no request here has.
func (s Statement) checkSimulated(version string) (err error) {
	for _, c := range s.Conditions {
		if !known(c.Key) {
			return &NotSimulated{"condition key " + c.Key}
		}
		if hasSeveral(c.Key) && c.set == "" && c.operator != operatorNull {
			return &NotSimulated{"condition key " + c.Key + " without ForAllValues or ForAnyValue"}
		}
		for _, value := range c.Values {
			err = orElse(err, checkVariables(version, value))
		}
	}
	for _, resource := range slices.Concat(s.Resource, s.NotResource) {
		err = orElse(err, checkVariables(version, resource))
	}
	return err
}

func orElse(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func checkVariables(version, text string) (err error) {
	if version != versionWithVariables {
		return nil
	}
	variables(text, func(inner string) (string, bool) {
		key, _, _ := variable(inner)
		if _, ok := special(inner); !ok && !known(key) {
			err = &NotSimulated{"policy variable ${" + inner + "}"}
		}
		return "", err == nil
	})
	return err
}
