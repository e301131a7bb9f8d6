package main

import (
	"net"
	"net/url"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// hangUp is "hang-up URL": ask for the page over many connections, and break each
// off before the answers are there, as impatient clients do.
func hangUp(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: hang-up URL")
	}
	at, err := url.Parse(args[0])
	ts.Check(err)
	for range 50 {
		conn, err := net.Dial("tcp", at.Host)
		ts.Check(err)
		_, err = conn.Write([]byte(strings.Repeat("GET / HTTP/1.1\r\nHost: x\r\n\r\n", 50)))
		ts.Check(err)
		ts.Check(conn.(*net.TCPConn).SetLinger(0))
		ts.Check(conn.Close())
	}
}
