package restxml_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
	"github.com/platformctl/platformctl/internal/localcloud/wire/restxml"
	"github.com/platformctl/platformctl/internal/testenv"
)

func dns() wire.Service {
	return wire.Service{Name: "route53", Protocols: []wire.Protocol{restxml.Protocol{Namespace: "https://route53.amazonaws.com/doc/2013-04-01/"}}}
}

type hostedZone struct {
	ID              string `xml:"Id"`
	Name            string
	CallerReference string
}

type zones struct {
	HostedZone []hostedZone
}

type listHostedZonesInput struct {
	Marker   string `query:"Marker" rest:"query marker" max:"64"`
	MaxItems *int   `query:"MaxItems" rest:"query maxitems" max:"100"`
}

type listHostedZonesOutput struct {
	HostedZones zones
	Marker      string
	IsTruncated bool
	MaxItems    int
}

type getHostedZoneInput struct {
	ID string `query:"Id,required" rest:"path Id" max:"32"`
}

type getHostedZoneOutput struct{ HostedZone hostedZone }

type changeInput struct {
	HostedZoneID string `query:"HostedZoneId,required" rest:"path Id" max:"32"`
	ChangeBatch  struct {
		Comment string   `query:"Comment" max:"256"`
		Changes []change `query:"Changes,required" min:"1" item:"Change"`
	} `query:"ChangeBatch,required"`
}

type change struct {
	Action            string `query:"Action,required" enum:"CREATE|DELETE|UPSERT"`
	ResourceRecordSet struct {
		Name            string   `query:"Name,required" max:"1024"`
		Type            string   `query:"Type,required"`
		TTL             *int64   `query:"TTL" min:"0"`
		ResourceRecords []record `query:"ResourceRecords" item:"ResourceRecord"`
	} `query:"ResourceRecordSet,required"`
}

type record struct {
	Value string `query:"Value,required"`
}

type changeOutput struct {
	ChangeInfo struct {
		ID          string `xml:"Id"`
		Status      string
		SubmittedAt string
		Comment     string
	}
}

type createHostedZoneInput struct {
	Name            string    `query:"Name,required"`
	CallerReference string    `query:"CallerReference,required"`
	_               wire.Only `query:"DelegationSetId" only:""`
}

type createHostedZoneOutput struct {
	Location   string `rest:"header Location" xml:"-"`
	HostedZone hostedZone
}

// dnsOperations are Route 53's as far as the tests need them. They answer with what they
// were asked.
func dnsOperations() []wire.Operation {
	return []wire.Operation{
		wire.Op(dns(), "ListHostedZones", func(_ *wire.Call, in *listHostedZonesInput) (*listHostedZonesOutput, error) {
			out := &listHostedZonesOutput{Marker: in.Marker, MaxItems: 100, HostedZones: zones{[]hostedZone{{"/hostedzone/Z1", "a<b.", "x"}, {ID: "/hostedzone/Z2"}}}}
			if in.MaxItems != nil {
				out.MaxItems = *in.MaxItems
			}
			return out, nil
		}).At("GET /2013-04-01/hostedzone"),
		wire.Op(dns(), "GetHostedZone", func(_ *wire.Call, in *getHostedZoneInput) (*getHostedZoneOutput, error) {
			if in.ID == "gone" {
				return nil, refuse.WithStatus(http.StatusNotFound, "NoSuchHostedZone", "No hosted zone found with ID: %s", in.ID)
			}
			return &getHostedZoneOutput{hostedZone{ID: in.ID}}, nil
		}).At("GET /2013-04-01/hostedzone/{Id}"),
		wire.Op(dns(), "ChangeResourceRecordSets", func(_ *wire.Call, in *changeInput) (*changeOutput, error) {
			out := &changeOutput{}
			out.ChangeInfo.ID, out.ChangeInfo.Status, out.ChangeInfo.SubmittedAt = in.HostedZoneID, "PENDING", "2026-01-02T03:04:05.006Z"
			for _, c := range in.ChangeBatch.Changes {
				out.ChangeInfo.Comment += c.Action + " " + c.ResourceRecordSet.Name
				for _, r := range c.ResourceRecordSet.ResourceRecords {
					out.ChangeInfo.Comment += " " + r.Value
				}
				out.ChangeInfo.Comment += ";"
			}
			return out, nil
		}).At("POST /2013-04-01/hostedzone/{Id}/rrset/"),
		wire.Op(dns(), "CreateHostedZone", func(_ *wire.Call, in *createHostedZoneInput) (*createHostedZoneOutput, error) {
			return &createHostedZoneOutput{"https://route53/Z3", hostedZone{"Z3", in.Name, in.CallerReference}}, nil
		}).At("POST /2013-04-01/hostedzone", http.StatusCreated),
		wire.Op(dns(), "ChangeTagsForResource", func(_ *wire.Call, in *struct {
			Type string   `query:"ResourceType,required" rest:"path ResourceType"`
			ID   string   `query:"ResourceId,required" rest:"path ResourceId"`
			Keys []string `query:"RemoveTagKeys" max:"10" item:"Key"`
		}) (*wire.Empty, error) {
			if in.Type != "hostedzone" || in.ID != "Z1" || len(in.Keys) != 2 {
				return nil, refuse.New("Wrong", "%+v", in)
			}
			return &wire.Empty{}, nil
		}).At("POST /2013-04-01/tags/{ResourceType}/{ResourceId}"),
	}
}

