package network

import (
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/api/requests"
	"github.com/platformctl/platformctl/internal/localcloud/services/ec2/model/network"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/localcloud/world/region"
)

func prefixListOperations(h *requests.Handlers) []wire.Operation {
	return []wire.Operation{
		requests.View(h, "DescribePrefixLists", describePrefixLists),
		requests.View(h, "DescribeManagedPrefixLists", describeManagedPrefixLists),
	}
}

type describePrefixListsInput struct {
	IDs []string `query:"PrefixListId"`
	requests.Paging
}

// selectPrefixLists finds AWS's own prefix lists; there are no others.
func selectPrefixLists(region string, ids []string, filters []requests.Filter) ([]network.PrefixList, error) {
	known := network.PrefixLists(region)
	for _, id := range ids {
		if !slices.ContainsFunc(known, func(l network.PrefixList) bool { return l.ID == id }) {
			return nil, network.UnknownPrefixList(id, "InvalidPrefixListId.NotFound")
		}
	}
	for _, f := range filters {
		for _, name := range f.Values {
			if f.Name == "prefix-list-name" && strings.HasPrefix(name, "com.amazonaws.") && !strings.ContainsAny(name, "*?") && !slices.ContainsFunc(known, func(l network.PrefixList) bool { return l.Name == name }) {
				return nil, refuse.NotSimulated("prefix list %s is not simulated, only those of gateway endpoints", name)
			}
		}
	}
	return requests.Choose(known, ids, func(l network.PrefixList) string { return l.ID }, filters, func(l network.PrefixList) map[string]string {
		return map[string]string{"prefix-list-id": l.ID, "prefix-list-name": l.Name, "owner-id": "AWS"}
	})
}

type describePrefixListsOutput struct {
	PrefixLists wire.Items[servicePrefixListItem] `xml:"prefixListSet"`
	NextToken   string                            `xml:"nextToken,omitempty"`
}

type servicePrefixListItem struct {
	ID    string             `xml:"prefixListId"`
	Name  string             `xml:"prefixListName"`
	CIDRs wire.Items[string] `xml:"cidrSet"`
}

func describePrefixLists(tx *world.Tx, _ *wire.Call, in *describePrefixListsInput) (*describePrefixListsOutput, error) {
	found, err := selectPrefixLists(tx.Region(), in.IDs, in.Filters)
	if err != nil {
		return nil, err
	}
	found, next, err := requests.PageOf(found, in.MaxResults, in.NextToken)
	out := &describePrefixListsOutput{NextToken: next}
	for _, l := range found {
		out.PrefixLists = append(out.PrefixLists, servicePrefixListItem{l.ID, l.Name, l.CIDRs})
	}
	return out, err
}

type describeManagedPrefixListsInput struct {
	IDs        []string          `query:"PrefixListId"`
	Filters    []requests.Filter `query:"Filter"`
	MaxResults *int              `query:"MaxResults" min:"1" max:"100"`
	NextToken  string            `query:"NextToken"`
}

type describeManagedPrefixListsOutput struct {
	PrefixLists wire.Items[managedPrefixListItem] `xml:"prefixListSet"`
	NextToken   string                            `xml:"nextToken,omitempty"`
}

type managedPrefixListItem struct {
	ID            string                   `xml:"prefixListId"`
	Name          string                   `xml:"prefixListName"`
	Arn           string                   `xml:"prefixListArn"`
	AddressFamily string                   `xml:"addressFamily"`
	State         string                   `xml:"state"`
	OwnerID       string                   `xml:"ownerId"`
	Tags          wire.Items[requests.Tag] `xml:"tagSet"`
}

func describeManagedPrefixLists(tx *world.Tx, _ *wire.Call, in *describeManagedPrefixListsInput) (*describeManagedPrefixListsOutput, error) {
	found, err := selectPrefixLists(tx.Region(), in.IDs, in.Filters)
	if err != nil {
		return nil, err
	}
	found, next, err := requests.PageOf(found, in.MaxResults, in.NextToken)
	out := &describeManagedPrefixListsOutput{NextToken: next}
	for _, l := range found {
		out.PrefixLists = append(out.PrefixLists, managedPrefixListItem{ID: l.ID, Name: l.Name,
			Arn: "arn:" + region.Partition(tx.Region()) + ":ec2:" + tx.Region() + ":aws:prefix-list/" + l.ID, AddressFamily: "IPv4", State: "create-complete", OwnerID: "AWS"})
	}
	return out, err
}
