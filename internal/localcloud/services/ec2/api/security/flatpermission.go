package security

import "github.com/platformctl/platformctl/internal/localcloud/wire/refuse"

// flatPermission is one rule as ingress calls may say it beside IpPermissions: of one
// CIDR block. A source by its group's name is for groups of a default VPC; it isn't here.
type flatPermission struct {
	IPProtocol string `query:"IpProtocol"`
	FromPort   *int   `query:"FromPort"`
	ToPort     *int   `query:"ToPort"`
	CidrIP     string `query:"CidrIp"`
}

// permissions are those that the call is about, in whichever of the two forms it says
// them. Source: API reference of AuthorizeSecurityGroupIngress and -Egress; for egress
// AWS doesn't support the flat form.
func (f flatPermission) permissions(listed []ipPermission, egress bool, operation string) ([]ipPermission, error) {
	switch {
	case f == flatPermission{}:
		return listed, nil
	case egress:
		return nil, refuse.NotSimulated("parameters of a rule outside of IpPermissions are not simulated for %s, where AWS doesn't support them", operation)
	case len(listed) > 0:
		return nil, refuse.InvalidParameterCombination("The parameter ipPermissions cannot be used with the parameters ipProtocol, fromPort, toPort or cidrIp")
	}
	p := ipPermission{IPProtocol: f.IPProtocol, FromPort: f.FromPort, ToPort: f.ToPort}
	if f.CidrIP != "" {
		p.IPRanges = []ipRangeItem{{CidrIP: f.CidrIP}}
	}
	return []ipPermission{p}, nil
}
