package http1

// maxChunkLine bounds the extensions of one chunk, and all trailers together, in bytes.
const maxChunkLine = 16 << 10

// chunkScanner finds the end of a chunked body in the raw bytes of a connection. Lines end with CR LF; anything else is
// ErrMalformed.
type chunkScanner struct {
	state     chunkState
	remaining int64 // of the current chunk's data
	digits    int
	line      int  // bytes of extensions or trailers
	lineEmpty bool // of trailers
}

type chunkState int

const (
	chunkSize chunkState = iota
	chunkExtension
	chunkSizeEnd // after the CR
	chunkData
	chunkDataEnd   // the line end after the data
	chunkDataEndLF // after its CR
	chunkTrailer
	chunkTrailerEnd // after the CR
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
		if s.digits == 0 || c != ';' && c != '\r' && !isSpace(c) {
			return ErrMalformed
		}
		s.state, s.line = chunkExtension, 0
		return s.text(c, chunkSizeEnd)
	case chunkExtension:
		return s.text(c, chunkSizeEnd)
	case chunkDataEnd:
		return s.must(c, '\r', chunkDataEndLF)
	case chunkDataEndLF:
		s.digits = 0
		return s.must(c, '\n', chunkSize)
	case chunkSizeEnd:
		if s.remaining > 0 {
			return s.must(c, '\n', chunkData)
		}
		s.line, s.lineEmpty = 0, true
		return s.must(c, '\n', chunkTrailer)
	case chunkTrailer:
		s.lineEmpty = s.lineEmpty && c == '\r'
		return s.text(c, chunkTrailerEnd)
	case chunkTrailerEnd:
		if s.lineEmpty {
			return s.must(c, '\n', chunkDone)
		}
		s.lineEmpty = true
		return s.must(c, '\n', chunkTrailer)
	}
	return ErrMalformed
}

// text takes one byte of a line up to its CR.
func (s *chunkScanner) text(c byte, end chunkState) error {
	if c == '\r' {
		s.state = end
		return nil
	}
	if s.line++; s.line > maxChunkLine || c < ' ' && c != '\t' || c == 0x7f {
		return ErrMalformed
	}
	return nil
}

func (s *chunkScanner) must(c, want byte, next chunkState) error {
	if c != want {
		return ErrMalformed
	}
	s.state = next
	return nil
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
