//go:build judges

package conformance_test

import (
	"encoding/json"
	"encoding/xml"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/route53"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// TestSnapshots_OfHostedZones does what others did on AWS, and expects Route 53's replies to be as theirs. Those of private
// zones, which the local cloud doesn't have, stay out.
func TestSnapshots_OfHostedZones(t *testing.T) {
	t.Parallel()
	s := readSnapshots(t, "route53-test_route53.json")
	c := startCloud(t)
	ctx := t.Context()
	clients, err := awsapi.Connect(ctx, awsapi.Options{Region: "us-east-1", Endpoint: c.Endpoint})
	if err != nil {
		t.Fatal(err)
	}
	none := map[string]string{}

	const making = "test_create_hosted_zone"
	made, err := clients.Route53.CreateHostedZone(ctx, &route53.CreateHostedZoneInput{Name: aws.String("snapshots.example.org"), CallerReference: aws.String("one")})
	s.agree(t, making, "create_hosted_zone_response", told(t, made, err), none)
	zone := made.HostedZone.Id
	found, err := clients.Route53.GetHostedZone(ctx, &route53.GetHostedZoneInput{Id: zone})
	s.agree(t, making, "get_hosted_zone", told(t, found, err), none)

	const ending = "test_delete_hosted_zone"
	other := aws.String("ZNOSUCHZONE1234")
	if _, err = clients.Route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: other}); err == nil {
		t.Fatal("a zone that isn't there was deleted")
	}
	exchanges := c.recorded(t)
	var refusal struct {
		Error struct{ Type, Code, Message string }
	}
	if err := xml.Unmarshal([]byte(exchanges[len(exchanges)-1].Reply), &refusal); err != nil {
		t.Fatal(err)
	}
	s.agree(t, ending, "no-such-hosted-zone-error", map[string]any{"Error": map[string]any{
		"Type": refusal.Error.Type, "Code": refusal.Error.Code, "Message": refusal.Error.Message,
	}}, none)
	if want := "No hosted zone found with ID: " + *other; refusal.Error.Message != want { // the ID is a placeholder in what was recorded
		t.Errorf("the refusal says %q, want %q", refusal.Error.Message, want)
	}
	gone, err := clients.Route53.DeleteHostedZone(ctx, &route53.DeleteHostedZoneInput{Id: zone})
	s.agree(t, ending, "delete-hosted-zone-response", told(t, gone, err), none)
	if left := c.left(t); len(left) > 0 {
		t.Errorf("there are still %q", left)
	}
}

// told is what the SDK has read of a reply, without what wasn't in it.
func told(t *testing.T, out any, err error) map[string]any {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	var reply map[string]any
	if err := json.Unmarshal(text, &reply); err != nil {
		t.Fatal(err)
	}
	prune(reply)
	delete(reply, "ResultMetadata")
	return reply
}

func prune(object map[string]any) {
	for name, value := range object {
		switch value := value.(type) {
		case nil:
			delete(object, name)
		case map[string]any:
			prune(value)
		}
	}
}
