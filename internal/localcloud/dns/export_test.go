package dns

import (
	"github.com/miekg/dns"
	"golang.org/x/time/rate"
)

// MaxConnections is how many connections the server has room for.
const MaxConnections = maxConnections

// LimitTo lets the server answer so many questions, and no more.
func (s *Server) LimitTo(questions int) { s.limiter = rate.NewLimiter(0, questions) }

// Answer is what a server that looks names up so says to a message.
func Answer(o Options, question *dns.Msg) *dns.Msg { return (&Server{options: o}).answer(question) }
