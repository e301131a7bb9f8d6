package server

import (
	"encoding/json"
	"net/http"
	"os"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// routes are the admin routes, and AWS's API under all else.
func (s *Server) routes(api http.Handler) http.Handler {
	mux := http.NewServeMux()
	callers := s.callers(api)
	mux.HandleFunc("GET "+endpoint.RouteStatus, s.admin(s.serveStatus))
	mux.HandleFunc("POST "+endpoint.RouteStop, s.admin(s.serveStop))
	mux.HandleFunc("GET "+endpoint.RouteCalls, s.admin(s.serveCalls))
	mux.HandleFunc("GET "+endpoint.RouteFaults, s.admin(s.serveFaults))
	mux.HandleFunc("PUT "+endpoint.RouteFaults, s.admin(s.serveSetFaults))
	mux.HandleFunc("PUT "+endpoint.RouteLatency, s.admin(s.serveSetLatency))
	mux.HandleFunc("GET "+endpoint.RouteMail, s.admin(s.serveMails))
	mux.HandleFunc("/_local/", s.admin(http.NotFound))
	s.page.Register(mux, callers, s.viewers) // it changes nothing
	mux.Handle("/", s.notifier.certificates(callers))
	return mux
}

// Status is what the local cloud says of itself at this moment.
func (s *Server) Status() (endpoint.Status, error) {
	status := endpoint.Status{Running: true, Endpoint: s.Endpoint(), Page: s.Page(), Exposed: s.options.Expose, PID: os.Getpid(), Directory: s.options.Dir, Started: s.started,
		Version: s.options.Version, Latency: s.world.Latency().String(), NginxUnused: s.nginxUnused, WebServer: s.webServer, DNS: s.dns.Address()}
	var err error
	if status.CertificateAuthority, err = s.authority.File(); err != nil {
		return status, err
	}
	err = s.world.View("", func(tx *world.Tx) error {
		status.Platforms = platforms(tx)
		status.LoadBalancers = loadBalancers(tx, s.plane)
		return nil
	})
	return status, err
}

// Inventory lists what users of the local cloud made and haven't deleted, as "kind id".
// What AWS puts into each region or VPC by itself doesn't count.
func (s *Server) Inventory() (left []string, err error) {
	err = s.world.View("", func(tx *world.Tx) error {
		for _, item := range world.Inventory(tx) {
			left = append(left, item.Noun+" "+item.ID)
		}
		return nil
	})
	return left, err
}

func (s *Server) serveStatus(w http.ResponseWriter, _ *http.Request) {
	status, err := s.Status()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, status)
}

// serveStop stops the local cloud; with ?if=empty only when nothing of its users' is left.
func (s *Server) serveStop(w http.ResponseWriter, r *http.Request) {
	if r.FormValue("if") == "empty" {
		left, err := s.Inventory()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		if len(left) > 0 {
			writeJSON(w, endpoint.StopReply{Left: left})
			return
		}
	}
	writeJSON(w, endpoint.StopReply{Stopping: true})
	s.Stop()
}

// serveCalls writes the latest API calls, the oldest first, one JSON document a line;
// with ?follow=1 it goes on with each call that comes.
func (s *Server) serveCalls(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	follow := r.FormValue("follow") == "1"
	lines := json.NewEncoder(w)
	flush := http.NewResponseController(w)
	next := 0
	for {
		calls, total, more := s.calls.since(next)
		next = total
		for _, call := range calls {
			if lines.Encode(call) != nil {
				return // the reader left
			}
		}
		if !follow || flush.Flush() != nil {
			return
		}
		select {
		case <-more:
		case <-r.Context().Done():
			return
		case <-s.stop:
			return
		}
	}
}

func (s *Server) serveMails(w http.ResponseWriter, _ *http.Request) {
	mails, err := s.Mails()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	writeJSON(w, endpoint.Mails{Mails: mails})
}

func writeJSON(w http.ResponseWriter, document any) {
	w.Header().Set("Content-Type", "application/json")
	encoder := json.NewEncoder(w)
	encoder.SetIndent("", "  ")
	_ = encoder.Encode(document) // a reader that left is no concern of ours
}
