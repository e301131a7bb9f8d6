package scrub

import (
	"encoding/json"
	"strings"
	"testing"
)

func TestJSON_ReplacesInStringsAlone(t *testing.T) {
	s := scrubber()
	for _, test := range []struct{ text, want string }{
		{`{"at": "210987654321", "seconds": 51.2841234567890123, "count": 210987654321}`, `{"at":"000000000001","count":210987654321,"seconds":51.2841234567890123}`},
		{`{"answers": {"i-0123456789abcdef0": 7}, "list": ["54.12.13.14", null, true]}`, `{"answers":{"i-00000000000000001":7},"list":["203.0.113.1",null,true]}`},
		{`{"NextToken": "abc", "sub": {"nextToken": ""}}`, `{"NextToken":"(opaque 1, 3 characters)","sub":{"nextToken":""}}`},
		{`{"account_alias": "acme-prod", "by": "acme-prod <x> & y"}`, `{"account_alias":"name-1","by":"name-1 <x> & y"}`},
		{`Bad Gateway of 210987654321`, `Bad Gateway of 000000000001`},
	} {
		if got := s.JSON(test.text); got != test.want {
			t.Errorf("got  %s\nwant %s", got, test.want)
		}
	}
}

func TestJSON_StaysJSON(t *testing.T) {
	s := scrubber()
	for range 40 { // the replacement of the sixteenth has a letter in it
		s.Text("0123456789abcde" + string(rune('a'+len(s.known)%6)) + strings.Repeat("0", len(s.known)))
	}
	if got := s.JSON(`{"seconds": 0.1234567890123456, "next": 1.234567890123456e-05}`); !json.Valid([]byte(got)) {
		t.Error(got)
	}
}
