package api

import (
	"slices"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) recordSetOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "ChangeResourceRecordSets", changeResourceRecordSets).At("POST /2013-04-01/hostedzone/{Id}/rrset/"),
		view(h, "ListResourceRecordSets", listResourceRecordSets).At("GET /2013-04-01/hostedzone/{Id}/rrset"),
	}
}

type changeResourceRecordSetsInput struct {
	ID          string `query:"HostedZoneId,required" rest:"path Id" max:"32"`
	ChangeBatch struct {
		Comment string         `query:"Comment" max:"256"`
		Changes []changeInBody `query:"Changes,required" min:"1" item:"Change"`
	} `query:"ChangeBatch,required"`
}

type changeInBody struct {
	Action            string          `query:"Action,required" enum:"CREATE|DELETE|UPSERT"`
	ResourceRecordSet recordSetInBody `query:"ResourceRecordSet,required"`
}

type recordSetInBody struct {
	Name            string         `query:"Name,required" max:"1024"`
	Type            string         `query:"Type,required" enum:"SOA|A|TXT|NS|CNAME|MX|NAPTR|PTR|SRV|SPF|AAAA|CAA|DS|TLSA|SSHFP|SVCB|HTTPS"`
	TTL             *int64         `query:"TTL" min:"0" max:"2147483647"`
	ResourceRecords []recordInBody `query:"ResourceRecords" min:"1" item:"ResourceRecord"`
	AliasTarget     *aliasInBody   `query:"AliasTarget"`
}

type recordInBody struct {
	Value string `query:"Value,required" max:"4000"`
}

type aliasInBody struct {
	HostedZoneID         string `query:"HostedZoneId,required" max:"32"`
	DNSName              string `query:"DNSName,required" max:"1024"`
	EvaluateTargetHealth *bool  `query:"EvaluateTargetHealth,required"`
}

func changeResourceRecordSets(tx *world.Tx, _ *wire.Call, in *changeResourceRecordSetsInput) (*changeOutput, error) {
	var actions []model.Action
	for _, change := range in.ChangeBatch.Changes {
		set := change.ResourceRecordSet
		a := model.Action{Action: change.Action, Name: set.Name, Type: set.Type, TTL: set.TTL}
		for _, r := range set.ResourceRecords {
			a.Values = append(a.Values, r.Value)
		}
		if t := set.AliasTarget; t != nil {
			a.Alias = &model.Alias{ZoneID: t.HostedZoneID, DNSName: t.DNSName, EvaluateTargetHealth: *t.EvaluateTargetHealth}
		}
		actions = append(actions, a)
	}
	made, err := model.ChangeRecordSets(tx, in.ID, in.ChangeBatch.Comment, actions)
	if err != nil {
		return nil, err
	}
	return &changeOutput{renderChange(made)}, nil
}

// recordSetsPerPage is how many record sets a page has, and at most.
// Source: API reference of ListResourceRecordSets.
const recordSetsPerPage = 300

type listResourceRecordSetsInput struct {
	ID       string `query:"HostedZoneId,required" rest:"path Id" max:"32"`
	Name     string `query:"StartRecordName" rest:"query name" max:"1024"`
	Type     string `query:"StartRecordType" rest:"query type" enum:"SOA|A|TXT|NS|CNAME|MX|NAPTR|PTR|SRV|SPF|AAAA|CAA|DS|TLSA|SSHFP|SVCB|HTTPS"`
	MaxItems *int   `query:"MaxItems" rest:"query maxitems" min:"1"`
}

type recordSetItem struct {
	Name            string
	Type            string
	TTL             *int64     `xml:",omitempty"`
	ResourceRecords *records   `xml:",omitempty"`
	AliasTarget     *aliasItem `xml:",omitempty"`
}

type records struct{ ResourceRecord []recordItem }

type recordItem struct{ Value string }

type aliasItem struct {
	HostedZoneID         string `xml:"HostedZoneId"`
	DNSName              string
	EvaluateTargetHealth bool
}

func renderRecordSet(r *model.RecordSet) recordSetItem {
	item := recordSetItem{Name: r.Name, Type: r.Type}
	if a := r.Alias; a != nil {
		item.AliasTarget = &aliasItem{a.ZoneID, a.DNSName, a.EvaluateTargetHealth}
		return item
	}
	item.TTL, item.ResourceRecords = &r.TTL, &records{}
	for _, v := range r.Values {
		item.ResourceRecords.ResourceRecord = append(item.ResourceRecords.ResourceRecord, recordItem{v})
	}
	return item
}

type recordSetItems struct{ ResourceRecordSet []recordSetItem }

type listResourceRecordSetsOutput struct {
	ResourceRecordSets recordSetItems
	IsTruncated        bool
	NextRecordName     string `xml:",omitempty"`
	NextRecordType     string `xml:",omitempty"`
	MaxItems           int
}

// listResourceRecordSets begins at a name and a type, or where they would be.
func listResourceRecordSets(tx *world.Tx, _ *wire.Call, in *listResourceRecordSetsInput) (*listResourceRecordSetsOutput, error) {
	z, err := model.FindZone(tx, in.ID)
	if err != nil {
		return nil, err
	}
	if in.Type != "" && in.Name == "" {
		return nil, invalidInput("The record type needs the record name")
	}
	sets := model.RecordSets(tx, z.ID)
	if in.Name != "" {
		start := model.Key{Name: model.Canonical(in.Name), Type: in.Type}
		sets = slices.DeleteFunc(sets, func(r *model.RecordSet) bool { return model.CompareKeys(r.Key, start) < 0 })
	}
	part, size, next := page(sets, in.MaxItems, recordSetsPerPage)
	out := &listResourceRecordSetsOutput{MaxItems: size}
	for _, r := range part {
		out.ResourceRecordSets.ResourceRecordSet = append(out.ResourceRecordSets.ResourceRecordSet, renderRecordSet(r))
	}
	if next != nil {
		out.IsTruncated, out.NextRecordName, out.NextRecordType = true, (*next).Name, (*next).Type
	}
	return out, nil
}
