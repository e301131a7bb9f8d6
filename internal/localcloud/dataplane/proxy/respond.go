package proxy

import (
	"net/http"
	"strconv"
	"strings"
	"time"
)

// statusText is what an ALB calls its own errors.
func statusText(code int) string {
	switch code {
	case http.StatusRequestTimeout:
		return "Request Time-out"
	case http.StatusRequestURITooLong:
		return "Request-URI Too Large"
	case http.StatusMethodNotAllowed:
		return "Not Allowed"
	case http.StatusServiceUnavailable:
		return "Service Temporarily Unavailable"
	case http.StatusGatewayTimeout:
		return "Gateway Time-out"
	}
	return http.StatusText(code)
}

func (s *session) errorPage(code int) {
	title := strings.TrimSpace(strconv.Itoa(code) + " " + statusText(code)) // 463 has no text
	s.reply(code, "text/html", "", "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+
		title+"</h1></center>\r\n</body>\r\n</html>\r\n")
}

func (s *session) fixed(f *FixedResponse) {
	s.node.answered(f.StatusCode)
	s.node.own(f.StatusCode)
	s.node.fixed()
	s.tells(f.StatusCode)
	contentType := f.ContentType
	if contentType == "" {
		contentType = "text/plain"
	}
	s.reply(f.StatusCode, contentType+"; charset=utf-8", "", f.Body)
}

func (s *session) redirect(r *Redirect) {
	s.node.answered(r.StatusCode)
	s.node.own(r.StatusCode)
	s.node.redirected()
	s.tells(r.StatusCode)
	host := string(s.request.Hostname())
	if host == "" {
		host = s.c.DNSName
	}
	path, query, _ := strings.Cut(string(s.request.Target), "?")
	fill := strings.NewReplacer("#{protocol}", strings.ToUpper(s.scheme()), "#{host}", host, "#{port}", strconv.Itoa(s.c.Port),
		"#{path}", strings.TrimPrefix(path, "/"), "#{query}", query)
	part := func(value, fallback string) string {
		if value == "" {
			value = fallback
		}
		return fill.Replace(value)
	}
	scheme := strings.ToLower(part(r.Protocol, "#{protocol}"))
	port := part(r.Port, "#{port}")
	if reached := s.c.Reached[port]; reached != 0 {
		port = strconv.Itoa(reached)
	}
	location := scheme + "://" + part(r.Host, "#{host}") + ":" + port + part(r.Path, "/#{path}")
	if q := part(r.Query, "#{query}"); q != "" {
		location += "?" + q
	}
	if s.entry != nil {
		s.entry.Redirect = location
	}
	title := strconv.Itoa(r.StatusCode) + " " + http.StatusText(r.StatusCode)
	s.reply(r.StatusCode, "text/html", location, "<html>\r\n<head><title>"+title+"</title></head>\r\n<body>\r\n<center><h1>"+
		title+"</h1></center>\r\n</body>\r\n</html>\r\n")
}

// reply sends an answer that no target made.
func (s *session) reply(code int, contentType, location, body string) {
	if !s.pending.Done() {
		s.close = true // rather than read on for the next request's head
	}
	out := s.out[:0]
	out = append(out, "HTTP/1.1 "...)
	out = strconv.AppendInt(out, int64(code), 10)
	out = append(out, ' ')
	out = append(out, statusText(code)...)
	out = append(out, "\r\nServer: awselb/2.0\r\nDate: "...)
	out = time.Now().UTC().AppendFormat(out, http.TimeFormat)
	out = append(out, "\r\nContent-Type: "...)
	out = append(out, contentType...)
	out = append(out, "\r\nContent-Length: "...)
	out = strconv.AppendInt(out, int64(len(body)), 10)
	if location != "" {
		out = append(out, "\r\nLocation: "...)
		out = append(out, location...)
	}
	out = append(out, connectionField(s.close)...)
	if !s.isHead {
		out = append(out, body...)
	}
	s.out = out
	s.write(out)
}

func connectionField(closing bool) string {
	if closing {
		return "\r\nConnection: close\r\n\r\n"
	}
	return "\r\nConnection: keep-alive\r\n\r\n"
}

// write sends to the client; a client that doesn't read loses its connection.
func (s *session) write(b []byte) bool {
	if !s.hold() {
		s.close = true
		return false
	}
	_ = s.conn.SetWriteDeadline(time.Now().Add(s.c.IdleTimeout))
	if _, err := s.conn.Write(b); err != nil {
		s.close = true
		return false
	}
	s.sends(int64(len(b)))
	return true
}
