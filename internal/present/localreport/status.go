package localreport

import (
	"fmt"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/present/terminal"
)

// Status is the document of `local status`.
type Status struct {
	Running       bool                        `json:"running"`
	Endpoint      string                      `json:"endpoint"` // URL for AWS_ENDPOINT_URL
	Page          string                      `json:"page"`     // URL for browsers
	PID           int                         `json:"pid"`
	Directory     string                      `json:"directory"` // of the local cloud's world, endpoint file and log
	LoadBalancers terminal.List[LoadBalancer] `json:"load_balancers"`
	Platforms     terminal.List[string]       `json:"platforms"`
	// WebServer is what instances run, and why; empty where the local cloud doesn't run.
	WebServer string `json:"web_server,omitempty"`
	// DNS is the HOST:PORT at which DNS answers as the local cloud's world has it.
	DNS string `json:"dns,omitempty"`
	// CertificateAuthority is the file of the certificate of the authority that signs the local cloud's certificates.
	CertificateAuthority string    `json:"certificate_authority,omitempty"`
	Latency              string    `json:"latency"` // fast, aws or aws/N
	Started              time.Time `json:"started,omitzero"`
	Version              string    `json:"version,omitempty"`
}

// LoadBalancer is a load balancer of the local cloud.
type LoadBalancer struct {
	Name      string                  `json:"name"`
	DNSName   string                  `json:"dns_name"`
	Listeners terminal.List[Listener] `json:"listeners"`
}

// Listener is where a client on this machine reaches a listener.
type Listener struct {
	Port    int    `json:"port"`    // as AWS has it
	Address string `json:"address"` // HOST:PORT
}

// Show writes whether the local cloud runs, and how to reach it.
func (doc Status) Show(s terminal.Streams) {
	st := s.OutStyles()
	if !doc.Running {
		terminal.Lines(s.Out, st.Muted.Render(terminal.SymbolPaused)+" the local cloud is not running")
		s.Table([][]string{{st.Muted.Render("directory"), doc.Directory}}...)
		s.Text("", "platformctl up starts it when it is needed; platformctl local serve runs it in the foreground.")
		return
	}
	platforms := "none"
	if len(doc.Platforms) > 0 {
		names := make([]string, len(doc.Platforms))
		for i, name := range doc.Platforms {
			names[i] = terminal.OneLine(name)
		}
		platforms = strings.Join(names, ", ")
	}
	terminal.Lines(s.Out, st.Good.Render(terminal.SymbolGood)+" the local cloud is running")
	rows := [][]string{
		{st.Muted.Render("endpoint"), st.Accent.Render(doc.Endpoint)},
		{st.Muted.Render("process"), fmt.Sprint(doc.PID)},
		{st.Muted.Render("directory"), doc.Directory},
		{st.Muted.Render("latency"), doc.Latency},
	}
	if doc.Page != "" && doc.Page != doc.Endpoint {
		rows = append(rows, []string{st.Muted.Render("page"), st.Accent.Render(doc.Page)})
	}
	if doc.DNS != "" {
		rows = append(rows, []string{st.Muted.Render("DNS"), doc.DNS})
	}
	if doc.CertificateAuthority != "" {
		rows = append(rows, []string{st.Muted.Render("authority"), doc.CertificateAuthority})
	}
	if doc.WebServer != "" {
		rows = append(rows, []string{st.Muted.Render("web server"), terminal.OneLine(doc.WebServer)})
	}
	if !doc.Started.IsZero() {
		rows = append(rows, []string{st.Muted.Render("started"), doc.Started.Format(time.RFC3339)})
	}
	if doc.Version != "" {
		rows = append(rows, []string{st.Muted.Render("version"), doc.Version})
	}
	s.Table(append(rows, []string{st.Muted.Render("platforms"), platforms})...)
	for _, balancer := range doc.LoadBalancers {
		terminal.Lines(s.Out, "", st.Strong.Render(balancer.Name)+terminal.Gap+st.Muted.Render(balancer.DNSName))
		var listeners [][]string
		for _, listener := range balancer.Listeners {
			listeners = append(listeners, []string{fmt.Sprintf("port %d", listener.Port), st.Accent.Render(listener.Address)})
		}
		s.Table(listeners...)
	}
}
