package dns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	lookup "github.com/platformctl/platformctl/internal/dns"
	"github.com/platformctl/platformctl/internal/resource"
)

// issuers are Amazon's names in CAA records, of which one is enough.
// https://docs.aws.amazon.com/acm/latest/userguide/setup-caa.html
func issuers() []string {
	return []string{"amazon.com", "amazontrust.com", "awstrust.com", "amazonaws.com"}
}

// uncertifiable asks DNS whether Amazon may issue certificates for the names.
func uncertifiable(ctx context.Context, c *awsapi.Clients, nodes []*resource.Node) ([]resource.Problem, error) {
	r := resolver(ctx, c)
	if r == nil {
		return nil, nil
	}
	var problems []resource.Problem
	for _, node := range nodes {
		var refused []string // where records stand that were told of
		for _, name := range node.Spec.(Certificate).Names {
			caa, err := r.CAA(ctx, Base(name))
			if err != nil {
				if noAnswer(err) && node.Spec.(Certificate).Managed {
					continue // the record's check says what is wrong with the zone
				}
				return problems, err
			}
			wildcard := Base(name) != name
			if caa.Allows(wildcard, issuers()...) || slices.Contains(refused, caa.Name) {
				continue
			}
			refused = append(refused, caa.Name)
			tag := "issue"
			if wildcard {
				tag = "issuewild"
			}
			problems = append(problems, resource.Problem{
				Key: node.Key, Configuration: true,
				Text: fmt.Sprintf("the CAA records of %s (%s) don't let Amazon issue a certificate for %s", caa.Name, caa, name),
				Hint: fmt.Sprintf(`add a CAA record 0 %s "amazon.com" to %s, or take these away`, tag, caa.Name),
			})
		}
	}
	return problems, nil
}

func noAnswer(err error) bool {
	var failure *lookup.Failure
	return errors.As(err, &failure)
}

// unwritable asks whether the zones are there, and whether the names are free.
func unwritable(ctx context.Context, c *awsapi.Clients, _ awsapi.Owner, creations []resource.Creation) ([]resource.Problem, error) {
	nodes := make([]*resource.Node, len(creations))
	for i, creation := range creations {
		nodes[i] = creation.Node
	}
	return byZone(nodes, func(name string, nodes []*resource.Node) ([]resource.Problem, error) {
		zone, problems, err := onlyZone(ctx, c, name, nodes[0].Key)
		if len(problems) > 0 || err != nil {
			return problems, err
		}
		return takenNames(ctx, c, zone, nodes)
	})
}

// unasked asks whether the world asks the zones.
func unasked(ctx context.Context, c *awsapi.Clients, nodes []*resource.Node) ([]resource.Problem, error) {
	return byZone(nodes, func(name string, nodes []*resource.Node) ([]resource.Problem, error) {
		zone, problems, err := onlyZone(ctx, c, name, nodes[0].Key)
		if len(problems) > 0 || err != nil {
			return nil, err // see unwritable
		}
		return undelegated(ctx, c, zone, nodes[0].Key)
	})
}

// byZone asks about the records of each zone, in the order of their nodes.
func byZone(nodes []*resource.Node, ask func(zone string, nodes []*resource.Node) ([]resource.Problem, error)) ([]resource.Problem, error) {
	of := map[string][]*resource.Node{}
	var zones []string
	for _, node := range nodes {
		name := node.Spec.(Record).Zone
		if of[name] == nil {
			zones = append(zones, name)
		}
		of[name] = append(of[name], node)
	}
	var problems []resource.Problem
	for _, name := range zones {
		found, err := ask(name, of[name])
		problems = append(problems, found...)
		if err != nil {
			return problems, err
		}
	}
	return problems, nil
}

