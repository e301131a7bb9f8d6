package restxml_test

import (
	"encoding/xml"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// FuzzRead sends anything. There is no panic, and what is accepted is a document, or the
// parts of a URL, in which nothing is but what the operation lists.
func FuzzRead(f *testing.F) {
	const create = "/2013-04-01/hostedzone"
	for _, seed := range []struct{ method, target, body string }{
		{"POST", create, "<CreateHostedZoneRequest><Name>a</Name><CallerReference>b</CallerReference></CreateHostedZoneRequest>"},
		{"POST", create, "<CreateHostedZoneRequest a='b'><Name>a<!-- c --></Name><CallerReference/></CreateHostedZoneRequest>"},
		{"POST", create, "<CreateHostedZoneRequest><Name>a</Name><Name>b</Name><CallerReference><a/></CallerReference></CreateHostedZoneRequest>"},
		{"POST", create, "<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><CreateHostedZoneRequest>&b;</CreateHostedZoneRequest>"},
		{"POST", create + "/Z/rrset/", "<ChangeResourceRecordSetsRequest><ChangeBatch><Changes><Change><Action>CREATE</Action><ResourceRecordSet><Name/><Type/></ResourceRecordSet></Change><Change/></Changes></ChangeBatch></ChangeResourceRecordSetsRequest>"},
		{"GET", create + "?marker=a&maxitems=7", ""}, {"GET", create + "?marker=a&marker=b", ""}, {"GET", create + "/%2F%", ""}, {"GET", create + "//", ""}, {"GET", create + "/Z?x-id=GetHostedZone", ""},
		{"POST", "/2013-04-01/tags/hostedzone/Z1", "<ChangeTagsForResourceRequest><RemoveTagKeys><Key>a</Key><Key>b</Key></RemoveTagKeys></ChangeTagsForResourceRequest>"},
	} {
		f.Add(seed.method, seed.target, seed.body)
	}
	f.Fuzz(func(t *testing.T, method, target, body string) {
		at, err := url.Parse(target)
		if err != nil || !strings.HasPrefix(target, "/") || !slices.Contains([]string{"GET", "POST", "PUT"}, method) {
			return
		}
		h := &wire.Handler{}
		if err := h.Add(dnsOperations()...); err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), method, "/", strings.NewReader(body))
		r.URL = at
		r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/route53/aws4_request")
		reply := httptest.NewRecorder()
		h.ServeHTTP(reply, r)
		switch {
		case reply.Code >= http.StatusInternalServerError && reply.Code != http.StatusNotImplemented:
			t.Errorf("HTTP %d: %s", reply.Code, reply.Body)
		case reply.Code >= http.StatusBadRequest:
			return
		}
		for name, values := range at.Query() {
			if !slices.Contains([]string{"marker", "maxitems", "x-id"}, name) || len(values) != 1 {
				t.Errorf("accepted %q with %q", name, values)
			}
		}
		var document struct {
			XMLName xml.Name
			Any     []struct {
				XMLName xml.Name
			} `xml:",any"`
		}
		if strings.TrimSpace(body) == "" {
			return
		}
		if err := xml.Unmarshal([]byte(body), &document); err != nil || !strings.HasSuffix(document.XMLName.Local, "Request") {
			t.Fatalf("accepted %q: %v", body, err)
		}
		for _, element := range document.Any {
			if !slices.Contains([]string{"Name", "CallerReference", "DelegationSetId", "ChangeBatch", "RemoveTagKeys"}, element.XMLName.Local) {
				t.Errorf("accepted the element %q", element.XMLName.Local)
			}
		}
	})
}
