package server

import (
	"strconv"
	"testing"

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
