package dns

import "golang.org/x/time/rate"

// MaxConnections is how many connections the server has room for.
const MaxConnections = maxConnections

// LimitTo lets the server answer so many questions, and no more.
func (s *Server) LimitTo(questions int) { s.limiter = rate.NewLimiter(0, questions) }
