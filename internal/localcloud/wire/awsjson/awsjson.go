// Package awsjson speaks AWS's JSON protocols 1.0 and 1.1: the header X-Amz-Target names
// the operation, requests and replies are JSON documents. What is true of every protocol
// belongs in package wire.
package awsjson

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// Protocol is AWS's JSON protocol.
type Protocol struct {
	wire.Plain
	Version string // "1.0" or "1.1"
}

// Speaks implements [wire.Protocol].
func (Protocol) Speaks(r *http.Request) bool { return r.Header.Get("X-Amz-Target") != "" }

// Read implements [wire.Protocol].
func (Protocol) Read(c *wire.Call, r *wire.Request) (*wire.Parameter, *wire.Error) {
	_, operation, ok := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	if !ok {
		return nil, refuse.New("UnknownOperationException", "The request has no X-Amz-Target header")
	}
	c.Operation = operation
	parameters, err := parametersOf(r.Body)
	if err != nil {
		return nil, refuse.New("SerializationException", "%v", err)
	}
	return parameters, nil
}

func parametersOf(body []byte) (*wire.Parameter, error) {
	root := &wire.Parameter{}
	if len(bytes.TrimSpace(body)) == 0 {
		return root, nil
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	decoder.UseNumber()
	var document map[string]any
	if err := decoder.Decode(&document); err != nil {
		return nil, fmt.Errorf("decode JSON request: %w", err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("decode JSON request: there is more than one document")
	}
	if err := wire.Bounded(document); err != nil {
		return nil, fmt.Errorf("decode JSON request: %w", err)
	}
	root.Fill(document)
	return root, nil
}

// Time implements [wire.Protocol]: timestamps are seconds since 1970.
func (p Protocol) Time(text string) (time.Time, error) {
	seconds, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return p.Plain.Time(text)
	}
	return time.UnixMilli(int64(math.Round(seconds * 1000))).UTC(), nil
}

// Elements implements [wire.Protocol].
func (Protocol) Elements(p *wire.Parameter, _ string) ([]wire.Element, bool) {
	return p.Members(), p.List
}

// Violated implements [wire.Protocol].
func (Protocol) Violated(violations []wire.Violation) *wire.Error {
	return wire.ValidationErrors("ValidationException", violations)
}

// Success implements [wire.Protocol].
func (p Protocol) Success(_ *wire.Call, _ *wire.Operation, out any) (wire.Reply, error) {
	body, err := json.Marshal(out)
	return wire.Reply{Status: http.StatusOK, ContentType: p.contentType(), Body: body}, err
}

// Refusal implements [wire.Protocol].
func (p Protocol) Refusal(_ *wire.Call, e *wire.Error) wire.Reply {
	// Two strings can't fail to encode.
	body, _ := json.Marshal(struct {
		Type    string `json:"__type"`
		Message string `json:"message"`
	}{e.Code, e.Message})
	return wire.Reply{Status: e.Status, Code: e.Code, ContentType: p.contentType(), Body: body}
}

func (p Protocol) contentType() string { return "application/x-amz-json-" + p.Version }
