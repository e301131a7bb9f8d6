package http1

// chunkScanner finds the end of a chunked body in the raw bytes of a connection.
type chunkScanner struct {
	state     chunkState
	remaining int64 // of the current chunk's data
	digits    int
	lineEmpty bool
}

type chunkState int

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkData
	chunkDataEnd // the line end after the data
	chunkTrailer
	chunkDone
)

// next looks at p and returns how much of it belongs to the body, up to the end of
// one piece of data, and where in it the data is.
func (s *chunkScanner) next(p []byte) (n, dataStart, dataEnd int, err error) {
	for n < len(p) && s.state != chunkDone {
		if s.state == chunkData {
			size := int(min(s.remaining, int64(len(p)-n)))
			s.remaining -= int64(size)
			if s.remaining == 0 {
				s.state = chunkDataEnd
			}
			return n + size, n, n + size, nil
		}
		if err := s.control(p[n]); err != nil {
			return n, 0, 0, err
		}
		n++
	}
	return n, 0, 0, nil
}

func (s *chunkScanner) control(c byte) error {
	switch s.state {
	case chunkSize:
		if d := hexDigit(c); d >= 0 {
			if s.digits++; s.digits > 15 {
				return ErrMalformed
			}
			s.remaining = s.remaining<<4 | int64(d)
			return nil
		}
		if s.digits == 0 || c != ';' && c != '\r' && c != '\n' && c != ' ' && c != '\t' {
			return ErrMalformed
		}
		s.state = chunkExtension
		if c == '\n' {
			s.lineDone()
		}
	case chunkExtension:
		if c == '\n' {
			s.lineDone()
		}
	case chunkDataEnd:
		switch c {
		case '\r':
		case '\n':
			s.state, s.digits = chunkSize, 0
		default:
			return ErrMalformed
		}
	case chunkTrailer:
		switch c {
		case '\r':
		case '\n':
			if s.lineEmpty {
				s.state = chunkDone
			}
			s.lineEmpty = true
		default:
			s.lineEmpty = false
		}
	}
	return nil
}

func (s *chunkScanner) lineDone() {
	if s.remaining == 0 {
		s.state, s.lineEmpty = chunkTrailer, true
		return
	}
	s.state = chunkData
}

func hexDigit(c byte) int {
	switch {
	case '0' <= c && c <= '9':
		return int(c - '0')
	case 'a' <= c && c <= 'f':
		return int(c-'a') + 10
	case 'A' <= c && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
