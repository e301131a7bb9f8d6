package server

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// Faults are those that are switched on.
func (s *Server) Faults() faults.Config { return s.faults.Config() }

// SetFaults replaces the faults. What is wrong with them is a *faults.Error.
func (s *Server) SetFaults(c faults.Config) error {
	if problems := c.Check(s.services); len(problems) > 0 {
		return &faults.Error{Source: "faults", Problems: problems}
	}
	quotas := world.Quotas{}
	maps.Copy(quotas, s.options.Quotas)
	for name, limit := range c.Quotas {
		if limit != 0 { // 0 leaves it as it is
			quotas[name] = limit
		}
	}
	s.world.SetSwitches(c.Switches(s.services))
	s.world.SetQuotas(quotas)
	s.faults.Set(c)
	return nil
}

func (s *Server) serveFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, s.Faults())
}

// serveSetFaults replaces the faults by those of the request's body, YAML or JSON, and
// answers with what holds now, or with text that says what is wrong.
func (s *Server) serveSetFaults(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, endpoint.MaxBody))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	config, err := faults.Parse("faults", text, s.services)
	if err == nil {
		err = s.SetFaults(config)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	s.log.Info("the faults have changed", "faults", string(bytes.Join(bytes.Fields(text), []byte(" "))))
	s.serveFaults(w, r)
}

// serveSetLatency changes how long things take that begin from now on.
func (s *Server) serveSetLatency(w http.ResponseWriter, r *http.Request) {
	var change endpoint.LatencyChange
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, endpoint.MaxBody)).Decode(&change); err != nil {
		http.Error(w, fmt.Sprintf(`latency: %v; allowed: such as {"latency": "aws/60"}`, err), http.StatusBadRequest)
		return
	}
	latency, err := world.ParseLatency(change.Latency)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if change.Platform != "" && latency != s.world.Latency() {
		if change.Refused, err = s.keepsLatency(change.Platform); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	}
	if change.Refused == "" && latency != s.world.Latency() {
		s.world.SetLatency(latency)
		s.log.Info("the latency has changed", "latency", latency)
	}
	change.Latency = s.world.Latency().String()
	writeJSON(w, change)
}

// keepsLatency says why a platform can't have another latency; "" if it can.
func (s *Server) keepsLatency(platform string) (why string, err error) {
	if s.options.FixedLatency {
		return "it was started with that latency in the foreground", nil
	}
	err = s.world.View("", func(tx *world.Tx) error {
		for _, other := range platforms(tx) {
			if other != platform {
				why = "platform " + other + " uses it too"
			}
		}
		return nil
	})
	return why, err
}
