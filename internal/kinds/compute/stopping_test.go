package compute

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/platformctl/platformctl/internal/awsapi"
	"github.com/platformctl/platformctl/internal/resource"
)

// TestUpdateInstance_IsAskedAgainWhileStopping starts an instance that somebody stops: EC2 refuses that until it has stopped.
func TestUpdateInstance_IsAskedAgainWhileStopping(t *testing.T) {
	const reply = "<Response><Errors><Error><Code>IncorrectInstanceState</Code><Message>"
	for message, again := range map[string]bool{
		"The instance 'i-1' is not in a state from which it can be started.": true,
		"The instance 'i-1' is not in the 'stopped' state.":                  false,
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(http.StatusBadRequest)
			_, _ = w.Write([]byte(reply + message + "</Message></Error></Errors></Response>"))
		}))
		c, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		g := &resource.Graph{}
		node := g.Node(resource.Add(g, InstanceKind(), "web-a-1", Instance{}).Key())
		err = node.Handler.Update(t.Context(), resource.Request{Clients: c, Node: node, ID: "i-1"}, resource.Object{Live: types.Instance{}},
			[]resource.Change{{Field: fieldState, Have: "stopping", Want: "running"}})
		if awsapi.Code(err) != "IncorrectInstanceState" || awsapi.IsPropagating(err) != again {
			t.Errorf("%q: %v; is it asked again: %v, want %v", message, err, awsapi.IsPropagating(err), again)
		}
		server.Close()
	}
}
