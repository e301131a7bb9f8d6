package main

import (
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"strings"

	"github.com/rogpeppe/go-internal/testscript"
)

// secure is "secure URL VARIABLE FILE": until the story ends, what is served at the
// URL is served by HTTPS, too, at what the variable holds then. Who signed the
// certificate nobody knows but the file. VARIABLE_PLAIN is where HTTPS is asked of what speaks
// HTTP.
func secure(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 3 {
		ts.Fatalf("usage: secure URL VARIABLE FILE")
	}
	at, err := url.Parse(args[0])
	ts.Check(err)
	proxy := httputil.NewSingleHostReverseProxy(at)
	server := httptest.NewUnstartedServer(proxy)
	// Clients that don't trust it, or leave early, say so themselves.
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	server.Config.ErrorLog = proxy.ErrorLog
	server.StartTLS()
	ts.Defer(server.Close)
	ts.Setenv(args[1], server.URL)
	ts.Setenv(args[1]+"_PLAIN", "https"+strings.TrimPrefix(args[0], "http"))
	authority := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw})
	ts.Check(os.WriteFile(ts.MkAbs(args[2]), authority, 0o600))
}
