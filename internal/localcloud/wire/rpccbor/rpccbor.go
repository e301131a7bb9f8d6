// Package rpccbor speaks Smithy's RPC v2 CBOR: the path names the operation, requests and
// replies are CBOR. What is true of every protocol belongs in package wire.
package rpccbor

import (
	"cmp"
	"net/http"
	"reflect"
	"strings"

	"github.com/fxamacker/cbor/v2"

	"github.com/platformctl/platformctl/internal/localcloud/wire"
	"github.com/platformctl/platformctl/internal/localcloud/wire/refuse"
)

// header is how requests and replies say that they are in this protocol.
const header, version = "Smithy-Protocol", "rpc-v2-cbor"

// Protocol is RPC v2 CBOR.
type Protocol struct {
	wire.Plain
	Service string // the service's shape, as paths name it
	// QueryCompatible says that the service's model is awsQueryCompatible: error codes are
	// those of the query protocol, and have a header of their own.
	QueryCompatible bool
	// Shapes are the shapes of error codes that have another name than their shape. Where that depends on the operation, its
	// name and a space stand before the code.
	Shapes map[string]string
}

// Speaks implements [wire.Protocol].
func (Protocol) Speaks(r *http.Request) bool { return r.Header.Get(header) == version }

// Read implements [wire.Protocol].
func (p Protocol) Read(c *wire.Call, r *wire.Request) (*wire.Parameter, *wire.Error) {
	operation, ok := strings.CutPrefix(r.URL.Path, "/service/"+p.Service+"/operation/")
	if !ok || r.Method != http.MethodPost || r.Header.Get(header) != version {
		return nil, refuse.New("UnknownOperationException", "The request is none of %s in %s", p.Service, version)
	}
	c.Operation = operation
	root := &wire.Parameter{Hollow: true}
	if len(r.Body) == 0 {
		return root, nil
	}
	parameters, err := decode(r.Body)
	if err != nil {
		return nil, refuse.New("SerializationException", "decode CBOR request: %v", err)
	}
	root.Fill(parameters)
	return root, nil
}

// decode reads a document to a depth, and a number of values, that are bounded.
func decode(body []byte) (map[string]any, error) {
	mode, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		MaxNestedLevels:  wire.MaxDepth,
		MaxArrayElements: wire.MaxValues,
		MaxMapPairs:      wire.MaxValues,
		DefaultMapType:   reflect.TypeFor[map[string]any](),
		IntDec:           cbor.IntDecConvertSignedOrFail,
		BignumTag:        cbor.BignumTagForbidden,
		NaN:              cbor.NaNDecodeForbidden,
		Inf:              cbor.InfDecodeForbidden,
	}.DecMode()
	if err != nil {
		return nil, err
	}
	var parameters map[string]any
	if err := mode.Unmarshal(body, &parameters); err != nil {
		return nil, err
	}
	return parameters, wire.Bounded(parameters)
}

// Elements implements [wire.Protocol].
func (Protocol) Elements(p *wire.Parameter, _ string) ([]wire.Element, bool) {
	return p.Members(), p.List
}

// Violated implements [wire.Protocol].
func (p Protocol) Violated(violations []wire.Violation) *wire.Error {
	if p.QueryCompatible {
		return wire.ValidationErrors("ValidationError", violations)
	}
	return wire.ValidationErrors("ValidationException", violations)
}

// Success implements [wire.Protocol].
func (Protocol) Success(_ *wire.Call, _ *wire.Operation, out any) (wire.Reply, error) {
	return encode(http.StatusOK, out)
}

// Refusal implements [wire.Protocol].
func (p Protocol) Refusal(c *wire.Call, e *wire.Error) wire.Reply {
	shape := cmp.Or(p.Shapes[c.Operation+" "+e.Code], p.Shapes[e.Code], e.Code)
	// Two strings can't fail to encode.
	reply, _ := encode(e.Status, map[string]string{"__type": shape, "message": e.Message})
	reply.Code = e.Code
	if p.QueryCompatible {
		reply.Header.Set("X-Amzn-Query-Error", e.Code+";"+e.Fault())
	}
	return reply
}

func encode(status int, value any) (wire.Reply, error) {
	body, err := cbor.Marshal(value)
	return wire.Reply{Status: status, ContentType: "application/cbor", Header: http.Header{header: {version}}, Body: body}, err
}
