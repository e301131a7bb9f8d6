package proxy

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
	"github.com/platformctl/platformctl/internal/localcloud/dataplane/proxy/conn"
)

// selfSigned makes a certificate for these names.
func selfSigned(t testing.TB, names ...string) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: names, NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// newSecureBalancer is a balancer whose listener speaks TLS, with HTTP/2.
func newSecureBalancer(t testing.TB, attributes Attributes, targets ...*Target) *balancer {
	t.Helper()
	b := newBalancer(t, clock.System(), attributes, targets...)
	c := *b.config.Load()
	c.Port = 443
	c.TLS = &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{selfSigned(t, "shop.example")}, NextProtos: []string{"h2", "http/1.1"}}
	b.config.Store(&c)
	return b
}

// client speaks HTTP/2 where it may, and else HTTP/1.1.
func client(t testing.TB, h2 bool) *http.Client {
	transport := &http.Transport{TLSClientConfig: &tls.Config{InsecureSkipVerify: true}, ForceAttemptHTTP2: h2, DisableCompression: true}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// eachVersion runs a test over HTTP/1.1 and over HTTP/2.
func eachVersion(t *testing.T, test func(t *testing.T, version int, c *http.Client)) {
	for version, h2 := range map[int]bool{1: false, 2: true} {
		t.Run(fmt.Sprintf("HTTP-%d", version), func(t *testing.T) { test(t, version, client(t, h2)) })
	}
}

func call(t *testing.T, c *http.Client, method, url string, body io.Reader) (*http.Response, []byte) {
	t.Helper()
	request, err := http.NewRequestWithContext(t.Context(), method, url, body)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Own", "a")
	request.Header.Set("X-Amzn-Tls-Version", "forged")
	response, err := c.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response, text
}

func TestTLS_TargetSeesRequestAsOverHTTP(t *testing.T) {
	eachVersion(t, func(t *testing.T, version int, c *http.Client) {
		var got *http.Request
		b := newSecureBalancer(t, Attributes{}, newTarget("i-1", backend(t, func(w http.ResponseWriter, r *http.Request) { got = r; w.Header().Set("X-Answer", "b") })))
		told := *b.config.Load()
		told.TLSHeaders = TLSHeaders{"x-amzn-tls-version", "x-amzn-tls-cipher-suite"}
		b.config.Store(&told)
		response, _ := call(t, c, "GET", "https://"+b.address+"/a%20b?c=d", nil)
		if response.ProtoMajor != version || response.Header.Get("X-Answer") != "b" {
			t.Errorf("answer %v", response)
		}
		want := map[string]string{"X-Own": "a", "X-Forwarded-Proto": "https", "X-Forwarded-Port": "443", "X-Forwarded-For": "127.0.0.1",
			"X-Amzn-Tls-Version": "TLSv1.3", "X-Amzn-Tls-Cipher-Suite": "TLS_AES_128_GCM_SHA256"}
		for name, value := range want {
			if all := got.Header.Values(name); len(all) != 1 || all[0] != value {
				t.Errorf("%s: %q, want %s", name, all, value)
			}
		}
		if got.Proto != "HTTP/1.1" || got.RequestURI != "/a%20b?c=d" || got.Host != b.address {
			t.Errorf("request %s %s %s", got.Proto, got.RequestURI, got.Host)
		}
	})
}

// Bodies of every framing, small and large, arrive as they were sent.
func TestTLS_CarriesBodies(t *testing.T) {
	large := bytes.Repeat([]byte("0123456789abcdef"), 200_000)
	for _, body := range [][]byte{nil, []byte("small"), large} {
		for _, known := range []bool{true, false} {
			t.Run(fmt.Sprintf("%d-%v", len(body), known), func(t *testing.T) {
				eachVersion(t, func(t *testing.T, _ int, c *http.Client) {
					b := newSecureBalancer(t, Attributes{}, newTarget("i-1", backend(t, func(w http.ResponseWriter, r *http.Request) {
						text, err := io.ReadAll(r.Body)
						if err != nil {
							t.Error(err)
						}
						if known {
							w.Header().Set("Content-Length", fmt.Sprint(len(text)))
						} else {
							w.WriteHeader(200)
							w.(http.Flusher).Flush()
						}
						_, _ = w.Write(text)
					})))
					var reader io.Reader = bytes.NewReader(body)
					if !known {
						reader = io.MultiReader(reader)
					}
					if _, got := call(t, c, "POST", "https://"+b.address+"/", reader); sha256.Sum256(got) != sha256.Sum256(body) {
						t.Errorf("%d bytes came back of %d", len(got), len(body))
					}
				})
			})
		}
	}
}

func TestTLS_AnswersOfItsOwn(t *testing.T) {
	eachVersion(t, func(t *testing.T, _ int, c *http.Client) {
		b := newSecureBalancer(t, Attributes{})
		if response, text := call(t, c, "GET", "https://"+b.address+"/", nil); response.StatusCode != 503 || !strings.Contains(string(text), "503 Service") {
			t.Errorf("%v\n%s", response, text)
		}
		if response, text := call(t, c, "HEAD", "https://"+b.address+"/", nil); response.StatusCode != 503 || len(text) > 0 || response.ContentLength <= 0 {
			t.Errorf("%v\n%s", response, text)
		}
		config := *b.config.Load()
		config.Reached = map[string]int{"443": 40123}
		config.Default = Action{Redirect: &Redirect{Protocol: "HTTPS", Port: "443", StatusCode: 301}}
		b.config.Store(&config)
		request := "https://" + b.address + "/p?q"
		if response, _ := call(t, c, "GET", request, nil); response.Header.Get("Location") != "https://127.0.0.1:40123/p?q" {
			t.Errorf("%v", response)
		}
	})
}

// An answer that breaks off doesn't look like a whole one.
func TestTLS_BrokenAnswerIsAnError(t *testing.T) {
	for name, head := range map[string]string{"length": "Content-Length: 10\r\n", "chunks": "Transfer-Encoding: chunked\r\n"} {
		t.Run(name, func(t *testing.T) {
			eachVersion(t, func(t *testing.T, _ int, c *http.Client) {
				b := newSecureBalancer(t, Attributes{}, newTarget("i-1", rawBackend(t, func(conn net.Conn) {
					_, _ = conn.Read(make([]byte, 4096))
					body := "1234"
					if name == "chunks" {
						body = "4\r\n1234\r\n"
					}
					fmt.Fprintf(conn, "HTTP/1.1 200 OK\r\n%s\r\n%s", head, body)
				})))
				response, err := c.Get("https://" + b.address + "/")
				if err != nil {
					return // HTTP/2 may reset the stream before anything came
				}
				defer response.Body.Close()
				if text, err := io.ReadAll(response.Body); err == nil {
					t.Errorf("read %q without an error", text)
				}
			})
		})
	}
}

// What a slow target has sent gets to the client before the rest is there.
func TestTLS_SlowAnswerIsSeenAsItComes(t *testing.T) {
	eachVersion(t, func(t *testing.T, _ int, c *http.Client) {
		seen := make(chan struct{})
		b := newSecureBalancer(t, Attributes{}, newTarget("i-1", backend(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "8")
			_, _ = io.WriteString(w, "1234")
			w.(http.Flusher).Flush()
			<-seen
			_, _ = io.WriteString(w, "5678")
		})))
		response, err := c.Get("https://" + b.address + "/")
		if err != nil {
			t.Fatal(err)
		}
		defer response.Body.Close()
		half := make([]byte, 4)
		if _, err := io.ReadFull(response.Body, half); err != nil || string(half) != "1234" {
			t.Fatalf("%s, %v", half, err)
		}
		close(seen)
		if rest, err := io.ReadAll(response.Body); err != nil || string(rest) != "5678" {
			t.Fatalf("%s, %v", rest, err)
		}
	})
}

