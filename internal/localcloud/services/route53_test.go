package services_test

import (
	"errors"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	sdk "github.com/aws/aws-sdk-go-v2/service/route53"
	"github.com/aws/aws-sdk-go-v2/service/route53/types"
	"github.com/aws/smithy-go"

	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/policy"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/api"
	"github.com/platformctl/platformctl/internal/localcloud/services/route53/model"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/world"
	"github.com/platformctl/platformctl/internal/testenv"
)

// cloud is Route 53 with the SDK's client, and a clock that the test turns.
type route53Cloud struct {
	*sdk.Client
	now  time.Time
	zone string // ID of the account's zone

	asked []service.Permission // what the last call needed the permission for
}

func newRoute53Cloud(t *testing.T) *route53Cloud {
	t.Helper()
	c := &route53Cloud{now: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)}
	w, err := world.Open("", world.Options{Now: func() time.Time { return c.now }}, model.Kinds()...)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Update("", func(tx *world.Tx) error {
		model.Prepare(tx)
		c.zone = model.Zones(tx)[0].ID
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	handler := &wire.Handler{Interceptors: []wire.Interceptor{func(call *wire.Call, next func() wire.Reply, _ func(*wire.Error) wire.Reply) wire.Reply {
		if err := w.View("us-east-1", func(tx *world.Tx) error {
			c.asked = service.Service{Asks: api.Asks()}.PermissionsFor(tx, call)
			return nil
		}); err != nil {
			t.Error(err)
		}
		return next()
	}}}
	if err := handler.Add(api.Operations(service.Env{World: w})...); err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(localcloudtest.Recorded(t, handler))
	t.Cleanup(server.Close)
	c.Client = sdk.New(sdk.Options{Region: "us-east-1", BaseEndpoint: aws.String(server.URL), RetryMaxAttempts: 1, HTTPClient: localcloudtest.Client(),
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
	return c
}

func (c *route53Cloud) batch(changes ...types.Change) *sdk.ChangeResourceRecordSetsInput {
	return &sdk.ChangeResourceRecordSetsInput{HostedZoneId: &c.zone, ChangeBatch: &types.ChangeBatch{Changes: changes}}
}

func change(action types.ChangeAction, name string, recordType types.RRType, values ...string) types.Change {
	set := &types.ResourceRecordSet{Name: &name, Type: recordType, TTL: aws.Int64(60)}
	for _, v := range values {
		set.ResourceRecords = append(set.ResourceRecords, types.ResourceRecord{Value: aws.String(v)})
	}
	return types.Change{Action: action, ResourceRecordSet: set}
}

func TestHostedZones_MakeListChangeDelete(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	made := must(c.CreateHostedZone(ctx, &sdk.CreateHostedZoneInput{Name: aws.String("Shop.localhost"), CallerReference: aws.String("once"),
		HostedZoneConfig: &types.HostedZoneConfig{Comment: aws.String("new")}}))(t)
	id := strings.TrimPrefix(*made.HostedZone.Id, "/hostedzone/")
	if *made.Location != "https://route53.amazonaws.com/2013-04-01/hostedzone/"+id || *made.HostedZone.Name != "shop.localhost." ||
		made.ChangeInfo.Status != types.ChangeStatusPending || len(made.DelegationSet.NameServers) != 4 || *made.HostedZone.ResourceRecordSetCount != 2 {
		t.Errorf("made %+v %+v %+v", *made.Location, made.HostedZone, made.ChangeInfo)
	}
	c.now = c.now.Add(time.Minute)
	if got := must(c.GetChange(ctx, &sdk.GetChangeInput{Id: made.ChangeInfo.Id}))(t); got.ChangeInfo.Status != types.ChangeStatusInsync {
		t.Errorf("change %+v", got.ChangeInfo)
	}
	if got := must(c.GetHostedZone(ctx, &sdk.GetHostedZoneInput{Id: made.HostedZone.Id}))(t); *got.HostedZone.Config.Comment != "new" || got.HostedZone.Config.PrivateZone ||
		!slices.Equal(got.DelegationSet.NameServers, made.DelegationSet.NameServers) {
		t.Errorf("zone %+v", got.HostedZone)
	}
	if got := must(c.UpdateHostedZoneComment(ctx, &sdk.UpdateHostedZoneCommentInput{Id: &id, Comment: aws.String("newer")}))(t); *got.HostedZone.Config.Comment != "newer" {
		t.Errorf("zone %+v", got.HostedZone)
	}
	if got := must(c.GetHostedZoneCount(ctx, &sdk.GetHostedZoneCountInput{}))(t); *got.HostedZoneCount != 2 {
		t.Errorf("%d zones", *got.HostedZoneCount)
	}
	var names []string
	for pages := sdk.NewListHostedZonesPaginator(c, &sdk.ListHostedZonesInput{MaxItems: aws.Int32(1)}); pages.HasMorePages(); {
		page := must(pages.NextPage(ctx))(t)
		names = append(names, *page.HostedZones[0].Name)
	}
	slices.Sort(names)
	if diff := testenv.Diff([]string{"example.localhost.", "shop.localhost."}, names); diff != "" {
		t.Error(diff)
	}
	first := must(c.ListHostedZonesByName(ctx, &sdk.ListHostedZonesByNameInput{MaxItems: aws.Int32(1)}))(t)
	if *first.HostedZones[0].Name != "example.localhost." || !first.IsTruncated || *first.NextDNSName != "shop.localhost." || *first.NextHostedZoneId != id {
		t.Errorf("first page by name: %+v", first)
	}
	next := must(c.ListHostedZonesByName(ctx, &sdk.ListHostedZonesByNameInput{DNSName: first.NextDNSName, HostedZoneId: first.NextHostedZoneId}))(t)
	if len(next.HostedZones) != 1 || *next.HostedZones[0].Id != "/hostedzone/"+id || next.IsTruncated {
		t.Errorf("second page by name: %+v", next)
	}
	if got := must(c.GetDNSSEC(ctx, &sdk.GetDNSSECInput{HostedZoneId: &id}))(t); *got.Status.ServeSignature != "NOT_SIGNING" || len(got.KeySigningKeys) != 0 {
		t.Errorf("DNSSEC %+v", got)
	}
	if got := must(c.DeleteHostedZone(ctx, &sdk.DeleteHostedZoneInput{Id: &id}))(t); got.ChangeInfo.Status != types.ChangeStatusPending {
		t.Errorf("deleted %+v", got.ChangeInfo)
	}
	if _, err := c.GetHostedZone(ctx, &sdk.GetHostedZoneInput{Id: &id}); codeOf(err) != "NoSuchHostedZone" {
		t.Errorf("deleted, and %v", err)
	}
}

func TestResourceRecordSets_ChangeListAnswer(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	alias := types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: &types.ResourceRecordSet{Name: aws.String("b.example.localhost"), Type: types.RRTypeA,
		AliasTarget: &types.AliasTarget{HostedZoneId: &c.zone, DNSName: aws.String("A.example.localhost"), EvaluateTargetHealth: true}}}
	in := c.batch(change(types.ChangeActionCreate, "a.example.localhost", types.RRTypeA, "192.0.2.1", "192.0.2.2"),
		change(types.ChangeActionUpsert, "*.example.localhost", types.RRTypeTxt, `"x y"`), alias)
	in.ChangeBatch.Comment = aws.String("three")
	made := must(c.ChangeResourceRecordSets(ctx, in))(t)
	if made.ChangeInfo.Status != types.ChangeStatusPending || !made.ChangeInfo.SubmittedAt.Equal(c.now) || *made.ChangeInfo.Comment != "three" {
		t.Errorf("change %+v", made.ChangeInfo)
	}
	var got []string
	for pages := sdk.NewListResourceRecordSetsPaginator(c, &sdk.ListResourceRecordSetsInput{HostedZoneId: &c.zone, MaxItems: aws.Int32(2)}); pages.HasMorePages(); {
		for _, r := range must(pages.NextPage(ctx))(t).ResourceRecordSets {
			text := *r.Name + " " + string(r.Type)
			for _, v := range r.ResourceRecords {
				text += " " + *v.Value
			}
			if a := r.AliasTarget; a != nil {
				text += " " + *a.HostedZoneId + " " + *a.DNSName
				if r.TTL != nil || !a.EvaluateTargetHealth {
					t.Errorf("alias %+v", r)
				}
			}
			got = append(got, text)
		}
	}
	want := []string{`\052.example.localhost. TXT "x y"`, "a.example.localhost. A 192.0.2.1 192.0.2.2", "b.example.localhost. A " + c.zone + " a.example.localhost."}
	if len(got) != 5 {
		t.Fatalf("got %q", got)
	}
	if diff := testenv.Diff(want, got[2:]); diff != "" {
		t.Error(diff)
	}
	from := must(c.ListResourceRecordSets(ctx, &sdk.ListResourceRecordSetsInput{HostedZoneId: &c.zone, StartRecordName: aws.String("b.example.localhost"), StartRecordType: types.RRTypeA}))(t)
	if len(from.ResourceRecordSets) != 1 || *from.MaxItems != 300 {
		t.Errorf("from a name: %+v", from)
	}
	for pass, want := range []string{"NXDOMAIN []", "NOERROR [192.0.2.1 192.0.2.2]"} {
		answer := must(c.TestDNSAnswer(ctx, &sdk.TestDNSAnswerInput{HostedZoneId: &c.zone, RecordName: aws.String("b.example.localhost"), RecordType: types.RRTypeA}))(t)
		if got := *answer.ResponseCode + " [" + strings.Join(answer.RecordData, " ") + "]"; got != want {
			t.Errorf("pass %d: %s, want %s", pass, got, want)
		}
		c.now = c.now.Add(time.Minute)
	}
}

func TestTags_ChangeList(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	must(c.ChangeTagsForResource(ctx, &sdk.ChangeTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &c.zone,
		AddTags: []types.Tag{{Key: aws.String("a"), Value: aws.String("1")}, {Key: aws.String("b"), Value: aws.String("2")}}}))(t)
	must(c.ChangeTagsForResource(ctx, &sdk.ChangeTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &c.zone, RemoveTagKeys: []string{"a", "c"}}))(t)
	one := must(c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &c.zone}))(t)
	if set := one.ResourceTagSet; *set.ResourceId != c.zone || len(set.Tags) != 1 || *set.Tags[0].Key != "b" || *set.Tags[0].Value != "2" {
		t.Errorf("tags %+v", set)
	}
	some := must(c.ListTagsForResources(ctx, &sdk.ListTagsForResourcesInput{ResourceType: types.TagResourceTypeHostedzone, ResourceIds: []string{c.zone}}))(t)
	if len(some.ResourceTagSets) != 1 || len(some.ResourceTagSets[0].Tags) != 1 {
		t.Errorf("tags %+v", some.ResourceTagSets)
	}
}

