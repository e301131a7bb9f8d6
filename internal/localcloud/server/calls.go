package server

import (
	"strings"
	"sync"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// keptCalls is how many of the latest API calls are remembered: a few platforms' worth.
const keptCalls = 4096

// callLog remembers the latest API calls and wakes those who follow them. The zero
// value is empty and ready.
type callLog struct {
	mu      sync.Mutex
	ring    []wire.CallRecord // of length keptCalls once full
	next    int               // how many there have been in all
	waiting chan struct{}     // closed at the next call; nil while nobody waits
}

// keptText is how many bytes of each text of a call are remembered: a caller may name an operation of a megabyte.
const keptText = 256

// add remembers one call.
func (l *callLog) add(record wire.CallRecord) {
	for _, text := range []*string{&record.Service, &record.Operation, &record.Region, &record.Resource, &record.Code, &record.Fault} {
		*text = strings.Clone((*text)[:min(len(*text), keptText)])
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.ring) < keptCalls {
		l.ring = append(l.ring, record)
	} else {
		l.ring[l.next%keptCalls] = record
	}
	l.next++
	if l.waiting != nil {
		close(l.waiting)
		l.waiting = nil
	}
}

// since returns the remembered calls from number from on (the first call is number 0),
// the number that the next call will have, and a channel that is closed at that call.
func (l *callLog) since(from int) ([]wire.CallRecord, int, <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	var calls []wire.CallRecord
	for i := max(from, l.next-len(l.ring)); i < l.next; i++ {
		calls = append(calls, l.ring[i%keptCalls])
	}
	if l.waiting == nil {
		l.waiting = make(chan struct{})
	}
	return calls, l.next, l.waiting
}
