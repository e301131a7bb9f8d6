package faults

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"strings"
	"testing"
)

// The seal of a message is no secret, so anybody can make one that unpacks to more than this program has memory for.
func TestDecodeMessage_UnpacksNoMoreThanItMade(t *testing.T) {
	for name, tt := range map[string]struct {
		plain string
		want  bool
	}{"longest": {strings.Repeat("a", mostDecoded), true}, "longer": {strings.Repeat("a", mostDecoded+1), false}} {
		var packed bytes.Buffer
		w, err := flate.NewWriter(&packed, flate.BestCompression)
		if err != nil {
			t.Fatal(err)
		}
		_, _ = w.Write([]byte(tt.plain)) // a buffer takes all
		_ = w.Close()
		document, ok := DecodeMessage(base64.RawURLEncoding.EncodeToString(append(seal(packed.Bytes()), packed.Bytes()...)))
		if ok != tt.want || ok && document != tt.plain {
			t.Errorf("%s: decoded %d bytes, %t", name, len(document), ok)
		}
	}
}