// A client that gives up is noticed though it says so in TLS, or in a frame of HTTP/2.
func TestTLS_ClientLeaves(t *testing.T) {
	eachVersion(t, func(t *testing.T, _ int, c *http.Client) {
		arrived, over := make(chan struct{}, 1), make(chan struct{})
		b := newSecureBalancer(t, Attributes{}, newTarget("i-1", backend(t, func(_ http.ResponseWriter, r *http.Request) {
			arrived <- struct{}{}
			<-r.Context().Done() // the load balancer leaves, too
			close(over)
		})))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		request, _ := http.NewRequestWithContext(ctx, "GET", "https://"+b.address+"/", nil)
		failed := make(chan error, 1)
		go func() {
			response, err := c.Do(request)
			if err == nil {
				response.Body.Close()
			}
			failed <- err
		}()
		<-arrived
		cancel()
		if err := <-failed; err == nil {
			t.Error("no error")
		}
		<-over
		b.node.Close()
		if n := b.node.Counts().Code460; n != 1 {
			t.Errorf("%d times 460", n)
		}
	})
}

func TestTLS_PlainHTTPIsAnswered(t *testing.T) {
	b := newSecureBalancer(t, Attributes{})
	if response, text := ask(t, b.address, "GET / HTTP/1.1\r\nHost: x\r\n\r\n"); response.StatusCode != 400 || response.Header.Get("Server") != "awselb/2.0" {
		t.Errorf("%v\n%s", response, text)
	}
}

