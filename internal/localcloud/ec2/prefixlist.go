package ec2

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/network"
)

func (s *service) prefixListOperations() []wire.Operation {
	return []wire.Operation{
		view(s, "DescribePrefixLists", describePrefixLists),
		view(s, "DescribeManagedPrefixLists", describeManagedPrefixLists),
	}
}

type describePrefixListsInput struct {
	IDs []string `query:"PrefixListId"`
	paging
}

// selectPrefixLists finds AWS's own prefix lists; there are no others.
func (in *describePrefixListsInput) selectPrefixLists(region string) ([]network.PrefixList, error) {
	known := network.PrefixLists(region)
	for _, id := range in.IDs {
		if !slices.ContainsFunc(known, func(l network.PrefixList) bool { return l.ID == id }) {
			return nil, refuse.New("InvalidPrefixListId.NotFound", "The prefix list ID '%s' does not exist", id)
		}
	}
	var found []network.PrefixList
	for _, l := range known {
		matched := len(in.IDs) == 0 || slices.Contains(in.IDs, l.ID)
		for _, f := range in.Filters {
			value, ok := map[string]string{"prefix-list-id": l.ID, "prefix-list-name": l.Name, "owner-id": "AWS"}[f.Name]
			if !ok {
				return nil, refuse.InvalidParameterValue("The filter '%s' is invalid", f.Name)
			}
			matched = matched && matchesAny(one(value), f.Values)
		}
		if matched {
			found = append(found, l)
		}
	}
	return found, nil
}

type describePrefixListsOutput struct {
	PrefixLists wire.Items[servicePrefixListItem] `xml:"prefixListSet"`
}

type servicePrefixListItem struct {
	ID    string             `xml:"prefixListId"`
	Name  string             `xml:"prefixListName"`
	CIDRs wire.Items[string] `xml:"cidrSet"`
}

func describePrefixLists(tx *world.Tx, _ *wire.Call, in *describePrefixListsInput) (*describePrefixListsOutput, error) {
	found, err := in.selectPrefixLists(tx.Region())
	out := &describePrefixListsOutput{}
	for _, l := range found {
		out.PrefixLists = append(out.PrefixLists, servicePrefixListItem{l.ID, l.Name, l.CIDRs})
	}
	return out, err
}

type describeManagedPrefixListsOutput struct {
	PrefixLists wire.Items[managedPrefixListItem] `xml:"prefixListSet"`
}

type managedPrefixListItem struct {
	ID            string          `xml:"prefixListId"`
	Name          string          `xml:"prefixListName"`
	Arn           string          `xml:"prefixListArn"`
	AddressFamily string          `xml:"addressFamily"`
	State         string          `xml:"state"`
	OwnerID       string          `xml:"ownerId"`
	Tags          wire.Items[tag] `xml:"tagSet"`
}

func describeManagedPrefixLists(tx *world.Tx, _ *wire.Call, in *describePrefixListsInput) (*describeManagedPrefixListsOutput, error) {
	found, err := in.selectPrefixLists(tx.Region())
	out := &describeManagedPrefixListsOutput{}
	for _, l := range found {
		out.PrefixLists = append(out.PrefixLists, managedPrefixListItem{ID: l.ID, Name: l.Name,
			Arn: "arn:aws:ec2:" + tx.Region() + ":aws:prefix-list/" + l.ID, AddressFamily: "IPv4", State: "create-complete", OwnerID: "AWS"})
	}
	return out, err
}
