package webserver

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestHandler_Answers500WhereTemplatesBecomeTooLong(t *testing.T) {
	const times = 256 // of $request_uri, which is 12 letters
	c, err := Load(rootfs(t, map[string]string{"etc/nginx/nginx.conf": `events {} http { large_client_header_buffers 8 64k;
server { listen 80; add_header X-Own yes always; location = /text { return 200 "` + strings.Repeat("$request_uri", times) + `"; }
location = /headers { ` + strings.Repeat(`add_header X-A "`+strings.Repeat("$request_uri", times)+`" always; `, 10) + ` return 404; } } }`}), "/etc/nginx/nginx.conf")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for _, test := range []struct {
		path       string
		size, code int
		length     int // of the answer's text, 0: nginx's page
	}{
		{"/text", 4096, 200, 1 << 20},
		{"/text", 4097, 500, 0},
		{"/text", 60000, 500, 0},
		{"/headers", 100, 404, 0},
		{"/headers", 1000, 500, 0},
	} {
		w := httptest.NewRecorder()
		target := test.path + "?" + strings.Repeat("a", test.size-len(test.path)-1)
		c.Handler(80, Machine{}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, nil))
		if w.Code != test.code || test.length != 0 && w.Body.Len() != test.length || test.code == 500 && !strings.Contains(w.Body.String(), "<h1>500 Internal Server Error</h1>") {
			t.Errorf("%s of %d bytes: %d with %d bytes, want %d with %d", test.path, test.size, w.Code, w.Body.Len(), test.code, test.length)
		}
		if test.code == 500 && (w.Header().Get("X-A") != "" || w.Header().Get("X-Own") != "") {
			t.Errorf("%s of %d bytes: the headers are %d", test.path, test.size, len(w.Header()))
		}
	}
}
