package api

import (
	"net/http"
	"slices"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

func (h *handlers) zoneOperations() []wire.Operation {
	return []wire.Operation{
		change(h, "CreateHostedZone", createHostedZone).At("POST /2013-04-01/hostedzone", http.StatusCreated),
		view(h, "GetHostedZone", getHostedZone).At("GET /2013-04-01/hostedzone/{Id}"),
		view(h, "ListHostedZones", listHostedZones).At("GET /2013-04-01/hostedzone"),
		view(h, "ListHostedZonesByName", listHostedZonesByName).At("GET /2013-04-01/hostedzonesbyname"),
		view(h, "GetHostedZoneCount", getHostedZoneCount).At("GET /2013-04-01/hostedzonecount"),
		change(h, "UpdateHostedZoneComment", updateHostedZoneComment).At("POST /2013-04-01/hostedzone/{Id}"),
		change(h, "DeleteHostedZone", deleteHostedZone).At("DELETE /2013-04-01/hostedzone/{Id}"),
		view(h, "GetDNSSEC", getDNSSEC).At("GET /2013-04-01/hostedzone/{Id}/dnssec"),
	}
}

// zonesPerPage is how many hosted zones a page has, and at most. Source: API reference of ListHostedZones.
const zonesPerPage = 100

type zoneItem struct {
	ID              string `xml:"Id"`
	Name            string
	CallerReference string
	Config          zoneConfig
	Count           int `xml:"ResourceRecordSetCount"`
}

type zoneConfig struct {
	Comment     string `xml:",omitempty"`
	PrivateZone bool
}

type zoneItems struct{ HostedZone []zoneItem }

type delegationSet struct {
	NameServers nameServers
}

type nameServers struct{ NameServer []string }

func renderZone(tx *world.Tx, z *model.Zone) zoneItem {
	return zoneItem{ID: "/hostedzone/" + z.ID, Name: z.Name, CallerReference: z.CallerReference,
		Config: zoneConfig{Comment: z.Comment}, Count: len(model.RecordSets(tx, z.ID))}
}

func renderZones(tx *world.Tx, zones []*model.Zone) (items zoneItems) {
	for _, z := range zones {
		items.HostedZone = append(items.HostedZone, renderZone(tx, z))
	}
	return items
}

type createHostedZoneInput struct {
	Name             string `query:"Name,required" max:"1024"`
	CallerReference  string `query:"CallerReference,required" min:"1" max:"128"`
	HostedZoneConfig struct {
		Comment string    `query:"Comment" max:"256"`
		_       wire.Only `query:"PrivateZone" only:"false" enum:"true|false"`
	} `query:"HostedZoneConfig"`
}

type createHostedZoneOutput struct {
	Location      string `rest:"header Location" xml:"-"`
	HostedZone    zoneItem
	ChangeInfo    changeInfo
	DelegationSet delegationSet
}

func createHostedZone(tx *world.Tx, c *wire.Call, in *createHostedZoneInput) (*createHostedZoneOutput, error) {
	z, made, err := model.CreateZone(tx, in.Name, in.CallerReference, in.HostedZoneConfig.Comment)
	if err != nil {
		return nil, err
	}
	c.Resource = z.ID
	return &createHostedZoneOutput{Location: "https://route53.amazonaws.com/2013-04-01/hostedzone/" + z.ID,
		HostedZone: renderZone(tx, z), ChangeInfo: renderChange(made), DelegationSet: delegationSet{nameServers{z.NameServers}}}, nil
}

type zoneInput struct {
	ID string `query:"Id,required" rest:"path Id" max:"32"`
}

type getHostedZoneOutput struct {
	HostedZone    zoneItem
	DelegationSet delegationSet
}

func getHostedZone(tx *world.Tx, _ *wire.Call, in *zoneInput) (*getHostedZoneOutput, error) {
	z, err := model.FindZone(tx, in.ID)
	if err != nil {
		return nil, err
	}
	return &getHostedZoneOutput{renderZone(tx, z), delegationSet{nameServers{z.NameServers}}}, nil
}

type listHostedZonesInput struct {
	Marker   string `query:"Marker" rest:"query marker" max:"64"`
	MaxItems *int   `query:"MaxItems" rest:"query maxitems" min:"1"`
}

type listHostedZonesOutput struct {
	HostedZones zoneItems
	Marker      string `xml:",omitempty"`
	IsTruncated bool
	NextMarker  string `xml:",omitempty"`
	MaxItems    int
}

func listHostedZones(tx *world.Tx, _ *wire.Call, in *listHostedZonesInput) (*listHostedZonesOutput, error) {
	zones := model.Zones(tx)
	slices.SortFunc(zones, func(a, b *model.Zone) int { return strings.Compare(a.ID, b.ID) })
	zones = slices.DeleteFunc(zones, func(z *model.Zone) bool { return z.ID < in.Marker })
	part, size, next := page(zones, in.MaxItems, zonesPerPage)
	out := &listHostedZonesOutput{HostedZones: renderZones(tx, part), Marker: in.Marker, MaxItems: size}
	if next != nil {
		out.IsTruncated, out.NextMarker = true, (*next).ID
	}
	return out, nil
}

type listHostedZonesByNameInput struct {
	DNSName      string `query:"DNSName" rest:"query dnsname" max:"1024"`
	HostedZoneID string `query:"HostedZoneId" rest:"query hostedzoneid" max:"32"`
	MaxItems     *int   `query:"MaxItems" rest:"query maxitems" min:"1"`
}

type listHostedZonesByNameOutput struct {
	HostedZones  zoneItems
	DNSName      string `xml:",omitempty"`
	HostedZoneID string `xml:"HostedZoneId,omitempty"`
	IsTruncated  bool
	NextDNSName  string `xml:",omitempty"`
	NextZoneID   string `xml:"NextHostedZoneId,omitempty"`
	MaxItems     int
}

// listHostedZonesByName begins at the zone of a name, or where that one would be.
func listHostedZonesByName(tx *world.Tx, _ *wire.Call, in *listHostedZonesByNameInput) (*listHostedZonesByNameOutput, error) {
	if in.HostedZoneID != "" && in.DNSName == "" {
		return nil, invalidInput("The hosted zone ID needs the DNS name")
	}
	zones, err := model.ZonesByName(tx, in.DNSName, strings.TrimPrefix(in.HostedZoneID, "/hostedzone/"))
	if err != nil {
		return nil, err
	}
	part, size, next := page(zones, in.MaxItems, zonesPerPage)
	out := &listHostedZonesByNameOutput{HostedZones: renderZones(tx, part), DNSName: in.DNSName, HostedZoneID: in.HostedZoneID, MaxItems: size}
	if next != nil {
		out.IsTruncated, out.NextDNSName, out.NextZoneID = true, (*next).Name, (*next).ID
	}
	return out, nil
}

type getHostedZoneCountInput struct{}

type getHostedZoneCountOutput struct{ HostedZoneCount int }

func getHostedZoneCount(tx *world.Tx, _ *wire.Call, _ *getHostedZoneCountInput) (*getHostedZoneCountOutput, error) {
	return &getHostedZoneCountOutput{len(model.Zones(tx))}, nil
}

type updateHostedZoneCommentInput struct {
	zoneInput
	Comment string `query:"Comment" max:"256"`
}

type updateHostedZoneCommentOutput struct{ HostedZone zoneItem }

func updateHostedZoneComment(tx *world.Tx, _ *wire.Call, in *updateHostedZoneCommentInput) (*updateHostedZoneCommentOutput, error) {
	z, err := model.CommentZone(tx, in.ID, in.Comment)
	if err != nil {
		return nil, err
	}
	return &updateHostedZoneCommentOutput{renderZone(tx, z)}, nil
}

func deleteHostedZone(tx *world.Tx, _ *wire.Call, in *zoneInput) (*changeOutput, error) {
	made, err := model.DeleteZone(tx, in.ID)
	if err != nil {
		return nil, err
	}
	return &changeOutput{renderChange(made)}, nil
}

type getDNSSECInput struct {
	ID string `query:"HostedZoneId,required" rest:"path Id" max:"32"`
}

type getDNSSECOutput struct {
	Status struct{ ServeSignature string }
	Keys   struct{} `xml:"KeySigningKeys"`
}

// getDNSSEC says of every zone that it isn't signed: no operation signs one.
func getDNSSEC(tx *world.Tx, _ *wire.Call, in *getDNSSECInput) (*getDNSSECOutput, error) {
	if _, err := model.FindZone(tx, in.ID); err != nil {
		return nil, err
	}
	out := &getDNSSECOutput{}
	out.Status.ServeSignature = "NOT_SIGNING"
	return out, nil
}
