package daemon

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"

	"github.com/platformctl/platformctl/internal/localcloud/endpoint"
	"github.com/platformctl/platformctl/internal/localcloud/wire"
)

// Calls reads the log of API calls of the local cloud that runs in a home, the oldest
// first, and gives each to the function. To follow is to go on with each call that
// comes, until ctx ends or the local cloud stops, which is no error. An error of the
// function ends it.
func Calls(ctx context.Context, home string, follow bool, each func(wire.CallRecord) error) error {
	status, ok := Running(ctx, home)
	if !ok {
		return ErrNotRunning
	}
	url := status.Endpoint + endpoint.RouteCalls
	if follow {
		url += "?follow=1"
	}
	response, err := request(ctx, home, http.MethodGet, url, nil)
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
