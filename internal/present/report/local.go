package report

import (
	"fmt"
	"strings"
	"time"
)

// LocalStatus is the document of `local status`.
type LocalStatus struct {
	Running bool `json:"running"`
	// Endpoint is the URL for AWS_ENDPOINT_URL.
	Endpoint string `json:"endpoint"`
	PID      int    `json:"pid"`
	// Directory holds the local cloud's world, endpoint file and log.
	Directory     string             `json:"directory"`
	LoadBalancers List[LoadBalancer] `json:"load_balancers"`
	Platforms     List[string]       `json:"platforms"`
	// Latency is fast, aws or aws/N.
	Latency string    `json:"latency"`
	Started time.Time `json:"started,omitzero"`
	Version string    `json:"version,omitempty"`
}

// LoadBalancer is a load balancer of the local cloud.
type LoadBalancer struct {
	Name      string         `json:"name"`
	DNSName   string         `json:"dns_name"`
	Listeners List[Listener] `json:"listeners"`
}

// Listener is where a client on this machine reaches a listener.
type Listener struct {
	Port    int    `json:"port"`    // as AWS has it
	Address string `json:"address"` // HOST:PORT
}

// Show writes whether the local cloud runs, and how to reach it.
func (doc LocalStatus) Show(s Streams) {
	st := s.outStyles()
	if !doc.Running {
		lines(s.Out, st.muted.Render(symbolPaused)+" the local cloud is not running")
		s.table([][]string{{st.muted.Render("directory"), doc.Directory}}...)
		s.text("", "platformctl up starts it when it is needed; platformctl local serve runs it in the foreground.")
		return
	}
	platforms := "none"
	if len(doc.Platforms) > 0 {
		platforms = strings.Join(doc.Platforms, ", ")
	}
	lines(s.Out, st.good.Render(symbolGood)+" the local cloud is running")
	rows := [][]string{
		{st.muted.Render("endpoint"), st.accent.Render(doc.Endpoint)},
		{st.muted.Render("process"), fmt.Sprint(doc.PID)},
		{st.muted.Render("directory"), doc.Directory},
		{st.muted.Render("latency"), doc.Latency},
	}
	if !doc.Started.IsZero() {
		rows = append(rows, []string{st.muted.Render("started"), doc.Started.Format(time.RFC3339)})
	}
	if doc.Version != "" {
		rows = append(rows, []string{st.muted.Render("version"), doc.Version})
	}
	s.table(append(rows, []string{st.muted.Render("platforms"), platforms})...)
	for _, balancer := range doc.LoadBalancers {
		lines(s.Out, "", st.strong.Render(balancer.Name)+gap+st.muted.Render(balancer.DNSName))
		var listeners [][]string
		for _, listener := range balancer.Listeners {
			listeners = append(listeners, []string{fmt.Sprintf("port %d", listener.Port), st.accent.Render(listener.Address)})
		}
		s.table(listeners...)
	}
}
