// Package dns asks the public DNS what a certificate and a domain depend on: which name servers a zone is delegated to, which
// authorities may issue for a name (CAA), where a name leads. It asks the servers that this machine asks, or one that is named,
// such as the local cloud's.
//
// What the answers mean for a platform is the preflight's and the kinds' business. Records are made through Route 53, never here.
package dns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"
)

const (
	// patience is how long one server may take to answer, and attempts how often all are asked: a lost packet is
	// nothing unusual.
	patience = 3 * time.Second
	attempts = 2
	// payload is the largest answer over UDP, in bytes, that passes any network unfragmented (DNS Flag Day 2020).
	payload = 1232
)

// Resolver asks DNS servers. It keeps nothing: each lookup is what DNS says now. Its zero value asks nobody.
type Resolver struct {
	servers  []string // HOST:PORT
	patience time.Duration
}

// At is a resolver that asks the server at HOST:PORT alone.
func At(address string) *Resolver { return &Resolver{servers: []string{address}, patience: patience} }

// System is a resolver that asks the servers that this machine's programs ask. It sends nothing.
func System(ctx context.Context) *Resolver {
	return &Resolver{servers: systemServers(ctx), patience: patience}
}

// systemServers are the servers that the standard library's resolver would ask: it reads the system's settings, wherever
// the system has them, and names each server as it dials it.
func systemServers(ctx context.Context) []string {
	var servers []string
	only := net.Resolver{PreferGo: true, Dial: func(_ context.Context, _, address string) (net.Conn, error) {
		if !slices.Contains(servers, address) {
			servers = append(servers, address)
		}
		return nil, errors.New("only its address is wanted")
	}}
	_, _ = only.LookupNS(ctx, "platformctl.invalid.") // fails, as each dial does
	return servers
}

// Failure is a lookup that brought no answer. That a name or a record isn't there is an answer.
type Failure struct {
	// Type and Name are what was asked for, such as CAA and shop.example.com.
	Type, Name string
	// Server is the last that was asked, HOST:PORT; "" where there is none.
	Server string
	// Code is what the server answered instead, such as SERVFAIL; "" where it didn't answer.
	Code string
	// Err is why there was no answer; nil with a Code.
	Err error
}

// Error says who was asked for what, and what became of it.
func (f *Failure) Error() string {
	asked := f.Type + " records of " + f.Name
	switch {
	case f.Server == "":
		return "DNS can't be asked for the " + asked + ": this machine has no DNS server"
	case f.Code == dns.RcodeToString[dns.RcodeServerFailure]:
		return fmt.Sprintf("DNS server %s has no answer for the %s (SERVFAIL): the name servers of the domain don't answer, or not for it", f.Server, asked)
	case f.Code != "":
		return fmt.Sprintf("DNS server %s refuses to say the %s: %s", f.Server, asked, f.Code)
	case errors.As(f.Err, new(net.Error)) && !errors.Is(f.Err, context.Canceled):
		return fmt.Sprintf("DNS server %s doesn't answer for the %s: %v", f.Server, asked, f.Err)
	}
	return fmt.Sprintf("the %s could not be looked up at %s: %v", asked, f.Server, f.Err)
}

// Unwrap is why there was no answer.
func (f *Failure) Unwrap() error { return f.Err }

// lookup asks for the records of a name and type, with those that the server followed from it. None is no error.
func (r *Resolver) lookup(ctx context.Context, name string, kind uint16) ([]dns.RR, error) {
	failure := &Failure{Type: dns.TypeToString[kind], Name: Trim(name)}
	if _, ok := dns.IsDomainName(name); !ok || failure.Name == "" {
		return nil, fmt.Errorf("%q is no name that DNS could have", name)
	}
	question := new(dns.Msg)
	question.SetQuestion(dns.Fqdn(name), kind)
	question.SetEdns0(payload, false)
	for range attempts {
		for _, server := range r.servers {
			failure.Server, failure.Code = server, ""
			var answer *dns.Msg
			answer, failure.Err = r.ask(ctx, question, server)
			switch {
			case ctx.Err() != nil:
				failure.Err = context.Cause(ctx)
				return nil, failure
			case failure.Err != nil:
			case answer.Rcode == dns.RcodeSuccess || answer.Rcode == dns.RcodeNameError:
				return answer.Answer, nil
			default:
				failure.Code = codeOf(answer.Rcode)
			}
		}
	}
	return nil, failure
}

// codeOf is the name of a response code.
func codeOf(code int) string {
	if name, ok := dns.RcodeToString[code]; ok {
		return name
	}
	return fmt.Sprintf("response code %d", code)
}

// ask asks one server over UDP, and over TCP where the answer is larger.
func (r *Resolver) ask(ctx context.Context, question *dns.Msg, server string) (*dns.Msg, error) {
	var answer *dns.Msg
	for _, network := range []string{"udp", "tcp"} {
		asking, cancel := context.WithTimeout(ctx, r.patience)
		client := dns.Client{Net: network, Timeout: r.patience, UDPSize: payload}
		question.Id = dns.Id() // nobody may guess it from the question before
		var err error
		answer, _, err = client.ExchangeContext(asking, question, server)
		cancel()
		if err != nil {
			return nil, err
		}
		if len(answer.Question) != 1 || answer.Question[0].Qtype != question.Question[0].Qtype || !same(answer.Question[0].Name, question.Question[0].Name) {
			return nil, errors.New("it answered another question")
		}
		if !answer.Truncated {
			break
		}
	}
	return answer, nil
}

// Trim is a name as people write it: in small letters, without the root's dot.
func Trim(name string) string { return strings.ToLower(strings.TrimSuffix(name, ".")) }

// same says whether two names are one.
func same(a, b string) bool { return Trim(a) == Trim(b) }