// TestTags_TakeNoPrefix: other operations take /hostedzone/ before an ID.
func TestTags_TakeNoPrefix(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	for prefix, want := range map[string]string{"/hostedzone/": "NoSuchHostedZone", "/hostedzone/0": "InvalidInput"} {
		id := prefix + c.zone
		_, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceType: types.TagResourceTypeHostedzone, ResourceId: &id})
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s (%d characters): %v, want %s", id, len(id), err, want)
		}
	}
}

func TestLimits(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	account := must(c.GetAccountLimit(ctx, &sdk.GetAccountLimitInput{Type: types.AccountLimitTypeMaxHostedZonesByOwner}))(t)
	zone := must(c.GetHostedZoneLimit(ctx, &sdk.GetHostedZoneLimitInput{HostedZoneId: &c.zone, Type: types.HostedZoneLimitTypeMaxRrsetsByZone}))(t)
	if *account.Limit.Value != 500 || account.Count != 1 || *zone.Limit.Value != 10_000 || zone.Count != 2 {
		t.Errorf("account %+v, %d; zone %+v, %d", account.Limit, account.Count, zone.Limit, zone.Count)
	}
}

func TestRoute53_Refuses(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	for want, call := range map[string]func() error{
		"NoSuchHostedZone No hosted zone found with ID: Z1": func() error {
			_, err := c.ListResourceRecordSets(ctx, &sdk.ListResourceRecordSetsInput{HostedZoneId: aws.String("Z1")})
			return err
		},
		"NoSuchChange": func() error {
			_, err := c.GetChange(ctx, &sdk.GetChangeInput{Id: aws.String("/change/C1")})
			return err
		},
		"NoSuchHealthCheck": func() error {
			_, err := c.ListTagsForResource(ctx, &sdk.ListTagsForResourceInput{ResourceType: types.TagResourceTypeHealthcheck, ResourceId: aws.String("h")})
			return err
		},
		"HostedZoneNotPrivate": func() error {
			_, err := c.GetHostedZoneLimit(ctx, &sdk.GetHostedZoneLimitInput{HostedZoneId: &c.zone, Type: types.HostedZoneLimitTypeMaxVpcsAssociatedByZone})
			return err
		},
		"InvalidInput Invalid request: Expected exactly one of": func() error {
			_, err := c.ChangeResourceRecordSets(ctx, c.batch(types.Change{Action: types.ChangeActionCreate, ResourceRecordSet: &types.ResourceRecordSet{Name: aws.String("a.example.localhost"), Type: types.RRTypeA}}))
			return err
		},
		"InvalidChangeBatch [Tried to delete resource record set [name='a.example.localhost.', type='A'] but it was not found]": func() error {
			_, err := c.ChangeResourceRecordSets(ctx, c.batch(change(types.ChangeActionDelete, "a.example.localhost", types.RRTypeA, "192.0.2.1")))
			return err
		},
		"NotSimulated platformctl local cloud: parameter ChangeBatch.Changes": func() error {
			weighted := change(types.ChangeActionCreate, "a.example.localhost", types.RRTypeA, "192.0.2.1")
			weighted.ResourceRecordSet.SetIdentifier, weighted.ResourceRecordSet.Weight = aws.String("x"), aws.Int64(1)
			_, err := c.ChangeResourceRecordSets(ctx, c.batch(weighted))
			return err
		},
		"NotSimulated platformctl local cloud: parameter VPC": func() error {
			_, err := c.CreateHostedZone(ctx, &sdk.CreateHostedZoneInput{Name: aws.String("a.b"), CallerReference: aws.String("x"), VPC: &types.VPC{VPCId: aws.String("vpc-1")}})
			return err
		},
		"InvalidDomainName FATAL problem: DomainLabelEmpty (Domain label is empty) encountered with 'a..b'": func() error {
			_, err := c.CreateHostedZone(ctx, &sdk.CreateHostedZoneInput{Name: aws.String("a..b"), CallerReference: aws.String("x")})
			return err
		},
	} {
		var refused smithy.APIError
		if err := call(); !errors.As(err, &refused) || !strings.HasPrefix(refused.ErrorCode()+" "+refused.ErrorMessage(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

// Policies can decide by the names, the types and the actions of a batch.
func TestAsks_HaveBatchsConditionKeys(t *testing.T) {
	c, ctx := newRoute53Cloud(t), t.Context()
	must(c.ChangeResourceRecordSets(ctx, c.batch(change(types.ChangeActionCreate, "*.A.example.localhost.", types.RRTypeA, "192.0.2.1"),
		change(types.ChangeActionUpsert, "b.example.localhost", types.RRTypeTxt, `"x"`))))(t)
	want := []service.Permission{{Service: "route53", Action: "ChangeResourceRecordSets", Resource: "arn:aws:route53:::hostedzone/" + c.zone, Context: policy.Context{
		"route53:ChangeResourceRecordSetsActions":               {"CREATE", "UPSERT"},
		"route53:ChangeResourceRecordSetsRecordTypes":           {"A", "TXT"},
		"route53:ChangeResourceRecordSetsNormalizedRecordNames": {`\052.a.example.localhost`, "b.example.localhost"},
	}}}
	if diff := testenv.Diff(want, c.asked); diff != "" {
		t.Error(diff)
	}
	must(c.ListTagsForResources(ctx, &sdk.ListTagsForResourcesInput{ResourceType: types.TagResourceTypeHostedzone, ResourceIds: []string{c.zone, c.zone}}))(t)
	if len(c.asked) != 2 || c.asked[0].Resource != "arn:aws:route53:::hostedzone/"+c.zone {
		t.Errorf("asked %+v", c.asked)
	}
}
