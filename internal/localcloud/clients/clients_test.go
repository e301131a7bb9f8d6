package clients

import (
	"bytes"
	"crypto/rand"
	"errors"
	"io"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// connect returns both ends of a connection through a bounded listener.
func connect(t *testing.T, l net.Listener) (client, server net.Conn) {
	t.Helper()
	client, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	if server, err = l.Accept(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Close() })
	return client, server
}

func listen(t *testing.T, o Limits) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return Bound(l, o)
}

// ways are those in which a server sends: from memory, or from a file.
func ways(t *testing.T, content []byte) map[string]func(to net.Conn) (int64, error) {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, content, 0o600); err != nil {
		t.Fatal(err)
	}
	file := func(limit int64) func(net.Conn) (int64, error) {
		return func(to net.Conn) (int64, error) {
			f, err := os.Open(name)
			if err != nil {
				return 0, err
			}
			defer f.Close()
			if limit == 0 {
				return to.(io.ReaderFrom).ReadFrom(f)
			}
			return to.(io.ReaderFrom).ReadFrom(io.LimitReader(f, limit))
		}
	}
	return map[string]func(net.Conn) (int64, error){
		"memory": func(to net.Conn) (int64, error) { n, err := to.Write(content); return int64(n), err },
		"file":   file(0), "limited": file(int64(len(content))),
	}
}

func TestConn_EndsForClientThatDoesNotRead(t *testing.T) {
	l := listen(t, Limits{Connections: 10, Send: 50 * time.Millisecond})
	for name, send := range ways(t, make([]byte, 32<<20)) { // more than the system keeps for a client
		_, server := connect(t, l)
		if n, err := send(server); !errors.Is(err, os.ErrDeadlineExceeded) {
			t.Errorf("from %s: sent %d, %v", name, n, err)
		}
	}
}

func TestConn_SendsAll(t *testing.T) {
	content := make([]byte, 3*slice+5)
	_, _ = rand.Read(content) // never fails
	l := listen(t, Limits{Connections: 10, Send: time.Minute})
	for name, send := range ways(t, content) {
		client, server := connect(t, l)
		go func() {
			if n, err := send(server); n != int64(len(content)) || err != nil {
				t.Errorf("from %s: sent %d, %v", name, n, err)
			}
			server.Close()
		}()
		if got, err := io.ReadAll(client); err != nil || !bytes.Equal(got, content) {
			t.Errorf("from %s: got %d bytes, %v", name, len(got), err)
		}
	}
}

func TestBound_ClosesConnectionsBeyond(t *testing.T) {
	l := listen(t, Limits{Connections: 1, Send: time.Minute})
	_, first := connect(t, l)
	refused, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer refused.Close()
	accepted := make(chan net.Conn)
	go func() {
		c, err := l.Accept() // the second is closed, and the third waits
		if err != nil {
			t.Error(err)
		}
		accepted <- c
	}()
	if _, err := refused.Read(make([]byte, 1)); err == nil {
		t.Error("a connection beyond the bound is served")
	}
	first.Close()
	first.Close() // which makes room for one alone
	third, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer third.Close()
	c := <-accepted
	defer c.Close()
	if c == nil || c.RemoteAddr().String() != third.LocalAddr().String() {
		t.Errorf("accepted %v, want %v", c, third.LocalAddr())
	}
	if open := l.(*bounded).open.Load(); open != 1 {
		t.Errorf("%d are open", open)
	}
}
