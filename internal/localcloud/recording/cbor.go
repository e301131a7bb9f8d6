package recording

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"io"
	"net/http"
	"reflect"
	"strings"

	"github.com/fxamacker/cbor/v2"
)

// operationOf is the operation that a request in CBOR names by its path; "" where it isn't one.
func operationOf(r *http.Request) string {
	if r.Header.Get("Smithy-Protocol") != "rpc-v2-cbor" {
		return ""
	}
	_, operation, _ := strings.Cut(r.URL.Path, "/operation/")
	return operation
}

// legible is a body as the record has it: what is packed is unpacked, and CBOR becomes JSON. What can't be read stays as it is.
func legible(header http.Header, body string) string {
	if header.Get("Content-Encoding") == "gzip" {
		if unpacked, err := gzip.NewReader(strings.NewReader(body)); err == nil {
			if text, err := io.ReadAll(unpacked); err == nil {
				body = string(text)
			}
		}
	}
	if header.Get("Content-Type") != "application/cbor" {
		return body
	}
	if body == "" {
		return "{}"
	}
	mode, err := cbor.DecOptions{DefaultMapType: reflect.TypeFor[map[string]any]()}.DecMode()
	if err != nil {
		return body
	}
	var document any
	if err := mode.NewDecoder(bytes.NewReader([]byte(body))).Decode(&document); err != nil {
		return body
	}
	text, err := json.Marshal(document)
	if err != nil {
		return body
	}
	return string(text)
}