func serve(t *testing.T, operations []wire.Operation) *httptest.Server {
	t.Helper()
	h := &wire.Handler{}
	if err := h.Add(operations...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return server
}

func dnsClient(t *testing.T) *route53.Client {
	t.Helper()
	return route53.New(route53.Options{BaseEndpoint: aws.String(serve(t, dnsOperations()).URL), Region: "us-east-1",
		Credentials: credentials.NewStaticCredentialsProvider("AKID", "secret", ""), RetryMaxAttempts: 1})
}

func TestRoute53_RoundTrips(t *testing.T) {
	client := dnsClient(t)
	list, err := client.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{Marker: aws.String("a b/c&d"), MaxItems: aws.Int32(7)})
	if err != nil {
		t.Fatal(err)
	}
	got := []string{*list.Marker, *list.HostedZones[0].Id, *list.HostedZones[0].Name, *list.HostedZones[1].Id}
	if diff := testenv.Diff([]string{"a b/c&d", "/hostedzone/Z1", "a<b.", "/hostedzone/Z2"}, got); diff != "" || *list.MaxItems != 7 {
		t.Error(diff, *list.MaxItems)
	}
	zone, err := client.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: aws.String("Z 1?")})
	if err != nil || *zone.HostedZone.Id != "Z 1?" {
		t.Errorf("%+v, %v", zone, err)
	}
	made, err := client.CreateHostedZone(t.Context(), &route53.CreateHostedZoneInput{Name: aws.String("é."), CallerReference: aws.String("<once>")})
	if err != nil || *made.Location != "https://route53/Z3" || *made.HostedZone.Name != "é." || *made.HostedZone.CallerReference != "<once>" {
		t.Errorf("%+v, %v", made, err)
	}
	set := func(name string, values ...string) types.Change {
		c := types.Change{Action: types.ChangeActionUpsert, ResourceRecordSet: &types.ResourceRecordSet{Name: aws.String(name), Type: types.RRTypeA, TTL: aws.Int64(0)}}
		for _, v := range values {
			c.ResourceRecordSet.ResourceRecords = append(c.ResourceRecordSet.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
		}
		return c
	}
	changed, err := client.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String("Z1"),
		ChangeBatch: &types.ChangeBatch{Changes: []types.Change{set("a.", "1.1.1.1", "2.2.2.2"), set("b.")}}})
	if err != nil {
		t.Fatal(err)
	}
	if diff := testenv.Diff("UPSERT a. 1.1.1.1 2.2.2.2;UPSERT b.;", aws.ToString(changed.ChangeInfo.Comment)); diff != "" || changed.ChangeInfo.SubmittedAt.Year() != 2026 {
		t.Error(diff)
	}
	if _, err := client.ChangeTagsForResource(t.Context(), &route53.ChangeTagsForResourceInput{ResourceId: aws.String("Z1"), ResourceType: "hostedzone",
		RemoveTagKeys: []string{"a", "b"}}); err != nil {
		t.Error(err)
	}
}

