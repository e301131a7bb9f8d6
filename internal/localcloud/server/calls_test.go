package server

import (
	"strconv"
	"strings"
	"testing"
	"unsafe"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

func TestCallLog_ForgetsOldest(t *testing.T) {
	l := &callLog{}
	for i := range keptCalls + 3 {
		l.add(wire.CallRecord{Operation: strconv.Itoa(i)})
	}
	calls, next, more := l.since(0)
	if len(calls) != keptCalls || next != keptCalls+3 || calls[0].Operation != "3" || calls[len(calls)-1].Operation != strconv.Itoa(keptCalls+2) {
		t.Errorf("%d calls, next %d, from %+v to %+v", len(calls), next, calls[0], calls[len(calls)-1])
	}
	select {
	case <-more:
		t.Error("woken without a call")
	default:
	}
	l.add(wire.CallRecord{Operation: "last"})
	<-more
	if calls, _, _ := l.since(next); len(calls) != 1 || calls[0].Operation != "last" {
		t.Errorf("then %+v", calls)
	}
}

func TestCallLog_KeepsLittleOfLongNames(t *testing.T) {
	l := &callLog{}
	body := strings.Repeat("x", 1<<20)
	l.add(wire.CallRecord{Operation: body, Resource: body[:3]})
	calls, _, _ := l.since(0)
	if got := calls[0]; len(got.Operation) != keptText || got.Resource != "xxx" {
		t.Errorf("%d bytes of the operation, resource %q", len(got.Operation), got.Resource)
	}
	if unsafe.StringData(calls[0].Resource) == unsafe.StringData(body) {
		t.Error("the record keeps the whole body")
	}
}