// onlyZone is the one public hosted zone of a name, or the problem of an object that needs it.
func onlyZone(ctx context.Context, c *awsapi.Clients, name string, key resource.Key) (zone, []resource.Problem, error) {
	problem := func(text, hint string) (zone, []resource.Problem, error) {
		return zone{}, []resource.Problem{{Key: key, Configuration: true, Text: text, Hint: hint}}, nil
	}
	const elsewhere = "leave load_balancer.https.hosted_zone out, and make the records where the domain is kept"
	public, private, err := zonesNamed(ctx, c, name)
	switch {
	case err != nil:
		return zone{}, nil, err
	case len(public) == 0 && len(private) > 0:
		return problem(fmt.Sprintf("the hosted zone %s (%s) is private: nobody on the internet asks it", name, private[0].ID), "name a public one, or "+elsewhere)
	case len(public) == 0:
		return problem("the account has no public hosted zone named "+name, "correct load_balancer.https.hosted_zone, make that zone, or "+elsewhere)
	case len(public) > 1:
		var ids []string
		for _, z := range public {
			ids = append(ids, z.ID)
		}
		return problem(fmt.Sprintf("the account has %d public hosted zones named %s (%s), of which the world asks one at most", len(public), name, strings.Join(ids, ", ")), "delete those that aren't in use, or "+elsewhere)
	}
	return public[0], nil, nil
}

// undelegated compares the name servers that the world knows with the zone's.
func undelegated(ctx context.Context, c *awsapi.Clients, z zone, key resource.Key) ([]resource.Problem, error) {
	problem := func(text, hint string) []resource.Problem {
		return []resource.Problem{{Key: key, Configuration: true, Text: text, Hint: hint}}
	}
	r := resolver(ctx, c)
	if r == nil {
		return nil, nil
	}
	out, err := c.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: &z.ID})
	if err != nil || out.DelegationSet == nil {
		return nil, err
	}
	var own []string
	for _, server := range out.DelegationSet.NameServers {
		own = append(own, lookup.Trim(server))
	}
	slices.Sort(own)
	hint := fmt.Sprintf("have the registrar of %s, or the zone above it, name the servers %s", z.Name, strings.Join(own, ", "))
	servers, err := r.NS(ctx, z.Name)
	switch {
	case err != nil && !noAnswer(err):
		return nil, err
	case err != nil:
		return problem(fmt.Sprintf("the name servers of %s don't answer: %v", z.Name, err), hint), nil
	case len(servers) == 0:
		return problem(fmt.Sprintf("nobody delegates %s to its hosted zone %s: DNS knows no name servers of it", z.Name, z.ID), hint), nil
	case !slices.ContainsFunc(servers, func(s string) bool { return slices.Contains(own, s) }):
		return problem(fmt.Sprintf("%s is delegated to %s, not to its hosted zone %s", z.Name, strings.Join(servers, ", "), z.ID), hint), nil
	}
	return nil, nil
}

// takenNames names records of the same name that lead elsewhere. What a plan would make isn't there as the platform's own.
func takenNames(ctx context.Context, c *awsapi.Clients, z zone, nodes []*resource.Node) ([]resource.Problem, error) {
	var names []string
	for _, node := range nodes {
		if !node.Spec.(Record).LoadBalancer.IsZero() {
			names = append(names, node.Spec.(Record).Name)
		}
	}
	sets, err := recordsOf(ctx, c, z.ID, names)
	if err != nil {
		return nil, err
	}
	var problems []resource.Problem
	for _, node := range nodes {
		spec := node.Spec.(Record)
		for _, set := range sets {
			if spec.LoadBalancer.IsZero() || plain(set.Name) != spec.Name || !slices.Contains([]types.RRType{types.RRTypeA, types.RRTypeAaaa, types.RRTypeCname}, set.Type) {
				continue
			}
			problems = append(problems, resource.Problem{
				Key: node.Key, Configuration: true,
				Text: fmt.Sprintf("%s has a record in the hosted zone %s that isn't the platform's: %s", spec.Name, z.ID, describeSet(set)),
				Hint: "delete that record, and up makes the platform's own; or, where it is to stay, choose another name",
			})
		}
	}
	return problems, nil
}

// describeSet is a record set as a person reads it.
func describeSet(set types.ResourceRecordSet) string {
	which := string(set.Type)
	if set.SetIdentifier != nil {
		which += fmt.Sprintf(" with a routing policy (%s)", *set.SetIdentifier)
	}
	if set.AliasTarget != nil {
		return which + " alias to " + plain(set.AliasTarget.DNSName)
	}
	var values []string
	for _, record := range set.ResourceRecords {
		values = append(values, plain(record.Value))
	}
	return which + " " + strings.Join(values, ", ")
}