func TestRoute53_Refuses(t *testing.T) {
	client := dnsClient(t)
	code := func(err error) string {
		t.Helper()
		var refusal smithy.APIError
		if !errors.As(err, &refusal) {
			t.Fatalf("no refusal: %v", err)
		}
		return refusal.ErrorCode() + ": " + refusal.ErrorMessage()
	}
	var gone *types.NoSuchHostedZone
	if _, err := client.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: aws.String("gone")}); !errors.As(err, &gone) {
		t.Errorf("%v", err)
	}
	change := func(batch types.ChangeBatch) error {
		_, err := client.ChangeResourceRecordSets(t.Context(), &route53.ChangeResourceRecordSetsInput{HostedZoneId: aws.String("Z1"), ChangeBatch: &batch})
		return err
	}
	set := func(change func(*types.Change)) types.ChangeBatch {
		c := types.Change{Action: "CREATE", ResourceRecordSet: &types.ResourceRecordSet{Name: aws.String("a."), Type: "A"}}
		change(&c)
		return types.ChangeBatch{Changes: []types.Change{c}}
	}
	_, unknown := client.DeleteHostedZone(t.Context(), &route53.DeleteHostedZoneInput{Id: aws.String("Z1")})
	_, long := client.GetHostedZone(t.Context(), &route53.GetHostedZoneInput{Id: aws.String(strings.Repeat("Z", 33))})
	_, many := client.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{MaxItems: aws.Int32(101)})
	_, unlisted := client.ListHostedZones(t.Context(), &route53.ListHostedZonesInput{DelegationSetId: aws.String("N1")})
	for name, test := range map[string]struct {
		err  error
		want string
	}{
		"operation": {unknown, "NotSimulated: platformctl local cloud: operation DELETE /2013-04-01/hostedzone/Z1 is not simulated"},
		"length":    {long, "InvalidInput: 1 validation error detected: Value '" + strings.Repeat("Z", 33) + "' at 'id' failed to satisfy constraint: Member must have length less than or equal to 32"},
		"number":    {many, "InvalidInput: 1 validation error detected: Value '101' at 'maxItems' failed to satisfy constraint: Member must have value less than or equal to 100"},
		"query":     {unlisted, "NotSimulated: platformctl local cloud: parameter delegationsetid of ListHostedZones is not simulated"},
		"element": {change(set(func(c *types.Change) { c.ResourceRecordSet.SetIdentifier = aws.String("x") })),
			"NotSimulated: platformctl local cloud: parameter ChangeBatch.Changes.Change.ResourceRecordSet.SetIdentifier of ChangeResourceRecordSets is not simulated"},
		"enum": {change(set(func(c *types.Change) { c.Action = "PAINT" })),
			"InvalidInput: 1 validation error detected: Value 'PAINT' at 'changeBatch.changes.1.member.action' failed to satisfy constraint: Member must satisfy enum value set: [CREATE, DELETE, UPSERT]"},
		"list": {change(types.ChangeBatch{Changes: []types.Change{}}),
			"InvalidInput: 1 validation error detected: Value '[]' at 'changeBatch.changes' failed to satisfy constraint: Member must have length greater than or equal to 1"},
	} {
		if diff := testenv.Diff(test.want, code(test.err)); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
}

func TestRead_RefusesDocumentsThatSDKsDontWrite(t *testing.T) {
	server := serve(t, dnsOperations())
	const path, named = "/2013-04-01/hostedzone", "<CreateHostedZoneRequest><Name>a</Name><CallerReference>b</CallerReference>"
	for name, test := range map[string]struct {
		path, body string
		status     int
		want       string
	}{
		"fine":           {path, named + "</CreateHostedZoneRequest>", 201, "<Name>a</Name>"},
		"no XML":         {path, "<", 400, "<Code>MalformedInput</Code>"},
		"another":        {path, "<A/>", 400, "the document is a A, want a CreateHostedZoneRequest"},
		"two":            {path, named + "</CreateHostedZoneRequest><A/>", 400, "more than one document"},
		"deep":           {path, strings.Repeat("<a>", 40), 400, "more than 32 elements"},
		"many":           {path, "<CreateHostedZoneRequest>" + strings.Repeat("<A/>", 20_000), 400, "more than 10000 elements"},
		"pieces of text": {path, "<CreateHostedZoneRequest>" + strings.Repeat("a<!---->", 20_000), 400, "more than 10000 elements"},
		"twice":          {path, named + "<Name>c</Name></CreateHostedZoneRequest>", 501, "parameter Name of CreateHostedZone"},
		"mixed":          {path, named + "text</CreateHostedZoneRequest>", 501, "is not simulated"},
		"attribute":      {path, `<CreateHostedZoneRequest a="b"><Name>a</Name><CallerReference>b</CallerReference></CreateHostedZoneRequest>`, 501, "parameter @a"},
		"nested":         {path, "<CreateHostedZoneRequest><Name><A>b</A></Name><CallerReference>b</CallerReference></CreateHostedZoneRequest>", 501, "parameter Name of"},
		"no document":    {path, "", 400, "Value null at &#39;name&#39; failed"},
		"label":          {path + "/Z1/rrset", "<ChangeResourceRecordSetsRequest><HostedZoneId>Z2</HostedZoneId></ChangeResourceRecordSetsRequest>", 400, "HostedZoneId is no element"},
		"large":          {path, strings.Repeat(" ", 5<<20), 413, "<Code>RequestEntityTooLarge</Code>"},
		"no such path":   {path + "/", named + "</CreateHostedZoneRequest>", 201, "<Name>a</Name>"},
		"shape of error": {"/2013-04-01/paint", "", 501, `<ErrorResponse xmlns="https://route53.amazonaws.com/doc/2013-04-01/"><Error><Type>Receiver</Type><Code>NotSimulated</Code>`},
	} {
		status, body := post(t, server.URL+test.path, "route53", test.body)
		if status != test.status || !strings.Contains(body, test.want) {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}
