package awsapi

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/platformctl/platformctl/internal/testenv"
)

// TestExplainDenial_ReadsMessage answers every call of EC2 by a refusal, and decodes it, or
// refuses that, too.
func TestExplainDenial_ReadsMessage(t *testing.T) {
	const who, encoded = "arn:aws:iam::123456789012:user/deploy", "Encoded authorization failure message: a-b_c="
	decoded := `{"allowed":false,"explicitDeny":true,"context":{"principal":{"arn":"` + who + `"},"action":"ec2:CreateVpc","resource":"arn:aws:ec2:us-east-1:123456789012:vpc/*"}}`
	for name, test := range map[string]struct {
		message, decoded string
		want             *Denied
		text             string
	}{
		"decoded": {"You are not authorized to perform this operation. " + encoded, decoded,
			&Denied{Principal: who, Action: "ec2:CreateVpc", Resource: "arn:aws:ec2:us-east-1:123456789012:vpc/*", Explicit: true},
			"CreateVpc was refused: " + who + " lacks the permission ec2:CreateVpc on arn:aws:ec2:us-east-1:123456789012:vpc/*: a policy denies it"},
		"not to be decoded": {"You are not authorized to perform this operation. " + encoded, "",
			nil, "CreateVpc was refused: UnauthorizedOperation: You are not authorized to perform this operation. " + encoded},
		"named, not to be decoded": {"You are not authorized to perform this operation. User: " + who +
			" is not authorized to perform: ec2:CreateVpc on resource: * because no identity-based policy allows the ec2:CreateVpc action. " + encoded, "",
			&Denied{Principal: who, Action: "ec2:CreateVpc", Resource: "*"},
			"CreateVpc was refused: " + who + " lacks the permission ec2:CreateVpc: no policy allows it"},
		"decoded to something else": {"No. " + encoded, `["x"]`, nil, "CreateVpc was refused: UnauthorizedOperation: No. " + encoded},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				body, _ := io.ReadAll(r.Body)
				switch {
				case !strings.Contains(string(body), "DecodeAuthorizationMessage"):
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, `<Response><Errors><Error><Code>UnauthorizedOperation</Code><Message>`+test.message+`</Message></Error></Errors></Response>`)
				case !strings.Contains(string(body), "EncodedMessage=a-b_c%3D"):
					t.Errorf("asked to decode %s", body)
				case test.decoded == "":
					w.WriteHeader(http.StatusForbidden)
					_, _ = io.WriteString(w, `<ErrorResponse><Error><Code>AccessDenied</Code><Message>No</Message></Error></ErrorResponse>`)
				default:
					_, _ = io.WriteString(w, `<DecodeAuthorizationMessageResponse><DecodeAuthorizationMessageResult><DecodedMessage>`+
						test.decoded+`</DecodedMessage></DecodeAuthorizationMessageResult></DecodeAuthorizationMessageResponse>`)
				}
			}))
			t.Cleanup(server.Close)
			clients, err := Connect(t.Context(), Options{Region: "us-east-1", Endpoint: server.URL})
			if err != nil {
				t.Fatal(err)
			}
			_, err = clients.EC2.CreateVpc(t.Context(), &ec2.CreateVpcInput{})
			if Code(err) != "UnauthorizedOperation" || CauseOf(err) != Permission {
				t.Errorf("the refusal itself is lost: %v", err)
			}
			if got := Text(err); got != test.text {
				t.Errorf("it reads %q, want %q", got, test.text)
			}
			var denied *Denied
			if errors.As(err, &denied) {
				denied.Err = nil
			}
			if diff := testenv.Diff(test.want, denied); diff != "" {
				t.Error(diff)
			}
		})
	}
}
