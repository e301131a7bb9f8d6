package http1

import "testing"

func FuzzMessage(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\nConnection: a, b\r\n\r\n"))
	f.Add([]byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		var m Message
		_ = m.ParseRequest(b)
		_ = m.ParseResponse(b)
		var s chunkScanner
		for len(b) > 0 && s.state != chunkDone {
			n, _, _, err := s.next(b)
			if err != nil || n == 0 {
				return
			}
			b = b[n:]
		}
	})
}
