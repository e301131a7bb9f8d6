package server_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/localcloudtest"
	"github.com/platformctl/platformctl/internal/localcloud/server"
)

// withHost asks a local cloud by another name than its own; header is name and value by turns.
func withHost(t *testing.T, cloud *localcloudtest.Cloud, method, host, path string, header ...string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, cloud.Endpoint+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = host
	for i := 0; i < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := oneShot().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

const signed = "AWS4-HMAC-SHA256 Credential=%s/20260101/us-east-1/%s/aws4_request, SignedHeaders=host, Signature=0"

func TestGuard_AnswersToOwnNamesAlone(t *testing.T) {
	cloud := localcloudtest.Start(t)
	address := strings.TrimPrefix(cloud.Endpoint, "http://")
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		t.Fatal(err)
	}
	key := fmt.Sprintf(signed, "any", "sts")
	for host, want := range map[string]int{
		address: 200, "localhost:" + port: 200, "LOCALHOST.:" + port: 200, "sts.us-east-1.localhost:" + port: 200, "127.0.0.2": 200, "[::1]:" + port: 200,
		"evil.example:" + port: 421, "localhost.evil.example": 421, "127.0.0.1.evil.example:" + port: 421, "10.0.0.1:" + port: 421, "0.0.0.0:" + port: 421,
		"evillocalhost": 421,
	} {
		for path, header := range map[string][]string{
			"/?Action=GetCallerIdentity&Version=2011-06-15": {"Authorization", key},
			"/":                  {"Accept", "text/html"},
			"/_local/picture":    nil,
			endpoint.RouteStatus: secret(cloud.Server),
		} {
			code, text := withHost(t, cloud, "GET", host, path, header...)
			if path == "/?Action=GetCallerIdentity&Version=2011-06-15" && want == 200 {
				continue // what the API makes of a GET is its own business
			}
			if code != want || want == 421 && !strings.Contains(text, cloud.Endpoint) {
				t.Errorf("%s as %s: %d %s", path, host, code, text)
			}
		}
		// A page whose name was made to lead here has an origin that matches.
		if code, _ := withHost(t, cloud, "POST", host, "/", "Authorization", key, "Origin", "http://"+host); (code == 421) != (want == 421) {
			t.Errorf("POST as %s: %d", host, code)
		}
	}
}

func TestGuard_RefusesOtherWebPages(t *testing.T) {
	cloud := localcloudtest.Start(t)
	host := strings.TrimPrefix(cloud.Endpoint, "http://")
	for _, tt := range []struct {
		method, path, site, mode string
		want                     int
	}{
		{"GET", "/_local/picture", "cross-site", "no-cors", 403},
		{"GET", "/_local/picture", "same-site", "cors", 403},
		{"GET", "/_local/picture", "same-origin", "cors", 200},
		{"GET", "/", "cross-site", "navigate", 200}, // a link
		{"GET", "/_local/console?instance=i-1", "cross-site", "navigate", 403},
		{"POST", "/", "cross-site", "navigate", 403},
		{"POST", endpoint.RouteStop, "cross-site", "cors", 403},
	} {
		code, _ := withHost(t, cloud, tt.method, host, tt.path, append(secret(cloud.Server), "Accept", "text/html", "Sec-Fetch-Site", tt.site, "Sec-Fetch-Mode", tt.mode)...)
		if tt.path == "/" && tt.want == 200 {
			code, _ = withHost(t, cloud, tt.method, host, tt.path, "Accept", "text/html", "Sec-Fetch-Site", tt.site, "Sec-Fetch-Mode", tt.mode)
		}
		if code != tt.want {
			t.Errorf("%+v: %d", tt, code)
		}
	}
}

func TestAdmin_WantsSecret(t *testing.T) {
	cloud := localcloudtest.Start(t)
	host := strings.TrimPrefix(cloud.Endpoint, "http://")
	for route, method := range map[string]string{endpoint.RouteStatus: "GET", endpoint.RouteStop: "POST", endpoint.RouteCalls: "GET",
		endpoint.RouteFaults: "GET", endpoint.RouteFaults + "?": "PUT", endpoint.RouteLatency: "PUT", "/_local/none": "GET"} {
		for _, header := range [][]string{nil, {"Authorization", "Bearer"}, {"Authorization", "Bearer wrong"}, {"Authorization", "Bearer "},
			{"Authorization", fmt.Sprintf(signed, "local", "ec2")}, {"Cookie", "platformctl-page=" + cloud.Secret()}} {
			if code, text := withHost(t, cloud, method, host, route, header...); code != 401 || !strings.Contains(text, "endpoint.json") {
				t.Errorf("%s %s with %q: %d %s", method, route, header, code, text)
			}
		}
	}
	if code, _ := withHost(t, cloud, "GET", host, endpoint.RouteStatus, secret(cloud.Server)...); code != 200 {
		t.Errorf("with the secret: %d", code)
	}
}

