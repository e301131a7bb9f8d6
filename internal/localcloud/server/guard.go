package server

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/platformctl/platformctl/internal/localcloud/notification"
	"github.com/platformctl/platformctl/internal/localcloud/service"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// guard keeps web pages away that the user has open: those whose name was made to lead to this machine (DNS rebinding),
// and those of other origins. Programs of this machine say no origin, and pass.
func (s *Server) guard(next http.Handler) http.Handler {
	sameOrigin := http.NewCrossOriginProtection().Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case !s.options.Expose && !isOwnHost(r.Host): // one that is exposed wants a secret of everybody
			http.Error(w, fmt.Sprintf("The local cloud answers to loopback addresses and to names under localhost, and %q is neither; use %s.", r.Host, s.Endpoint()),
				http.StatusMisdirectedRequest)
		case fromOtherOrigin(r):
			http.Error(w, "The local cloud answers no other web page than its own.", http.StatusForbidden)
		default:
			sameOrigin.ServeHTTP(w, r)
		}
	})
}

// isOwnHost reports whether nobody else than this machine can have such a name, with or without a port.
func isOwnHost(host string) bool {
	name := host
	if before, _, err := net.SplitHostPort(host); err == nil {
		name = before
	}
	return notification.OfThisMachine(name)
}

// fromOtherOrigin reports whether a browser asks for another web page's sake. Links that lead here are no harm.
func fromOtherOrigin(r *http.Request) bool {
	switch r.Header.Get("Sec-Fetch-Site") {
	case "", "none", "same-origin":
		return false
	}
	return r.Method != http.MethodGet || r.Header.Get("Sec-Fetch-Mode") != "navigate" || r.URL.Path != "/"
}

// admin lets those at a route beside AWS's API who know the secret.
func (s *Server) admin(next http.HandlerFunc) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if !s.knowsSecret(r) {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "This route wants the secret of endpoint.json in the local cloud's directory: Authorization: Bearer SECRET", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}

// knowsSecret reports whether a request has the secret: as a bearer token, or as the access key ID of a signature.
func (s *Server) knowsSecret(r *http.Request) bool {
	authorization := r.Header.Get("Authorization")
	if token, ok := strings.CutPrefix(authorization, "Bearer "); ok {
		return same(token, s.secret)
	}
	_, credential, _ := strings.Cut(authorization, "Credential=")
	key, _, _ := strings.Cut(credential, "/")
	return same(key, s.secret)
}

// same compares in a time that doesn't tell how much of it is right.
func same(given, secret string) bool { return hmac.Equal([]byte(given), []byte(secret)) }

// callers lets callers of AWS's API pass: all, or where it is exposed those whose access key is the secret.
func (s *Server) callers(api http.Handler) http.Handler {
	if !s.options.Expose {
		return api
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if s.knowsSecret(r) {
			api.ServeHTTP(w, r)
			return
		}
		s.api.Refuse(w, r, s.unknownKey)
	})
}

func (s *Server) unknownKey(name string) *wire.Error {
	if known, ok := service.Find(s.services, name); ok {
		return known.Refusals.Unknown()
	}
	return refuse.WithStatus(http.StatusForbidden, "InvalidClientTokenId", "The security token included in the request is invalid.")
}

// pageCookie holds pageToken in a browser that came by the page's address.
const pageCookie = "platformctl-page"

// pageToken opens the page of a local cloud that is exposed, and nothing else: browsers send it to every port of the host.
func (s *Server) pageToken() string {
	h := hmac.New(sha256.New, []byte(s.secret))
	h.Write([]byte("page"))
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// Page is the page's address for people.
func (s *Server) Page() string {
	if !s.options.Expose {
		return s.Endpoint()
	}
	return s.Endpoint() + "/?page=" + s.pageToken()
}

// viewers lets browsers at the page: all, or where it is exposed those that came by its address.
func (s *Server) viewers(next http.HandlerFunc) http.HandlerFunc {
	if !s.options.Expose {
		return next
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if given := r.URL.Query().Get("page"); given != "" && same(given, s.pageToken()) {
			http.SetCookie(w, &http.Cookie{Name: pageCookie, Value: given, Path: "/", HttpOnly: true, SameSite: http.SameSiteStrictMode})
			http.Redirect(w, r, "/", http.StatusSeeOther)
			return
		}
		cookie, err := r.Cookie(pageCookie)
		if (err != nil || !same(cookie.Value, s.pageToken())) && !s.knowsSecret(r) {
			http.Error(w, "The address of this page has a secret in it: platformctl local status shows it on the machine that serves it.", http.StatusUnauthorized)
			return
		}
		next(w, r)
	}
}
