package localcloud

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/faults"
	"github.com/platformctl/platformctl/internal/localcloud/world"
)

// maxFaults bounds what the faults route reads, in bytes.
const maxFaults = 1 << 20

// Faults are the troubles that are switched on.
func (s *Server) Faults() faults.Config { return s.faults.Config() }

// SetFaults replaces the troubles. What is wrong with them is a *faults.Error.
func (s *Server) SetFaults(c faults.Config) error {
	if problems := c.Check(s.api.Operations()); len(problems) > 0 {
		return &faults.Error{Source: "faults", Problems: problems}
	}
	s.world.SetSwitches(c.Switches())
	s.world.SetQuotas(c.QuotasOver(s.options.Quotas))
	s.faults.Set(c)
	return nil
}

func (s *Server) serveFaults(w http.ResponseWriter, _ *http.Request) {
	writeJSON(w, s.Faults())
}

// serveSetFaults replaces the troubles by those of the request's body, YAML or JSON, and
// answers with what holds now, or with text that says what is wrong.
func (s *Server) serveSetFaults(w http.ResponseWriter, r *http.Request) {
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFaults))
	if err != nil {
		http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
		return
	}
	config, err := faults.Parse("faults", text, s.api.Operations())
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

// latencyChange asks for another latency, and is the answer of the latency route.
type latencyChange struct {
	Latency string `json:"latency"` // wanted; in the answer that which holds now
	// Platform, unless it is empty, is who asks: it gets its will only when no other
	// platform has anything in the local cloud, and nobody else chose the latency.
	Platform string `json:"platform,omitempty"`
	Refused  string `json:"refused,omitempty"` // why it didn't change
}

// serveSetLatency changes how long things take that begin from now on.
func (s *Server) serveSetLatency(w http.ResponseWriter, r *http.Request) {
	var change latencyChange
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, maxFaults)).Decode(&change); err != nil {
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

// SetFaults replaces the troubles of the local cloud that runs in a home by those that
// the text, YAML or JSON, asks for. It returns those that hold then.
func SetFaults(ctx context.Context, home string, text []byte) (faults.Config, error) {
	return overFaults(ctx, home, http.MethodPut, text)
}

// GetFaults asks the local cloud that runs in a home for its troubles.
func GetFaults(ctx context.Context, home string) (faults.Config, error) {
	return overFaults(ctx, home, http.MethodGet, nil)
}

func overFaults(ctx context.Context, home, method string, text []byte) (c faults.Config, err error) {
	status, ok := Running(ctx, home)
	if !ok {
		return c, ErrNotRunning
	}
	if err := ask(ctx, method, status.Endpoint+routeFaults, bytes.NewReader(text), &c); err != nil {
		return c, fmt.Errorf("faults of the local cloud in %s: %w", home, err)
	}
	return c, nil
}

// ErrNotRunning is returned where a local cloud must run and none does.
var ErrNotRunning = errors.New("the local cloud is not running; `platformctl up` or `platformctl local serve` starts it")
