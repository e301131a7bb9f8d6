package lab

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
)

// behind is a proxy before a cloud that counts what arrives.
func behind(t *testing.T) (p *Proxy, arrived *atomic.Int32) {
	t.Helper()
	arrived = new(atomic.Int32)
	var cloud *httptest.Server
	cloud = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/_local/status" {
			_ = json.NewEncoder(w).Encode(map[string]any{"endpoint": cloud.URL, "pid": 42})
			return
		}
		arrived.Add(1)
		w.Header().Set("X-From", "cloud")
		w.WriteHeader(http.StatusTeapot)
		_, _ = io.WriteString(w, "done")
	}))
	t.Cleanup(cloud.Close)
	p, err := openProxy(cloud.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.close(); err != nil {
			t.Error(err)
		}
	})
	return p, arrived
}

// call makes an API call through the proxy and returns the reply's body.
func call(t *testing.T, p *Proxy, operation string) (string, error) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), http.MethodPost, p.URL, strings.NewReader("Action="+operation+"&Version=1"))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "AWS4-HMAC-SHA256 Credential=key/20260101/us-east-1/ec2/aws4_request, SignedHeaders=host")
	response, err := (&http.Client{Transport: &http.Transport{DisableKeepAlives: true}}).Do(r)
	if err != nil {
		return "", err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if response.StatusCode != http.StatusTeapot || response.Header.Get("X-From") != "cloud" {
		t.Errorf("the reply's head didn't come through: %s %v", response.Status, response.Header)
	}
	return string(body), err
}

func TestTrap_EndsAtMoment(t *testing.T) {
	for _, test := range []struct {
		moment           Moment
		arrived, replied bool
	}{{Unsent, false, false}, {Acted, true, false}, {Replied, true, true}} {
		t.Run(string(test.moment), func(t *testing.T) {
			p, arrived := behind(t)
			killed := make(chan int32, 1)
			p.Set(&Trap{At: 2, Moment: test.moment, Kill: func() { killed <- arrived.Load() }})
			if body, err := call(t, p, "CreateVpc"); err != nil || body != "done" || len(killed) > 0 {
				t.Fatalf("the first call: %q, %v, %d ends", body, err, len(killed))
			}
			body, err := call(t, p, "CreateSubnet")
			if replied := err == nil && body == "done"; replied != test.replied {
				t.Errorf("the reply: %q, %v; want one: %t", body, err, test.replied)
			}
			// The process dies before, or after, the call is carried out.
			if before := <-killed == 1; before == test.arrived {
				t.Errorf("%d calls had arrived when it died", arrived.Load())
			}
			if came := arrived.Load() == 2; came != test.arrived {
				t.Errorf("the call arrived: %t, want %t", came, test.arrived)
			}
			if hit := p.Hit(); hit == nil || *hit != (Call{2, "ec2", "CreateSubnet"}) {
				t.Errorf("hit %+v", hit)
			}
			if body, err := call(t, p, "CreateVpc"); err != nil || body != "done" || len(killed) > 0 {
				t.Errorf("the call after it: %q, %v, %d more ends", body, err, len(killed))
			}
		})
	}
}

func TestTrap_CountsItsOperation(t *testing.T) {
	p, _ := behind(t)
	killed := 0
	p.Set(&Trap{At: 2, Operation: "CreateVpc", Moment: Unsent, Kill: func() { killed++ }})
	for _, operation := range []string{"CreateVpc", "DescribeVpcs", "DescribeVpcs"} {
		if _, err := call(t, p, operation); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := call(t, p, "CreateVpc"); err == nil || killed != 1 {
		t.Errorf("the second CreateVpc got through (%v), with %d ends", err, killed)
	}
	if hit := p.Hit(); hit == nil || hit.N != 4 || len(p.Calls()) != 4 {
		t.Errorf("hit %+v of %d calls", hit, len(p.Calls()))
	}
}

func TestProxy_StatusNamesProxy(t *testing.T) {
	p, _ := behind(t)
	response, err := http.Get(p.URL + "/_local/status")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	var status struct {
		Endpoint string
		PID      int
	}
	if err := json.NewDecoder(response.Body).Decode(&status); err != nil || status.Endpoint != p.URL || status.PID != 42 {
		t.Errorf("%+v, %v; want the endpoint %s", status, err, p.URL)
	}
	if len(p.Calls()) != 0 {
		t.Errorf("it was counted as an API call: %v", p.Calls())
	}
}

func TestCompare(t *testing.T) {
	objects := []Object{{Kind: "VPC", ID: "vpc-1"}, {Kind: "VPC", ID: "vpc-2"}, {Kind: "volume", ID: "vol-1"}}
	surplus, missing := Compare(objects, map[string]int{"VPC": 1, "subnet": 4})
	if len(surplus) != 2 || !strings.HasPrefix(surplus[0], "2 × VPC instead of 1 (vpc-1, vpc-2)") || !strings.HasPrefix(surplus[1], "1 × volume instead of 0") {
		t.Errorf("surplus %q", surplus)
	}
	if len(missing) != 1 || !strings.HasPrefix(missing[0], "0 × subnet instead of 4") {
		t.Errorf("missing %q", missing)
	}
	if surplus, missing := Compare(objects[:1], map[string]int{"VPC": 1}); len(surplus)+len(missing) > 0 {
		t.Errorf("%q and %q of what is as it should be", surplus, missing)
	}
}