// Of an exposed local cloud nothing is had without its secret, by whatever name it is called.
func TestExpose_WantsSecretOfEveryCall(t *testing.T) {
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Listen, o.Expose = "0.0.0.0:0", true })
	address := strings.TrimPrefix(cloud.Endpoint, "http://")
	for service, want := range map[string]string{"ec2": "401 AuthFailure", "sts": "403 InvalidClientTokenId", "ssm": "400 UnrecognizedClientException", "none": "403 InvalidClientTokenId"} {
		for _, key := range []string{"local", cloud.Secret()[:10], ""} {
			code, text := withHost(t, cloud, "POST", "cloud.example", "/", "Authorization", fmt.Sprintf(signed, key, service))
			status, word, _ := strings.Cut(want, " ")
			if fmt.Sprint(code) != status || !strings.Contains(text, word) {
				t.Errorf("%s with key %q: %d %s", service, key, code, text)
			}
		}
	}
	if code, text := withHost(t, cloud, "POST", address, "/"); code != 403 || !strings.Contains(text, "MissingAuthenticationToken") {
		t.Errorf("unsigned: %d %s", code, text)
	}
	if code, text := withHost(t, cloud, "GET", "cloud.example", "/?Action=GetCallerIdentity&Version=2011-06-15", "Authorization", fmt.Sprintf(signed, cloud.Secret(), "sts")); code == 401 || code == 403 {
		t.Errorf("with the key: %d %s", code, text)
	}
	for _, path := range []string{endpoint.RouteStatus, "/_local/picture", "/_local/page/page.js", "/_local/console?instance=i-1", "/"} {
		if code, _ := withHost(t, cloud, "GET", address, path, "Accept", "text/html"); code != 401 {
			t.Errorf("%s: %d", path, code)
		}
	}
}

func TestExpose_PageOpensByItsAddress(t *testing.T) {
	cloud := localcloudtest.Start(t, func(o *server.Options) { o.Expose = true })
	page, err := url.Parse(cloud.Page())
	if err != nil {
		t.Fatal(err)
	}
	response := request(t, "GET", cloud.Endpoint+"/?page=wrong", "Accept", "text/html")
	if response.StatusCode != 401 || len(response.Cookies()) != 0 {
		t.Errorf("a wrong address: %s", response.Status)
	}
	client := oneShot()
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	r, err := http.NewRequestWithContext(t.Context(), "GET", page.String(), nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Accept", "text/html")
	first, err := client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer first.Body.Close()
	cookies := first.Cookies()
	if first.StatusCode != 303 || first.Header.Get("Location") != "/" || len(cookies) != 1 || !cookies[0].HttpOnly {
		t.Fatalf("%s to %q with %v", first.Status, first.Header.Get("Location"), cookies)
	}
	for path, want := range map[string]int{"/": 200, "/_local/picture": 200, endpoint.RouteStatus: 401, endpoint.RouteCalls: 401} {
		response := request(t, "GET", cloud.Endpoint+path, "Accept", "text/html", "Cookie", cookies[0].Name+"="+cookies[0].Value)
		if response.StatusCode != want {
			t.Errorf("%s with the page's cookie: %s, want %d", path, response.Status, want)
		}
	}
	if strings.Contains(cloud.Page(), cloud.Secret()) {
		t.Error("the page's address has the secret itself in it")
	}
}

func TestNew_RefusesOtherAddressUnexposed(t *testing.T) {
	s, err := server.New(server.Options{Listen: "0.0.0.0:0"})
	if err == nil || !strings.Contains(err.Error(), "isn't loopback") {
		t.Errorf("%v", err)
	}
	if s != nil {
		s.Close()
	}
}

// What was exposed once is not exposed again by a start that says nothing of it.
func TestNew_LeavesExposedAddress(t *testing.T) {
	dir := t.TempDir()
	if err := (endpoint.File{Endpoint: "http://192.0.2.1:4566", Exposed: true}).Write(dir); err != nil {
		t.Fatal(err)
	}
	s, err := server.New(server.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if !strings.HasPrefix(s.Endpoint(), "http://127.0.0.1:") {
		t.Errorf("it serves on %s", s.Endpoint())
	}
}

func TestServe_EndsSlowBody(t *testing.T) {
	s := server.NewHTTP(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, err := io.ReadAll(r.Body)
		http.Error(w, fmt.Sprint(err), http.StatusRequestTimeout)
	}), 100_000_000) // 0.1 s
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() { served <- s.Serve(l) }()
	defer func() {
		_ = s.Close()
		if err := <-served; !errors.Is(err, http.ErrServerClosed) {
			t.Error(err)
		}
	}()
	for text, want := range map[string]string{
		"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\na": "HTTP/1.1 408", // the body
		"POST / HTTP/1.1\r\nHost: x\r\n":                           "",             // the head
	} {
		conn, err := net.Dial("tcp", l.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, text)
		line, _ := bufio.NewReader(conn).ReadString('\n') // ends, with or without words
		if !strings.HasPrefix(line, want) {
			t.Errorf("%q: %q", text, line)
		}
		conn.Close()
	}
}