// New connections get what the listener has now; those that are there go on.
func TestTLS_CertificateSwapKeepsConnections(t *testing.T) {
	b := newSecureBalancer(t, Attributes{}, newTarget("i-1", backend(t, func(http.ResponseWriter, *http.Request) {})))
	kept := client(t, true)
	first, _ := call(t, kept, "GET", "https://"+b.address+"/", nil)
	config := *b.config.Load()
	config.TLS = config.TLS.Clone()
	config.TLS.Certificates = []tls.Certificate{selfSigned(t, "new.example")}
	b.config.Store(&config)
	again, _ := call(t, kept, "GET", "https://"+b.address+"/", nil)
	fresh := client(t, true)
	other, _ := call(t, fresh, "GET", "https://"+b.address+"/", nil)
	fresh.CloseIdleConnections()
	if a, b, c := name(first), name(again), name(other); a != "shop.example" || b != a || c != "new.example" {
		t.Errorf("certificates %s, %s, %s", a, b, c)
	}
	b.node.leaving.Store(true) // the next answer ends the connection, gently
	last, _ := call(t, kept, "GET", "https://"+b.address+"/", nil)
	if name(last) != "shop.example" {
		t.Errorf("certificate %s", name(last))
	}
	b.node.wg.Wait()
}

func name(r *http.Response) string { return r.TLS.PeerCertificates[0].DNSNames[0] }

// An HTTPS target's certificate is nobody's business, and its connections are kept.
func TestTLS_HTTPSTarget(t *testing.T) {
	conns := map[string]bool{}
	s := httptest.NewTLSServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		conns[r.RemoteAddr] = true
		fmt.Fprint(w, r.TLS != nil)
	}))
	defer s.Close()
	target := newTarget("i-1", s.Listener.Addr().String())
	plain := target.Dial
	target.Dial = func(ctx context.Context) (conn.Conn, error) {
		c, err := plain(ctx)
		if err != nil {
			return nil, err
		}
		secure := conn.Client(c.(*conn.TCP), &tls.Config{InsecureSkipVerify: true})
		return secure, secure.Handshake(ctx)
	}
	b := newBalancer(t, clock.System(), Attributes{}, target)
	c := client(t, false)
	for range 3 {
		if _, text := call(t, c, "GET", "http://"+b.address+"/", nil); string(text) != "true" {
			t.Fatalf("%s", text)
		}
	}
	if len(conns) != 1 {
		t.Errorf("%d connections to the target", len(conns))
	}
}
