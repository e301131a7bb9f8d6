package localcloud

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
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

// add remembers one call.
func (l *callLog) add(record wire.CallRecord) {
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

// Calls reads the log of API calls of the local cloud that runs in a home, the oldest
// first, and gives each to the function. To follow is to go on with each call that
// comes, until ctx ends or the local cloud stops, which is no error. An error of the
// function ends it.
func Calls(ctx context.Context, home string, follow bool, each func(wire.CallRecord) error) error {
	status, ok := Running(ctx, home)
	if !ok {
		return ErrNotRunning
	}
	url := status.Endpoint + routeCalls
	if follow {
		url += "?follow=1"
	}
	response, err := request(ctx, http.MethodGet, url, nil)
	if err != nil {
		return fmt.Errorf("read the log of calls: %w", err)
	}
	defer response.Body.Close()
	lines := json.NewDecoder(response.Body)
	for {
		var record wire.CallRecord
		switch err := lines.Decode(&record); {
		case err == nil:
		case errors.Is(err, io.EOF), follow && (ctx.Err() != nil || errors.Is(err, io.ErrUnexpectedEOF)):
			return nil
		default:
			return fmt.Errorf("read the log of calls: %w", err)
		}
		if err := each(record); err != nil {
			return err
		}
	}
}
