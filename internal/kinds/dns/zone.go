package dns

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// zone is a hosted zone of the account's.
type zone struct{ ID, Name string }

// zonesNamed are the hosted zones of a name: several can have the same one.
func zonesNamed(ctx context.Context, c *awsapi.Clients, name string) (public, private []zone, err error) {
	type both struct{ public, private []zone }
	found, err := awsapi.Once(ctx, c, "hosted zones named "+name, func(ctx context.Context, c *awsapi.Clients) (both, error) {
		var found both
		out, err := c.Route53.ListHostedZonesByName(ctx, &route53.ListHostedZonesByNameInput{DNSName: &name})
		if err != nil {
			return both{}, err
		}
		for _, z := range out.HostedZones {
			if plain(z.Name) != name {
				continue
			}
			one := zone{ID: strings.TrimPrefix(aws.ToString(z.Id), "/hostedzone/"), Name: name}
			if z.Config != nil && z.Config.PrivateZone {
				found.private = append(found.private, one)
			} else {
				found.public = append(found.public, one)
			}
		}
		return found, nil
	})
	return found.public, found.private, err
}

// ZoneID is the ID of the one public hosted zone of a name; "" where there is none, or several.
func ZoneID(ctx context.Context, c *awsapi.Clients, name string) (string, error) {
	public, _, err := zonesNamed(ctx, c, name)
	if err != nil || len(public) != 1 {
		return "", err
	}
	return public[0].ID, nil
}

// pageOfRecords is how many record sets Route 53 gives in one reply: the most it may.
const pageOfRecords = 300

// recordsOf reads a zone from the first of some names on, until all of them have been read. Others come with them.
func recordsOf(ctx context.Context, c *awsapi.Clients, zoneID string, names []string) ([]types.ResourceRecordSet, error) {
	names = slices.SortedFunc(slices.Values(names), compareNames)
	var all []types.ResourceRecordSet
	for len(names) > 0 {
		out, err := c.Route53.ListResourceRecordSets(ctx, &route53.ListResourceRecordSetsInput{
			HostedZoneId: &zoneID, StartRecordName: &names[0], MaxItems: aws.Int32(pageOfRecords),
		})
		if err != nil {
			return nil, err
		}
		all = append(all, out.ResourceRecordSets...)
		if !out.IsTruncated {
			break
		}
		next := plain(out.NextRecordName)
		names = slices.DeleteFunc(names, func(name string) bool { return compareNames(name, next) < 0 })
	}
	return all, nil
}

// compareNames orders names as Route 53 lists them: by their labels, the last one first.
// https://docs.aws.amazon.com/Route53/latest/APIReference/API_ListResourceRecordSets.html
func compareNames(a, b string) int {
	one, other := strings.Split(a, "."), strings.Split(b, ".")
	slices.Reverse(one)
	slices.Reverse(other)
	return slices.Compare(one, other)
}

// change makes one change to a zone's records, at once or not at all.
func change(ctx context.Context, c *awsapi.Clients, zoneID string, action types.ChangeAction, set types.ResourceRecordSet) error {
	_, err := c.Route53.ChangeResourceRecordSets(ctx, &route53.ChangeResourceRecordSetsInput{
		HostedZoneId: &zoneID,
		ChangeBatch:  &types.ChangeBatch{Changes: []types.Change{{Action: action, ResourceRecordSet: &set}}},
	})
	return err
}

// recordID is what a record set is called here: Route 53 has no IDs for them.
type recordID struct {
	zone zone
	name string
	kind types.RRType
}

func (r recordID) String() string {
	return strings.Join([]string{r.zone.ID, r.zone.Name, r.name, string(r.kind)}, "/")
}

// parseRecordID reads what String writes.
func parseRecordID(id string) (recordID, bool) {
	parts := strings.Split(id, "/")
	if len(parts) != 4 {
		return recordID{}, false
	}
	return recordID{zone{parts[0], parts[1]}, parts[2], types.RRType(parts[3])}, true
}

// compareZones orders zones.
func compareZones(a, b zone) int { return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.ID, b.ID)) }
