package proxy

import (
	"bufio"
	"crypto/sha1"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"

	"github.com/platformctl/platformctl/internal/localcloud/dataplane/clock"
)

// A WebSocket goes from a client over the load balancer to a target and back, for as long as both ends want.
func TestProxy_PassesWebSocketBothWays(t *testing.T) {
	address := backend(t, func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Upgrade") != "websocket" || r.Header.Get("Sec-Websocket-Version") != "13" || r.Header.Get("X-Forwarded-For") == "" {
			t.Errorf("the target got %v", r.Header)
		}
		conn, rw, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		defer conn.Close()
		accept := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11")) // RFC 6455, 4.2.2
		fmt.Fprintf(conn, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(accept[:]))
		_, _ = io.Copy(conn, rw) // until either end goes
	})
	b := newBalancer(t, clock.System(), Attributes{}, newTarget("i-1", address))
	conn, err := net.Dial("tcp", b.address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprint(conn, "GET /socket HTTP/1.1\r\nHost: shop\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
	r := bufio.NewReader(conn)
	response, err := http.ReadResponse(r, nil)
	if err != nil || response.StatusCode != http.StatusSwitchingProtocols || response.Header.Get("Sec-WebSocket-Accept") != "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" {
		t.Fatalf("answered %v %v", response, err)
	}
	for _, message := range []string{"\x81\x83abcd\x09\x0b\x0f", "\x81\x82wxyz\x1f\x11"} { // frames of a client
		fmt.Fprint(conn, message)
		back := make([]byte, len(message))
		if _, err := io.ReadFull(r, back); err != nil || string(back) != message {
			t.Errorf("%q came back as %q: %v", message, back, err)
		}
	}
}
