package compute

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/awsapi"
)

// TestStopProtected_OfManyInstances asks about more instances than are asked about at a time.
func TestStopProtected_OfManyInstances(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		protected := strings.HasSuffix(r.FormValue("InstanceId"), "7")
		_, _ = fmt.Fprintf(w, "<DescribeInstanceAttributeResponse><disableApiStop><value>%v</value></disableApiStop></DescribeInstanceAttributeResponse>", protected)
	}))
	defer server.Close()
	c, err := awsapi.Connect(t.Context(), awsapi.Options{Region: "us-east-1", Endpoint: server.URL})
	if err != nil {
		t.Fatal(err)
	}
	var ids, want, got []string
	for i := range 200 {
		ids = append(ids, fmt.Sprintf("i-%03d", i))
		if i%10 == 7 {
			want = append(want, ids[i])
		}
	}
	blockers, err := StopProtected(t.Context(), c, ids)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blockers {
		got = append(got, b.ID)
	}
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("stop-protected are %v, want %v", got, want)
	}
}
