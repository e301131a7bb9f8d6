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
	"net/http"
	"strconv"
	"strings"

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
	fill(root, document)
	return root, nil
}

func fill(p *wire.Parameter, value any) {
	switch v := value.(type) {
	case nil:
	case map[string]any:
		p.Hollow = true
		for name, member := range v {
			fill(p.Child(name), member)
		}
	case []any:
		p.Set, p.List = len(v) == 0, true
		for i, element := range v {
			child := p.Child(strconv.Itoa(i + 1))
			child.Hollow = element == nil
			fill(child, element)
		}
	default:
		p.SetText(fmt.Sprint(v))
	}
}

// Elements implements [wire.Protocol].
func (Protocol) Elements(p *wire.Parameter, _ string) ([]wire.Element, bool) {
	elements := p.Numbered()
	for i := range elements {
		elements[i].Name += ".member"
	}
	return elements, p.List
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
