package endpoint

import "time"

// The routes beside AWS's API. They want File.Secret as a bearer token.
const (
	RouteStatus  = "/_local/status"  // GET: a Status
	RouteStop    = "/_local/stop"    // POST, with ?if=empty on a condition: a StopReply
	RouteCalls   = "/_local/calls"   // GET, with ?follow=1 without end: a wire.CallRecord a line
	RouteFaults  = "/_local/faults"  // GET and PUT: a faults.Config
	RouteLatency = "/_local/latency" // PUT: a LatencyChange, which is the answer too
	RouteMail    = "/_local/mail"    // GET: the Mails
)

// MaxBody bounds what these routes read, and their refusals, in bytes.
const MaxBody = 1 << 20

// Status is what a local cloud says of itself: the document of `local status -o json`.
type Status struct {
	Running   bool      `json:"running"`
	Endpoint  string    `json:"endpoint"`          // URL for AWS_ENDPOINT_URL
	Page      string    `json:"page"`              // URL of the page for browsers
	Exposed   bool      `json:"exposed,omitempty"` // other machines may reach it
	PID       int       `json:"pid"`
	Directory string    `json:"directory"` // of the world, the endpoint file and the log
	Started   time.Time `json:"started,omitzero"`
	Version   string    `json:"version,omitempty"`
	Latency   string    `json:"latency"` // fast, aws or aws/N
	// LatencyKept says why Ensure didn't get the latency that it wanted; "" where it did.
	LatencyKept string `json:"latency_kept,omitempty"`
	// NginxUnused says why instances don't run the nginx that NginxVariable names, to
	// those who find it new; "" where they do, and where none is named.
	NginxUnused string `json:"nginx_unused,omitempty"`
	// WebServer is what instances run: "nginx/1.28.0 (/usr/sbin/nginx)", or "built-in", with the
	// reason where another was asked for.
	WebServer string `json:"web_server,omitempty"`
	// DNS is the HOST:PORT at which the public DNS answers as the local cloud's world has it, over UDP and TCP.
	DNS string `json:"dns,omitempty"`
	// CertificateAuthority is the file of the certificate of the authority that signs what ACM issues, in PEM.
	CertificateAuthority string         `json:"certificate_authority,omitempty"`
	Platforms            []string       `json:"platforms"` // that own any object, sorted
	LoadBalancers        []LoadBalancer `json:"load_balancers"`
}

// LoadBalancer is a load balancer that exists.
type LoadBalancer struct {
	Name      string     `json:"name"`
	DNSName   string     `json:"dns_name"`
	Listeners []Listener `json:"listeners"`
}

// Listener is a port of a load balancer.
type Listener struct {
	Port    int    `json:"port"`    // as AWS has it, such as 80
	Address string `json:"address"` // HOST:PORT at which a client on this machine reaches it; "" until it is open
}

// Mails are the e-mails that SNS has sent, the oldest first.
type Mails struct {
	Mails []Mail `json:"mails"`
}

// Mail is an e-mail to any address: all of them stay here.
type Mail struct {
	Number  int       `json:"number"` // from 1 on, the oldest that is kept
	Sent    time.Time `json:"sent"`
	To      string    `json:"to"`
	Subject string    `json:"subject"`
	Text    string    `json:"text"`
	Confirm string    `json:"confirm,omitempty"` // the address that confirms a subscription
}

// StopReply is the answer of the stop route.
type StopReply struct {
	Stopping bool     `json:"stopping"`
	Left     []string `json:"left,omitempty"` // what keeps it, when asked to stop only if empty
}

// LatencyChange asks for another latency, and is the answer of the latency route.
type LatencyChange struct {
	Latency string `json:"latency"` // wanted; in the answer that which holds now
	// Platform, unless it is empty, is who asks: it gets its will only when no other
	// platform has anything in the local cloud, and nobody else chose the latency.
	Platform string `json:"platform,omitempty"`
	Refused  string `json:"refused,omitempty"` // why it didn't change
}
